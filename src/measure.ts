import type { Measured } from './config/config.ts';
import { milliseconds } from './config/fields.ts';
import { CounterMemory } from './counter-memory.ts';
import type { Clock } from './hal/clock.ts';
import type { Memory } from './hal/memory.ts';
import type { Observation } from './model/observation.ts';
import { pipelineFor } from './pipeline/pipeline.ts';
import type { OnBus } from './sampling/buses.ts';
import type { Report } from './sampling/fault-watch.ts';
import type { OnDemand } from './sampling/on-demand.ts';
import { type Rounds, type Supervised, supervise } from './sampling/supervise.ts';
import type { Outbox } from './store/outbox.ts';
import { Slots } from './uplink/slots.ts';

/** What all devices share. */
export interface Measuring {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** When the device takes its first sample, counted from the begin. */
  startsAfterMs(device: string): number;
  /** Called at each attempt to read the device that failed. */
  failed?(device: string): void;
  /** Called for every observation that is kept for good. */
  kept(): void;
  /** Is given the way to a sample of the device for those who ask beside the gateway itself. */
  readonly offer?: ((ask: OnDemand) => void) | undefined;
  /** Hears that the sampling goes on. */
  readonly rounds?: Rounds | undefined;
  /** Sees every observation on its way to the outbox. */
  readonly watch?: ((observation: Observation) => void) | undefined;
}

/** Makes the source of one device, with what the device is to remember over a restart. */
export type SourceFor = (memory: Memory) => OnBus;

/** Samples of one device that may wait to become durable. More than this, and a part that talks unasked has to wait. */
const KEEP_AT_ONCE = 2500;
/** After so many observations in a row a device lets the others have their turn. */
const IN_A_ROW = 32;

/** One device, from its sensor to the outbox, until aborted. Rejects only where the outbox fails. */
export async function measure(device: Measured, sourceFor: SourceFor, measuring: Measuring): Promise<void> {
  const { clock, rounds, watch, signal, offer } = measuring;
  const counted = await CounterMemory.of(device, measuring);
  const report: Report = (event) => {
    if (event.event === 'identified') counted.identified(event.identity);
    measuring.report(event);
  };
  const process = pipelineFor(device.name, device.rules, { priority: device.priority, counters: counted.counters });
  const source = sourceFor(measuring.outbox.memory(device.name));
  const keeper = new Keeper(measuring);
  const either = AbortSignal.any([signal, keeper.failed]);
  let kept = 0;
  const supervising = { clock, report, signal: either, offer, rounds };
  for await (const taken of supervise(supervised(device, source, measuring), supervising)) {
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

function supervised(device: Measured, source: OnBus, { failed, startsAfterMs }: Measuring): Supervised {
  const { name, driver, options, priority, periodMs, deadlineMs } = device;
  return {
    ...source,
    device: name,
    priority,
    deadlineMs,
    streams: driver.streams?.(options) ?? driver.measures,
    periodMs,
    leastMs: (driver.leastPeriod?.(options)?.seconds ?? milliseconds(driver.period.least) / 1000) * 1000,
    warmUpMs: (driver.warmUpSeconds ?? 0) * 1000,
    startsAfterMs: startsAfterMs(name),
    failed: () => failed?.(name),
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
