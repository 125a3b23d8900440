import type { Observation } from '../model/observation.ts';

/** Third stage: adds readings that follow from others (a dew point, a flow from two totals). Nothing is derived yet. */
export function derive(observation: Observation): Observation {
  return observation;
}
