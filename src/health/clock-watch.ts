import type { Clock } from '../hal/clock.ts';
import type { ClockState } from '../model/observation.ts';
import { type ClockSources, clockState } from './clock-sync.ts';

/** What happens to the wall clock. */
export type ClockEvent =
  /** It was set, by so much: forwards, or (below 0) back. */
  | { readonly event: 'stepped'; readonly byMs: number; readonly now: number }
  /** How it is known has changed. */
  | { readonly event: 'state'; readonly state: ClockState };

/** Who is asked, and who wants to know. */
export interface ClockWatching {
  readonly sources: ClockSources;
  /** Its `state` is what this watch says. */
  readonly clock: Pick<Clock, 'now' | 'uptimeMs' | 'sleep'>;
  report(event: ClockEvent): void;
}

const LOOK_EVERY_MS = 10_000;
/** A clock that is known to be right is asked about no more often than this. */
const ASK_AGAIN_MS = 10 * 60_000;
/** A time service slews by 5 ms at most between two looks; what is more than this was set. */
const STEP_MS = 1000;
/** A clock that was synchronised drifts by seconds a day. So long it is still called so when the kernel has given up. */
const TRUSTED_MS = 24 * 3_600_000;

/** Knows how the wall clock is known, and sees it step. */
export class ClockWatch {
  readonly #with: ClockWatching;
  /** Undefined until the first answer. */
  #state: ClockState | undefined;
  /** Wall clock less monotonic clock: it changes when the wall clock is set. */
  #offsetMs: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #synchronisedMs = Number.NEGATIVE_INFINITY;
  /** Set by somebody who is no time service: what the clock chip said at boot has been overruled. */
  #isSetByHand = false;

  constructor(watching: ClockWatching) {
    this.#with = watching;
    this.#offsetMs = this.#offset();
  }

  /** How the clock is known: not at all from the very moment in which it was set until the next look. */
  state(): ClockState {
    return Math.abs(this.#offset() - this.#offsetMs) > STEP_MS ? 'unsynced' : (this.#state ?? 'unsynced');
  }

  /** Looks every few seconds, until aborted. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.look(stop);
      // Ends early when aborted; the loop sees it.
      await this.#with.clock.sleep(LOOK_EVERY_MS, stop).catch(() => undefined);
    }
  }

  /** Sees whether the clock was set since the last look, and asks how it is known if that may have changed. */
  async look(stop?: AbortSignal): Promise<void> {
    const { clock, report } = this.#with;
    const byMs = this.#offset() - this.#offsetMs;
    const isStepped = Math.abs(byMs) > STEP_MS;
    if (isStepped) report({ event: 'stepped', byMs, now: clock.now() });
    const isDue = clock.uptimeMs() - this.#askedMs >= ASK_AGAIN_MS;
    if (isStepped || isDue || this.#state !== 'ntp') await this.#ask(isStepped, stop);
    else this.#offsetMs += byMs;
  }

  /** The state and the offset change together: what was said before holds for the time before. */
  async #ask(isStepped: boolean, stop: AbortSignal | undefined): Promise<void> {
    const { sources, clock, report } = this.#with;
    const offsetMs = this.#offset();
    this.#askedMs = clock.uptimeMs();
    const said = await clockState(sources, clock.now(), stop);
    if (stop?.aborted) return;
    if (said === 'ntp') this.#synchronisedMs = this.#askedMs;
    else if (isStepped) this.#synchronisedMs = Number.NEGATIVE_INFINITY;
    this.#isSetByHand = said !== 'ntp' && (this.#isSetByHand || isStepped);
    const state = this.#believed(said);
    if (state !== this.#state) report({ event: 'state', state });
    this.#state = state;
    this.#offsetMs = offsetMs;
  }

  #believed(said: ClockState): ClockState {
    if (this.#askedMs - this.#synchronisedMs < TRUSTED_MS) return 'ntp';
    return said === 'rtc' && this.#isSetByHand ? 'unsynced' : said;
  }

  #offset(): number {
    return this.#with.clock.now() - this.#with.clock.uptimeMs();
  }
}
