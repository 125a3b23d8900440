import type { ClockState, Instant } from '../model/observation.ts';

/** The only source of time. No other file outside `hal/` asks for the date or sets a timer. */
export interface Clock {
  /** UTC milliseconds, as far as `state` can be trusted. */
  now(): number;
  /** Milliseconds since boot; never steps back. */
  uptimeMs(): number;
  state(): ClockState;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** This moment by every clock, in whole milliseconds. */
export function instantOf(clock: Clock): Instant {
  return { at: Math.floor(clock.now()), uptimeMs: Math.floor(clock.uptimeMs()), clock: clock.state() };
}

/** The reason of an abort that is no failure: without one, an error with its stack is made each time. */
export const DONE = new Error('done');

/** Resolves when `work` does, or after `ms` at the latest. What `work` was about may go on. */
export async function atMost(clock: Pick<Clock, 'sleep'>, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, clock.sleep(ms, over.signal)]);
  } finally {
    over.abort(DONE); // else the timer would hold the program up at its end
  }
}
