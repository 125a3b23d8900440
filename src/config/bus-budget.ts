import type { BusConfig, DeviceConfig } from './config.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

// A message is to stay readable; the greatest are the ones to do something about.
const MOST_NAMED = 5;

/**
 * Buses whose devices need more time than there is, as far as their drivers count it. On a serial line that is the least
 * that a part takes: a line that is told here cannot work, and one that is not may still be too slow for its parts.
 */
export function overfullBuses(
  buses: readonly BusConfig[],
  devices: readonly DeviceConfig[],
  source: Source,
): Problem[] {
  return buses.flatMap((bus): Problem[] => {
    const shares = devices
      .filter((device) => device.bus === bus.name && device.periodMs > 0)
      .map((device) => ({ name: device.name, percent: (100 * busyMs(device, bus)) / device.periodMs }))
      .filter(({ percent }) => percent > 0)
      .toSorted((a, b) => b.percent - a.percent);
    const sum = shares.reduce((total, { percent }) => total + percent, 0);
    if (sum <= 100) return [];
    const named = shares.slice(0, MOST_NAMED).map(({ name, percent }) => `${name} ${rounded(percent)} %`);
    const more = shares.length > MOST_NAMED ? `, and ${shares.length - MOST_NAMED} more` : '';
    const message = `its devices need about ${rounded(sum)} % of its time: ${named.join(', ')}${more}`;
    return [source.atKey(['buses', bus.name], message, HINTS[bus.kind])];
  });
}

const LONGER = 'write longer periods';

const HINTS = {
  i2c: LONGER,
  gpio: LONGER,
  onewire: LONGER,
  serial: `${LONGER}, read less of each meter often (often, restEvery), raise baudRate, or use a second line`,
} as const;

function busyMs({ driver, options, periodMs }: DeviceConfig, bus: BusConfig): number {
  if (driver.bus === 'onewire') return driver.busyMs?.(options) ?? 0;
  if (driver.bus !== 'serial' || bus.kind !== 'serial') return 0;
  return driver.busyMs?.(options, { baudRate: bus.baudRate, periodMs }) ?? 0;
}

/** Upwards: what is too much by a little is not to read as what there is. */
function rounded(percent: number): number {
  return Math.ceil(percent);
}
