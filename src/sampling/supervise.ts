import type { Identity, Sensor, StreamingSensor } from '../driver-kit.ts';
import { type Clock, instantOf } from '../hal/clock.ts';
import { SensorError } from '../model/errors.ts';
import { faulty, type Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Taken } from '../pipeline/pipeline.ts';
import { pauseAfter } from './back-off.ts';
import type { BusQueue } from './bus-queue.ts';
import { ticks } from './schedule.ts';

/** One device as it is sampled. */
export interface Supervised {
  readonly device: string;
  readonly sensor: Sensor | StreamingSensor;
  /** The streams for which a fault is told. */
  readonly streams: readonly Quantity[];
  /** At most one sample is kept per period; 0 keeps every sample of a part that talks unasked. */
  readonly periodMs: number;
  readonly warmUpMs: number;
  readonly bus: BusQueue;
}

/** What happens to a device, told once each: when a fault begins, when it ends, who answers. */
export type DeviceEvent =
  | { readonly event: 'identified'; readonly device: string; readonly identity: Identity }
  | { readonly event: 'fault'; readonly device: string; readonly error: SensorError }
  | { readonly event: 'healed'; readonly device: string; readonly failures: number; readonly forMs: number };

/** Where events go. */
export type Report = (event: DeviceEvent) => void;

/** Waits between faults of a part that talks unasked, where it has no period of its own. */
const STREAM_PERIOD_MS = 10_000;

/**
 * The samples of one device, for ever: starts it, asks it or listens to it, and after a fault starts it again, later
 * and later. While it is broken, a sample of faults is taken at every period, so that silence never looks like zero.
 */
export async function* supervise(
  supervised: Supervised,
  { clock, report, signal }: { clock: Clock; report: Report; signal: AbortSignal },
): AsyncGenerator<Taken> {
  const watch = new FaultWatch(supervised, clock, report);
  try {
    if (isStreaming(supervised.sensor)) yield* listen(supervised, supervised.sensor, { clock, watch, signal });
    else yield* ask(supervised, supervised.sensor, { clock, watch, signal });
  } finally {
    const { sensor, bus } = supervised;
    // A part that does not answer any more need not be told to stop.
    await bus.run(async () => sensor.stop?.()).catch(() => undefined);
  }
}

interface Surroundings {
  readonly clock: Clock;
  readonly watch: FaultWatch;
  readonly signal: AbortSignal;
}

async function* ask(
  { bus, periodMs }: Supervised,
  sensor: Sensor,
  { clock, watch, signal }: Surroundings,
): AsyncGenerator<Taken> {
  for await (const __ of ticks(clock, periodMs, signal)) {
    if (!watch.mayTry()) {
      yield watch.faults();
      continue;
    }
    try {
      const sample = await bus.run(async () => {
        if (!watch.isStarted) watch.started(await sensor.start());
        return sensor.poll();
      });
      yield watch.taken(sample);
    } catch (cause) {
      watch.failed(cause);
      yield watch.faults();
    }
  }
}

async function* listen(
  { bus, periodMs }: Supervised,
  sensor: StreamingSensor,
  { clock, watch, signal }: Surroundings,
): AsyncGenerator<Taken> {
  let dueMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      watch.started(await bus.run(() => sensor.start()));
      for await (const sample of sensor.samples(signal)) {
        const taken = watch.taken(sample);
        if (clock.uptimeMs() < dueMs) continue;
        dueMs = nextDue(dueMs, clock.uptimeMs(), periodMs);
        yield taken;
      }
      return;
    } catch (cause) {
      if (signal.aborted) return;
      watch.failed(cause);
    }
    for await (const __ of ticks(clock, periodMs || STREAM_PERIOD_MS, signal)) {
      yield watch.faults();
      if (watch.mayTry()) break;
    }
  }
}

/** The next multiple of the period after now, counted from the first sample kept. */
function nextDue(dueMs: number, nowMs: number, periodMs: number): number {
  if (periodMs === 0) return Number.NEGATIVE_INFINITY;
  if (dueMs === Number.NEGATIVE_INFINITY) return nowMs + periodMs;
  return dueMs + (Math.floor((nowMs - dueMs) / periodMs) + 1) * periodMs;
}

function isStreaming(sensor: Sensor | StreamingSensor): sensor is StreamingSensor {
  return 'samples' in sensor;
}

/** What is known of a device's health: told when it changes, counted while it does not. */
class FaultWatch {
  readonly #supervised: Supervised;
  readonly #clock: Clock;
  readonly #report: Report;
  #startedMs: number | undefined;
  #failures = 0;
  #brokenSinceMs = 0;
  #tryAgainMs = 0;
  #why = 'not-ready';

  constructor(supervised: Supervised, clock: Clock, report: Report) {
    this.#supervised = supervised;
    this.#clock = clock;
    this.#report = report;
  }

  get isStarted(): boolean {
    return this.#startedMs !== undefined;
  }

  mayTry(): boolean {
    return this.#clock.uptimeMs() >= this.#tryAgainMs;
  }

  started(identity: Identity): void {
    this.#startedMs = this.#clock.uptimeMs();
    this.#report({ event: 'identified', device: this.#supervised.device, identity });
  }

  taken(sample: Sample): Taken {
    const nowMs = this.#clock.uptimeMs();
    if (this.#failures > 0) {
      const forMs = nowMs - this.#brokenSinceMs;
      this.#report({ event: 'healed', device: this.#supervised.device, failures: this.#failures, forMs });
      this.#failures = 0;
    }
    const isWarmingUp = nowMs - (this.#startedMs ?? nowMs) < this.#supervised.warmUpMs;
    return { sample, instant: instantOf(this.#clock), isWarmingUp };
  }

  failed(cause: unknown): void {
    const error = cause instanceof SensorError ? cause : new SensorError('driver', String(cause), { cause });
    this.#failures += 1;
    this.#startedMs = undefined;
    if (this.#failures === 1) {
      this.#brokenSinceMs = this.#clock.uptimeMs();
      this.#report({ event: 'fault', device: this.#supervised.device, error });
    }
    this.#why = error.kind;
    const { periodMs } = this.#supervised;
    this.#tryAgainMs = this.#clock.uptimeMs() + pauseAfter(this.#failures, periodMs || STREAM_PERIOD_MS);
  }

  faults(): Taken {
    const sample = Object.fromEntries(this.#supervised.streams.map((quantity) => [quantity, faulty(this.#why)]));
    return { sample, instant: instantOf(this.#clock), isWarmingUp: false };
  }
}
