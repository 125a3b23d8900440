const LONGEST_MS = 5 * 60_000;

/** How long a device is left alone after so many failures in a row: one period, two, four … five minutes at most. */
export function pauseAfter(failures: number, periodMs: number): number {
  if (failures <= 1) return 0;
  return Math.min(Math.max(periodMs, 1000) * 2 ** (failures - 2), Math.max(LONGEST_MS, periodMs));
}
