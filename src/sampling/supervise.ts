import type { Sensor, StreamingSensor } from '../driver-kit.ts';
import type { Clock } from '../hal/clock.ts';
import { SensorError } from '../model/errors.ts';
import type { Priority } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Taken } from '../pipeline/pipeline.ts';
import type { Held, OnBus } from './buses.ts';
import { FaultWatch, type Report, UNPACED_PERIOD_MS } from './fault-watch.ts';
import { Newest, type OnDemand, onDemand } from './on-demand.ts';
import { ticks } from './schedule.ts';

/** One device as it is sampled. */
export interface Supervised extends OnBus {
  readonly device: string;
  readonly priority: Priority;
  /** So long one conversation with it may take. */
  readonly deadlineMs: number;
  /** The streams for which a fault is told, until the device has said itself what it has. */
  readonly streams: readonly Quantity[];
  /** At most one sample is kept per period; 0 keeps every sample of a part that talks unasked. */
  readonly periodMs: number;
  /** It must not be asked more often; 0 if absent. */
  readonly leastMs?: number;
  readonly warmUpMs: number;
  /** The first sample is taken so long after the begin, so that devices on one bus do not all ask at the same moment. */
  readonly startsAfterMs: number;
  /** Called at each attempt that failed: the events tell the first of them only. */
  readonly failed?: (() => void) | undefined;
}

/** Hears at each round that a device's sampling goes on; of those that are asked, for the others pace themselves. */
export type Rounds = (device: string, signal: AbortSignal) => () => void;

/**
 * The samples of one device, for ever: starts it, asks it or listens to it, and after a fault starts it again, later
 * and later. While it is broken, a sample of faults is taken at every period, so that silence never looks like zero.
 */
export async function* supervise(
  supervised: Supervised,
  { clock, report, signal, offer, rounds }: Supervising,
): AsyncGenerator<Taken> {
  const watch = new FaultWatch(supervised, clock, report);
  const speaker = new Speaker(supervised, watch);
  const surroundings = { clock, watch, signal, offer, rounds, newest: new Newest(clock) };
  try {
    if (speaker.isOf(isStreaming)) yield* listen(supervised, speaker, surroundings);
    else if (speaker.isOf(isPolled)) yield* ask(supervised, speaker, surroundings);
  } finally {
    surroundings.newest.failed(new SensorError('not-ready', 'the gateway has stopped measuring it'));
    // A part that does not answer any more need not be told to stop.
    await speaker.converse(async ({ sensor }) => sensor.stop?.()).catch(() => undefined);
  }
}

/** Has a device's conversations, each in its turn on the bus. */
class Speaker<S extends Sensor | StreamingSensor = Sensor | StreamingSensor> {
  readonly #supervised: Supervised;
  readonly #watch: FaultWatch;
  #held: Held<S>;

  constructor(supervised: Supervised, watch: FaultWatch) {
    this.#supervised = supervised;
    this.#watch = watch;
    this.#held = supervised.create() as Held<S>;
  }

  get sensor(): S {
    return this.#held.sensor;
  }

  isOf<T extends S>(isKind: (sensor: Sensor | StreamingSensor) => sensor is T): this is Speaker<T> {
    return isKind(this.#held.sensor);
  }

  /** A sensor whose conversation was given up is thrown away: what it still does is not to be told from its successor's. */
  converse<T>(talk: (held: Held<S>) => Promise<T>): Promise<T> {
    const { bus, device, priority, deadlineMs, create } = this.#supervised;
    const held = this.#held;
    const letGo = (why: SensorError) => {
      this.#held = create() as Held<S>;
      return held.grip.letGo(why);
    };
    // A part that is broken is tried when those that work have had their turn.
    const turn = { device, deadlineMs, priority: this.#watch.isBroken ? ('low' as const) : priority, letGo };
    return bus.queue.run(() => talk(held), turn);
  }
}

/** What a device is sampled with. */
export interface Supervising {
  readonly clock: Clock;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Is given the way to a sample for those who ask beside the gateway itself. */
  readonly offer?: ((ask: OnDemand) => void) | undefined;
  readonly rounds?: Rounds | undefined;
}

interface Surroundings extends Pick<Supervising, 'clock' | 'signal' | 'offer' | 'rounds'> {
  readonly watch: FaultWatch;
  readonly newest: Newest;
}

async function started({ sensor, grip }: Held, { watch, signal }: Surroundings): Promise<void> {
  signal.throwIfAborted(); // others were before it on the bus
  // A read that went on listening after the start was given up would take the next one's bytes.
  const identity = await sensor.start(AbortSignal.any([signal, grip.signal]));
  grip.check();
  watch.started(identity);
}

async function* ask(
  { device, periodMs, startsAfterMs, leastMs = 0 }: Supervised,
  speaker: Speaker<Sensor>,
  surroundings: Surroundings,
): AsyncGenerator<Taken> {
  const { clock, watch, signal, offer, newest, rounds } = surroundings;
  const turned = rounds?.(device, signal);
  const startMs = clock.uptimeMs() + startsAfterMs;
  let isAsking = false;
  const dueInMs = () => (isAsking ? 0 : periodMs - (Math.max(0, clock.uptimeMs() - startMs) % periodMs));
  const sample = () =>
    speaker.converse(async (held) => {
      signal.throwIfAborted();
      if (!watch.isStarted) await started(held, surroundings);
      return held.sensor.poll();
    });
  offer?.(onDemand({ newest, leastMs, dueInMs, poll: sample }));
  await clock.sleep(startsAfterMs, signal).catch(() => undefined);
  for await (const __ of ticks(clock, periodMs, signal)) {
    turned?.();
    if (watch.pauseMs() > 0) {
      yield watch.faults();
      continue;
    }
    isAsking = true;
    try {
      const taken = watch.taken(await sample());
      newest.came(taken.sample);
      yield taken;
    } catch (cause) {
      if (signal.aborted) return;
      newest.failed(cause);
      watch.failed(cause);
      yield watch.faults();
    } finally {
      isAsking = false;
    }
  }
}

async function* listen(
  { periodMs }: Supervised,
  speaker: Speaker<StreamingSensor>,
  surroundings: Surroundings,
): AsyncGenerator<Taken> {
  const { clock, watch, signal, newest } = surroundings;
  surroundings.offer?.((asker) => newest.next(asker));
  const start = () => speaker.converse((held) => started(held, surroundings));
  let dueMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      if (!watch.isStarted) await start();
      newest.begun();
      for await (const sample of speaker.sensor.samples(signal)) {
        const taken = watch.taken(sample);
        newest.came(sample);
        const nowMs = clock.uptimeMs();
        if (nowMs < dueMs) continue;
        dueMs = nextDue(dueMs, nowMs, periodMs);
        yield taken;
      }
      if (!signal.aborted) throw new SensorError('driver', 'its samples ended by themselves');
    } catch (cause) {
      if (signal.aborted) return;
      newest.failed(cause);
      watch.failed(cause);
    }
    yield* faultsUntil(restarted(start, surroundings), periodMs || UNPACED_PERIOD_MS, surroundings);
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

function isPolled(sensor: Sensor | StreamingSensor): sensor is Sensor {
  return !isStreaming(sensor);
}
