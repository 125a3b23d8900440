import type { StreamReading } from '../model/observation.ts';
import type { StreamRules } from './rules.ts';

/** Where a stream's last believed value was. */
export type Side = 'below' | 'within' | 'above';

/**
 * Where a stream is after this reading: beyond which limit of its alert, or within both. A fault and a doubted value
 * leave it where it was: they neither raise an alert nor end one.
 */
export function sideAfter({ value, quality }: StreamReading, { alert = {} }: StreamRules, before: Side): Side {
  if (value === null || (quality !== 'ok' && quality !== 'estimated')) return before;
  if (alert.above !== undefined && value > alert.above) return 'above';
  if (alert.below !== undefined && value < alert.below) return 'below';
  return 'within';
}
