import type { Sample } from '../model/observation.ts';
import type { Held } from './held-state.ts';

/** What every part that sees people tells, in the same words: occupied, for how long, how often. */
export const OCCUPANCY = ['occupancy', 'occupancy_duration', 'occupancy_count'] as const;

/** A held state as the occupancy of a place. */
export function occupancyOf({ isOn, seconds, count }: Held): Sample {
  return { occupancy: isOn ? 1 : 0, occupancy_duration: seconds, occupancy_count: count };
}
