import { onTestFinished } from 'vitest';
import type { Identity, Sample, Sensor, StreamingSensor } from '../../src/driver-kit.ts';
import type { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Taken } from '../../src/pipeline/pipeline.ts';
import { BusQueue } from '../../src/sampling/bus-queue.ts';
import { type BusEvent, BusWatch, type WatchedBus } from '../../src/sampling/bus-watch.ts';
import type { OnBus } from '../../src/sampling/buses.ts';
import type { DeviceEvent, Report } from '../../src/sampling/fault-watch.ts';
import { Grip } from '../../src/sampling/grip.ts';
import { type Supervised, supervise } from '../../src/sampling/supervise.ts';

/** A deadline that no conversation of a test comes near, unless it is about that. */
const LONG_MS = 10_000_000;

/** A part that answers as the test says, and notes when it was asked. */
export class FakeSensor implements Sensor {
  readonly calls: string[] = [];
  identity: Identity = { serialNumber: '1' };
  failure: unknown;
  startFailure: unknown;
  answer: Sample = { air_temperature: 20 };
  /** How long each answer takes. */
  takesMs = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async start(): Promise<Identity> {
    this.calls.push(`start ${this.#clock.uptimeMs()}`);
    if (this.startFailure) throw this.startFailure;
    return this.identity;
  }

  async poll(): Promise<Sample> {
    this.calls.push(`poll ${this.#clock.uptimeMs()}`);
    if (this.takesMs > 0) await this.#clock.sleep(this.takesMs);
    if (this.failure) throw this.failure;
    return this.answer;
  }

  async stop(): Promise<void> {
    this.calls.push(`stop ${this.#clock.uptimeMs()}`);
  }
}

/** A bus for some devices, and what is told of it. */
export function busOf(clock: VirtualClock, given: Partial<WatchedBus> = {}) {
  const events: BusEvent[] = [];
  const watched = { name: 'bus', devices: () => 1, isOpenDrain: false, ...given };
  const watch = new BusWatch(watched, clock, (event) => void events.push(event));
  return { queue: new BusQueue(clock), watch, events } satisfies OnBus['bus'] & { events: BusEvent[] };
}

/** What a supervised device yields and tells while virtual time passes. */
export function supervised(
  clock: VirtualClock,
  sensor: Sensor | StreamingSensor,
  given: Partial<Supervised> = {},
): {
  readonly taken: Taken[];
  readonly events: (DeviceEvent | BusEvent)[];
  /** Aborts, and resolves when the supervisor has ended. */
  stop(): Promise<void>;
} {
  const taken: Taken[] = [];
  const events: (DeviceEvent | BusEvent)[] = [];
  const over = new AbortController();
  const device: Supervised = {
    device: 'a',
    create: () => ({ sensor, grip: new Grip() }),
    priority: 'normal',
    deadlineMs: LONG_MS,
    startsAfterMs: 0,
    streams: ['air_temperature', 'relative_humidity'],
    periodMs: 1000,
    warmUpMs: 0,
    bus: busOf(clock),
    ...given,
  };
  const run = async () => {
    const report: Report = (event) => void events.push(event);
    for await (const one of supervise(device, { clock, report, signal: over.signal })) taken.push(one);
  };
  const ended = run();
  const stop = async () => {
    over.abort();
    await ended;
  };
  onTestFinished(() => over.abort());
  return { taken, events, stop };
}

/** Each sample in short: when, and its value or why it has none. */
export function shown(taken: readonly Taken[]): string[] {
  return taken.map(({ sample, instant }) => {
    const values = Object.entries(sample).map(([quantity, given]) => {
      return `${quantity}=${typeof given === 'number' ? given : (given.value ?? given.why)}`;
    });
    return `${instant.uptimeMs}: ${values.join(' ')}`;
  });
}
