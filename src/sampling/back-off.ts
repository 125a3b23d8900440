const LONGEST_MS = 5 * 60_000;

// The answer to what was asked last may still be on its way. On a line where answers look alike (Modbus RTU) it would
// be taken for the next one.
const LATE_ANSWER_MS = 250;

/**
 * How long a device is left alone after so many failures in a row: a moment, one period, two, four … five minutes at
 * most.
 */
export function pauseAfter(failures: number, periodMs: number): number {
  if (failures < 1) return 0;
  if (failures === 1) return LATE_ANSWER_MS;
  return Math.min(Math.max(periodMs, 1000) * 2 ** (failures - 2), Math.max(LONGEST_MS, periodMs));
}
