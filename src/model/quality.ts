/**
 * How far a value may be trusted. A closed union: platforms switch on it.
 *
 * - `ok`: measured, and nothing speaks against it
 * - `warming_up`: measured, but the part has not settled yet
 * - `out_of_range`: measured, but outside the plausible range
 * - `jump`: measured, but changed faster than the stream's limit
 * - `stuck`: measured, but unchanged for longer than the stream's limit
 * - `estimated`: computed from something less direct
 * - `fault`: no value: the part did not answer, or said that it cannot tell (`why` says which)
 * - `withheld`: a value exists but does not leave, for privacy
 */
export const qualities = [
  'ok',
  'warming_up',
  'out_of_range',
  'jump',
  'stuck',
  'estimated',
  'fault',
  'withheld',
] as const;

export type Quality = (typeof qualities)[number];
