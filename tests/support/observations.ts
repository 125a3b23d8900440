import type { Observation } from '../../src/model/observation.ts';

/** An observation of `device` with one reading. */
export function observation(device: string, value: number, at = Date.UTC(2026, 10, 23, 12)): Observation {
  return {
    device,
    instant: { at, uptimeMs: at % 1_000_000, clock: 'ntp' },
    readings: [{ quantity: 'air_temperature', value, quality: 'ok' }],
  };
}
