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
