import type { Identity, Sensor, StreamingSensor } from '../driver-kit.ts';
import { type Clock, instantOf } from '../hal/clock.ts';
import { SensorError } from '../model/errors.ts';
import { faulty, type Sample } from '../model/observation.ts';
import { type Quantity, quantityNames } from '../model/quantity.ts';
import type { Taken } from '../pipeline/pipeline.ts';
import { pauseAfter } from './back-off.ts';
import type { BusQueue } from './bus-queue.ts';
import { ticks } from './schedule.ts';

/** One device as it is sampled. */
export interface Supervised {
  readonly device: string;
  readonly sensor: Sensor | StreamingSensor;
  /** The streams for which a fault is told, until the device has said itself what it has. */
  readonly streams: readonly Quantity[];
  /** At most one sample is kept per period; 0 keeps every sample of a part that talks unasked. */
  readonly periodMs: number;
  readonly warmUpMs: number;
  readonly bus: BusQueue;
}

/** What happens to a device, told once each: when a fault begins, when it ends, who answers (again if it is another). */
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
  const converse = () =>
    bus.run(async () => {
      signal.throwIfAborted(); // others were before it on the bus
      if (!watch.isStarted) watch.started(await sensor.start());
      return sensor.poll();
    });
  for await (const __ of ticks(clock, periodMs, signal)) {
    if (watch.pauseMs() > 0) {
      yield watch.faults();
      continue;
    }
    try {
      yield watch.taken(await converse());
    } catch (cause) {
      if (signal.aborted) return;
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
  const start = async () => watch.started(await bus.run(() => sensor.start()));
  let dueMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      if (!watch.isStarted) await start();
      for await (const sample of sensor.samples(signal)) {
        const taken = watch.taken(sample);
        if (clock.uptimeMs() < dueMs) continue;
        dueMs = nextDue(dueMs, clock.uptimeMs(), periodMs);
        yield taken;
      }
      if (!signal.aborted) throw new SensorError('driver', 'its samples ended by themselves');
    } catch (cause) {
      if (signal.aborted) return;
      watch.failed(cause);
    }
    yield* faultsUntil(restarted(start, { clock, watch, signal }), periodMs || STREAM_PERIOD_MS, {
      clock,
      watch,
      signal,
    });
  }
}

/** Resolves when the part has started again; each attempt comes later than the one before. */
async function restarted(start: () => Promise<void>, { clock, watch, signal }: Surroundings): Promise<void> {
  while (!signal.aborted && !watch.isStarted) {
    await clock.sleep(watch.pauseMs(), signal).catch(() => undefined);
    if (!signal.aborted) await start().catch((cause: unknown) => watch.failed(cause));
  }
}

/** A sample of faults at once and at every period, until `end`: an attempt to start may itself take half a minute. */
async function* faultsUntil(
  end: Promise<void>,
  periodMs: number,
  { clock, watch, signal }: Surroundings,
): AsyncGenerator<Taken> {
  const over = new AbortController();
  const ended = end.finally(() => over.abort());
  for await (const __ of ticks(clock, periodMs, AbortSignal.any([signal, over.signal]))) yield watch.faults();
  await ended;
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
  #streams: readonly Quantity[];
  #identity: string | undefined;

  constructor(supervised: Supervised, clock: Clock, report: Report) {
    this.#supervised = supervised;
    this.#clock = clock;
    this.#report = report;
    this.#streams = supervised.streams;
  }

  get isStarted(): boolean {
    return this.#startedMs !== undefined;
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
    const streams = quantityNames.filter((quantity) => sample[quantity] !== undefined);
    if (streams.length === 0) throw new SensorError('implausible', 'it answers, but tells nothing that is known here');
    this.#streams = streams;
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
    const sample = Object.fromEntries(this.#streams.map((quantity) => [quantity, faulty(this.#why)]));
    return { sample, instant: instantOf(this.#clock), isWarmingUp: false };
  }
}
