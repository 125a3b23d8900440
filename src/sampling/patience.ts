import type { DeviceConfig } from '../config/config.ts';

/** A lower priority is overtaken for so long, and a bus that hangs is waited for. */
const MARGIN_MS = 60_000;

/**
 * The longest time in which the sampling of a device comes round as long as the program is in order: its period, twice
 * for one that was skipped, and every conversation on its bus given up at its deadline, once before it and once after.
 */
export function patienceMs(device: string, devices: readonly DeviceConfig[]): number {
  const own = devices.find(({ name }) => name === device);
  const onBus = devices.filter(({ bus }) => bus === own?.bus);
  return 2 * ((own?.periodMs ?? 0) + onBus.reduce((sum, { deadlineMs }) => sum + deadlineMs, 0)) + MARGIN_MS;
}
