import type { Observation } from '../model/observation.ts';

/** Fourth stage: several observations become one over an interval. Every observation passes as it is yet. */
export function aggregate(observation: Observation): readonly Observation[] {
  return [observation];
}
