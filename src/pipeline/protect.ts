import type { Observation } from '../model/observation.ts';

/** Fifth stage: withholds what must not leave (small groups, too fine a grain). Nothing is withheld yet. */
export function protect(observation: Observation): Observation {
  return observation;
}
