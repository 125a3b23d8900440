import type { Measured } from './config/config.ts';
import { CounterMemory } from './counter-memory.ts';
import type { Sensor, StreamingSensor } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import type { Memory } from './hal/memory.ts';
import type { Observation } from './model/observation.ts';
import { pipelineFor } from './pipeline/pipeline.ts';
import type { BusQueue } from './sampling/bus-queue.ts';
import type { DeviceEvent } from './sampling/fault-watch.ts';
import { type Supervised, supervise } from './sampling/supervise.ts';
import type { Outbox } from './store/outbox.ts';
import { Slots } from './uplink/slots.ts';

/** What all devices share. */
export interface Measuring {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
  report(event: DeviceEvent): void;
  /** Called at each attempt to read the device that failed. */
  failed?(device: string): void;
  /** Called for every observation that is kept for good. */
  kept(): void;
  /** Sees every observation on its way to the outbox. */
  readonly watch?: ((observation: Observation) => void) | undefined;
}

/** What is asked for samples, and whose turn it has to wait for. */
export interface Source {
  readonly sensor: Sensor | StreamingSensor;
  readonly queue: BusQueue;
}

/** Makes the source of one device, with what the device is to remember over a restart. */
export type SourceFor = (memory: Memory) => Source;

/** Samples of one device that may wait to become durable. More than this, and a part that talks unasked has to wait. */
const KEEP_AT_ONCE = 2500;
/** After so many observations in a row a device lets the others have their turn. */
const IN_A_ROW = 32;

/** One device, from its sensor to the outbox, until aborted. Rejects only where the outbox fails. */
export async function measure(device: Measured, sourceFor: SourceFor, measuring: Measuring): Promise<void> {
  const { clock, watch, signal } = measuring;
  const counted = await CounterMemory.of(device, measuring);
  const report = (event: DeviceEvent) => {
    if (event.event === 'identified') counted.identified(event.identity);
    measuring.report(event);
  };
  const process = pipelineFor(device.name, device.rules, { priority: device.priority, counters: counted.counters });
  const source = sourceFor(measuring.outbox.memory(device.name));
  const keeper = new Keeper(measuring);
  const either = AbortSignal.any([signal, keeper.failed]);
  let kept = 0;
  for await (const taken of supervise(supervised(device, source, measuring), { clock, report, signal: either })) {
    const { restarts } = counted.counters;
    const observations = process(taken);
    const count = counted.counters.restarts - restarts;
    if (count > 0) report({ event: 'counters-restarted', device: device.name, count });
    await counted.saveIfDue();
    for (const observation of observations) {
      watch?.(observation);
      await keeper.keep(observation);
      kept += 1;
      // Not passed to the signal: a pause of no length ends by itself.
      if (kept % IN_A_ROW === 0) await clock.sleep(0);
    }
  }
  await counted.save();
  // What waits to become durable is made so when the outbox closes.
  keeper.failed.throwIfAborted();
}

function supervised(device: Measured, { sensor, queue }: Source, { failed }: Measuring): Supervised {
  const { name, driver, options, periodMs } = device;
  return {
    device: name,
    sensor,
    streams: driver.streams?.(options) ?? driver.measures,
    periodMs,
    warmUpMs: (driver.warmUpSeconds ?? 0) * 1000,
    failed: () => failed?.(name),
    bus: queue,
  };
}

/** Hands observations to the outbox without waiting for each to be durable. */
class Keeper {
  readonly #slots = new Slots(KEEP_AT_ONCE);
  readonly #failure = new AbortController();
  readonly #with: Measuring;

  constructor(measuring: Measuring) {
    this.#with = measuring;
  }

  /** Aborted when the outbox fails, with its error. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  async keep(observation: Observation): Promise<void> {
    const { outbox, kept, signal } = this.#with;
    // Who stops does not wait for room: the outbox makes durable, or declares, what is still handed to it.
    const isInSlot = await this.#slots.take(signal).then(
      () => true,
      () => false,
    );
    void outbox
      .append(observation)
      .then(kept, (cause: unknown) => this.#failure.abort(cause))
      .finally(() => {
        if (isInSlot) this.#slots.free();
      });
  }
}
