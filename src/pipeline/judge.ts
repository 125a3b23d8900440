import type { Reading } from '../model/observation.ts';
import type { StreamRules } from './rules.ts';

/** What is remembered of a stream from one value to the next. */
export interface History {
  readonly value: number;
  readonly uptimeMs: number;
  /** Since when the value has been the same. */
  readonly sameSinceMs: number;
}

/** When a value was taken, and whether its part had settled. */
export interface Circumstances {
  readonly uptimeMs: number;
  readonly isWarmingUp: boolean;
}

/** A judged reading, and what to remember for the next one. */
export interface Judged {
  readonly reading: Reading;
  readonly history: History | undefined;
}

/**
 * Second stage: gives a value its quality. The value itself is never changed: a doubted value is told with its doubt.
 * A quality that the part gave itself stands. A reading without a value leaves the history as it was.
 */
export function judge(given: Reading, rules: StreamRules, past: History | undefined, now: Circumstances): Judged {
  if (given.value === null) return { reading: given, history: past };
  const { value } = given;
  const sameSinceMs = past && past.value === value ? past.sameSinceMs : now.uptimeMs;
  const history: History = { value, uptimeMs: now.uptimeMs, sameSinceMs };
  const doubt = given.quality === 'ok' ? doubtIn(history, rules, past, now) : undefined;
  return { reading: doubt ? { ...given, ...doubt } : given, history };
}

function doubtIn(
  { value, sameSinceMs }: History,
  { min, max, ratePerMinute, stuckAfterMs }: StreamRules,
  past: History | undefined,
  now: Circumstances,
): Pick<Reading, 'quality' | 'why'> | undefined {
  if (value < min) return { quality: 'out_of_range', why: `below ${min}` };
  if (value > max) return { quality: 'out_of_range', why: `above ${max}` };
  if (now.isWarmingUp) return { quality: 'warming_up' };
  if (past && ratePerMinute !== undefined) {
    const minutes = Math.max(now.uptimeMs - past.uptimeMs, 1) / 60_000;
    const rate = Math.abs(value - past.value) / minutes;
    if (rate > ratePerMinute) return { quality: 'jump', why: `faster than ${ratePerMinute} per minute` };
  }
  if (stuckAfterMs !== undefined && now.uptimeMs - sameSinceMs >= stuckAfterMs) {
    return { quality: 'stuck', why: `unchanged for ${Math.floor((now.uptimeMs - sameSinceMs) / 60_000)} min` };
  }
  return undefined;
}
