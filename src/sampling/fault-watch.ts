import type { Identity } from '../driver-kit.ts';
import { type Clock, instantOf } from '../hal/clock.ts';
import { SensorError } from '../model/errors.ts';
import { faulty, quantitiesIn, type Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Taken } from '../pipeline/pipeline.ts';
import { pauseAfter } from './back-off.ts';
import type { BusEvent, BusWatch } from './bus-watch.ts';

/**
 * What happens to a device, told once each: when a fault begins, when it ends, who answers (again if it is another), and
 * that counters begin anew.
 */
export type DeviceEvent =
  | { readonly event: 'identified'; readonly device: string; readonly identity: Identity }
  | { readonly event: 'fault'; readonly device: string; readonly error: SensorError }
  | { readonly event: 'healed'; readonly device: string; readonly failures: number; readonly forMs: number }
  | { readonly event: 'counters-restarted'; readonly device: string; readonly count: number };

/** Where events go. */
export type Report = (event: DeviceEvent | BusEvent) => void;

/** The pace of faults of a part that talks unasked and has no period of its own. */
export const UNPACED_PERIOD_MS = 10_000;

interface Watched {
  readonly device: string;
  readonly streams: readonly Quantity[];
  readonly periodMs: number;
  readonly warmUpMs: number;
  readonly bus: { readonly watch: BusWatch };
  /** Called at each attempt that failed. */
  readonly failed?: (() => void) | undefined;
}

/** What is known of a device's health: told when it changes, counted while it does not. */
export class FaultWatch {
  readonly #supervised: Watched;
  readonly #clock: Clock;
  readonly #report: Report;
  #startedMs: number | undefined;
  #failures = 0;
  #brokenSinceMs = 0;
  #tryAgainMs = 0;
  /** True once the fault has been told as the device's own: while its bus is broken, that is told of the bus. */
  #isTold = false;
  #why = 'not-ready';
  readonly #streams = new Set<Quantity>();
  #identity: string | undefined;

  constructor(supervised: Watched, clock: Clock, report: Report) {
    this.#supervised = supervised;
    this.#clock = clock;
    this.#report = report;
  }

  get isStarted(): boolean {
    return this.#startedMs !== undefined;
  }

  get isBroken(): boolean {
    return this.#failures > 0;
  }

  /** How long the device is still to be left alone. */
  pauseMs(): number {
    return Math.max(0, this.#tryAgainMs - this.#clock.uptimeMs());
  }

  started(identity: Identity): void {
    this.#startedMs = this.#clock.uptimeMs();
    const told = JSON.stringify(identity);
    if (told === this.#identity) return;
    this.#identity = told;
    this.#report({ event: 'identified', device: this.#supervised.device, identity });
  }

  /** A sample that came. One that holds nothing is a fault: it would leave a gap that nobody explains. */
  taken(sample: Sample): Taken {
    const streams = quantitiesIn(sample);
    if (streams.length === 0) throw new SensorError('implausible', 'it answers, but tells nothing that is known here');
    for (const stream of streams) this.#streams.add(stream);
    const instant = instantOf(this.#clock);
    const nowMs = instant.uptimeMs;
    this.#healed(nowMs);
    const isWarmingUp = nowMs - (this.#startedMs ?? nowMs) < this.#supervised.warmUpMs;
    return { sample, instant, isWarmingUp };
  }

  failed(cause: unknown): void {
    const error = cause instanceof SensorError ? cause : new SensorError('driver', String(cause), { cause });
    this.#failures += 1;
    this.#supervised.failed?.();
    this.#startedMs = undefined;
    if (this.#failures === 1) this.#brokenSinceMs = this.#clock.uptimeMs();
    this.#why = error.kind;
    const { device, periodMs, bus } = this.#supervised;
    bus.watch.failed(device, error, () => {
      if (this.#isTold) return;
      this.#isTold = true;
      this.#report({ event: 'fault', device, error });
    });
    this.#tryAgainMs = this.#clock.uptimeMs() + pauseAfter(this.#failures, periodMs || UNPACED_PERIOD_MS);
  }

  /** A fault of every stream that it has told so far: not each of them is in each of its samples. */
  faults(): Taken {
    const streams = this.#streams.size > 0 ? [...this.#streams] : this.#supervised.streams;
    const sample = Object.fromEntries(streams.map((quantity) => [quantity, faulty(this.#why)]));
    return { sample, instant: instantOf(this.#clock), isWarmingUp: false };
  }

  #healed(nowMs: number): void {
    const { device, bus } = this.#supervised;
    bus.watch.answered(device);
    if (this.#isTold) {
      const forMs = nowMs - this.#brokenSinceMs;
      this.#report({ event: 'healed', device, failures: this.#failures, forMs });
    }
    this.#isTold = false;
    this.#failures = 0;
  }
}
