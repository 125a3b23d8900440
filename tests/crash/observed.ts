import type { Observation } from '../../src/model/observation.ts';

/** The platforms of all workloads. */
export const UPLINKS = ['city', 'region'] as const;

/** A device of this name has observations of 3 KB: few of them fill a log. */
export const WIDE = 'wide';

const BEGAN_AT = Date.UTC(2026, 10, 23, 12);

/** The observation of a device that has this number: the same in every run, so that each can be told from any other. */
export function observed(device: string, number: number): Observation {
  const at = BEGAN_AT + number * 1000;
  const why = device === WIDE ? { why: `${number} `.repeat(500) } : {};
  return {
    device,
    instant: { at, uptimeMs: number, clock: 'ntp' },
    readings: [{ quantity: 'air_temperature', value: number, quality: 'ok', ...why }],
  };
}
