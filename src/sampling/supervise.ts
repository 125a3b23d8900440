import type { Sensor, StreamingSensor } from '../driver-kit.ts';
import type { Clock } from '../hal/clock.ts';
import { SensorError } from '../model/errors.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Taken } from '../pipeline/pipeline.ts';
import type { BusQueue } from './bus-queue.ts';
import { FaultWatch, type Report, UNPACED_PERIOD_MS } from './fault-watch.ts';
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
  /** Called at each attempt that failed: the events tell the first of them only. */
  readonly failed?: (() => void) | undefined;
  readonly bus: BusQueue;
}

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
      if (!watch.isStarted) watch.started(await sensor.start(signal));
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
  const start = async () => watch.started(await bus.run(() => sensor.start(signal)));
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
    yield* faultsUntil(restarted(start, { clock, watch, signal }), periodMs || UNPACED_PERIOD_MS, {
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
