import type { Reading } from '../model/observation.ts';

/** A state as it is now: whether it is on, for how long it has been as it is, and how often it has come on. */
export interface Held {
  readonly isOn: boolean;
  readonly seconds: Reading | number;
  readonly count: number;
}

interface Pace {
  /** It stays on for so long after what keeps it on has ended. */
  readonly holdMs: number;
  /** It is told again at least so often, so that "no" differs from "no data". */
  readonly repeatMs: number;
}

/**
 * A state that holds (occupied, open): since when, and how often it has begun. It is told when it changes and from time
 * to time. Moments are those at which something was seen, not those at which it was read.
 */
export class HeldState {
  readonly #pace: Pace;
  #isOn = false;
  #isKept = false;
  #keptUntilMs = 0;
  #sinceMs = 0;
  #isBeginSeen = false;
  #count = 0;
  #told: Held | undefined;
  #tellAgainAtMs = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** How often it has come on, ever. */
  get count(): number {
    return this.#count;
  }

  /** It is first looked at. Nobody saw it begin, so it is not counted, and how long it lasts is told as an estimate. */
  begin(isOn: boolean, { uptimeMs, count }: { readonly uptimeMs: number; readonly count: number }): void {
    this.#isOn = isOn;
    this.#isKept = isOn;
    this.#sinceMs = uptimeMs;
    this.#isBeginSeen = false;
    this.#count = count;
    this.#told = undefined;
  }

  /** At `uptimeMs` what keeps it on was seen, or seen to be gone. */
  saw(isOn: boolean, uptimeMs: number): void {
    this.#settle(uptimeMs);
    if (isOn && !this.#isOn) {
      this.#turn(true, uptimeMs);
      this.#count += 1;
    }
    if (this.#isKept && !isOn) this.#keptUntilMs = uptimeMs + this.#pace.holdMs;
    this.#isKept = isOn;
  }

  /** The state, if it is to be told now: it has changed, or it was told long ago, or something else `isNews`. */
  due(uptimeMs: number, isNews = false): Held | undefined {
    this.#settle(uptimeMs);
    const isSame = this.#isOn === this.#told?.isOn && this.#count === this.#told.count;
    if (isSame && uptimeMs < this.#tellAgainAtMs && !isNews) return undefined;
    this.#tellAgainAtMs = uptimeMs + this.#pace.repeatMs;
    const value = Math.max(0, uptimeMs - this.#sinceMs) / 1000;
    const seconds = this.#isBeginSeen ? value : ({ value, quality: 'estimated', why: 'begin-unseen' } as const);
    this.#told = { isOn: this.#isOn, seconds, count: this.#count };
    return this.#told;
  }

  /** For how long nothing is due if nothing is seen. */
  quietMs(uptimeMs: number): number {
    const endsAtMs = this.#isOn && !this.#isKept ? this.#keptUntilMs : Number.POSITIVE_INFINITY;
    return Math.max(0, Math.min(endsAtMs, this.#tellAgainAtMs) - uptimeMs);
  }

  #settle(uptimeMs: number): void {
    if (this.#isOn && !this.#isKept && uptimeMs >= this.#keptUntilMs) this.#turn(false, this.#keptUntilMs);
  }

  #turn(isOn: boolean, uptimeMs: number): void {
    this.#isOn = isOn;
    this.#sinceMs = uptimeMs;
    this.#isBeginSeen = true;
  }
}
