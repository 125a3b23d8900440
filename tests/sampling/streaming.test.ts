import { describe, expect, it } from 'vitest';
import type { Identity, Sample, StreamingSensor } from '../../src/driver-kit.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { shown, supervised } from './supervised.ts';

const silent = new SensorError('timeout', 'silence');

/** A part that talks every second, counting, unless the test lets it fail. */
class FakeStream implements StreamingSensor {
  readonly calls: string[] = [];
  failure: unknown;
  startFailure: unknown;
  startTakesMs = 0;
  endsByItself = false;
  sample: (count: number) => Sample = (count) => ({ active_power_import: count });
  #count = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async start(_?: AbortSignal): Promise<Identity> {
    this.calls.push(`start ${this.#clock.uptimeMs()}`);
    await this.#clock.sleep(this.startTakesMs);
    if (this.startFailure) throw this.startFailure;
    return {};
  }

  async *samples(signal: AbortSignal): AsyncGenerator<Sample> {
    for (;;) {
      await this.#clock.sleep(1000, signal);
      if (this.failure) throw this.failure;
      if (this.endsByItself) return;
      this.#count += 1;
      yield this.sample(this.#count);
    }
  }

  async stop(): Promise<void> {
    this.calls.push(`stop ${this.#clock.uptimeMs()}`);
  }
}

function listenedTo(periodMs: number, warmUpMs = 0) {
  const clock = new VirtualClock();
  const sensor = new FakeStream(clock);
  const listen = (deadlineMs = 60_000) =>
    supervised(clock, sensor, { periodMs, warmUpMs, deadlineMs, streams: ['active_power_import'] });
  return { clock, sensor, listen };
}

describe('a part that talks unasked', () => {
  it('has every sample kept if it has no period', async () => {
    const { clock, listen } = listenedTo(0);
    const { taken } = listen();
    await clock.advance(4500);
    expect(taken).toHaveLength(4);
  });

  it('has one sample kept per period, whatever it says', async () => {
    const { clock, listen } = listenedTo(10_000);
    const { taken } = listen();
    await clock.advance(35_500);
    expect(shown(taken)).toEqual([
      '1000: active_power_import=1',
      '11000: active_power_import=11',
      '21000: active_power_import=21',
      '31000: active_power_import=31',
    ]);
  });

  it('warms up after its start', async () => {
    const { clock, listen } = listenedTo(0, 2500);
    const { taken } = listen();
    await clock.advance(4500);
    expect(taken.map(({ isWarmingUp }) => isWarmingUp)).toEqual([true, true, false, false]);
  });

  it('is started again after it fell silent, and tells faults meanwhile', async () => {
    const { clock, sensor, listen } = listenedTo(5000);
    const { taken, events } = listen();
    await clock.advance(1500);
    sensor.failure = silent;
    await clock.advance(1000);
    sensor.failure = undefined;
    await clock.advance(3000);
    expect(sensor.calls).toEqual(['start 0', 'start 2250']);
    expect(shown(taken)).toEqual(['1000: active_power_import=1', '2000: active_power_import=timeout']);
    expect(events).toMatchObject([
      { event: 'identified' },
      { event: 'fault', error: { kind: 'timeout' } },
      { event: 'healed', failures: 1, forMs: 1250 },
    ]);
    await clock.advance(2000);
    expect(shown(taken).at(-1)).toMatch(/^6250: active_power_import=/);
  });

  it('gives a sample of faults every period, also while an attempt to start it takes longer than that', async () => {
    const { clock, sensor, listen } = listenedTo(10_000);
    sensor.startFailure = silent;
    sensor.startTakesMs = 30_000;
    const { taken, events } = listen();
    await clock.advance(125_000);
    expect(taken.map(({ instant }) => instant.uptimeMs / 1000)).toEqual([30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
    expect(sensor.calls).toEqual(['start 0', 'start 30250', 'start 70250', 'start 120250']);
    expect(events).toHaveLength(1);
  });

  it('is started anew after a start that never ends, told as broken meanwhile, and does not listen twice', async () => {
    const { clock, sensor, listen } = listenedTo(10_000);
    const signals: AbortSignal[] = [];
    sensor.start = (signal) => {
      signals.push(signal as AbortSignal);
      return signals.length === 1 ? new Promise(() => undefined) : Promise.resolve({});
    };
    const { taken, events } = listen(20_000);
    await clock.advance(22_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(shown(taken)).toEqual(['20000: active_power_import=timeout', '21250: active_power_import=1']);
    expect(events.map(({ event }) => event)).toEqual(['fault', 'identified', 'healed']);
  });

  it('is started later and later while it fails, and at most five minutes later', async () => {
    const { clock, sensor, listen } = listenedTo(10_000);
    sensor.startFailure = silent;
    listen();
    await clock.advance(7_200_000);
    const starts = sensor.calls.map((call) => Number(call.slice(6)));
    const pauses = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(pauses.slice(0, 8)).toEqual([250, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    expect(Math.max(...pauses)).toBe(300_000);
  });

  it('is implausible if it talks without telling anything that is known', async () => {
    const { clock, sensor, listen } = listenedTo(0);
    sensor.sample = () => ({});
    const { taken, events } = listen();
    await clock.advance(1100);
    expect(events.at(-1)).toMatchObject({ event: 'fault', error: { kind: 'implausible' } });
    expect(shown(taken)).toEqual(['1000: active_power_import=implausible']);
  });

  it('has a fault of its driver if its samples end by themselves', async () => {
    const { clock, sensor, listen } = listenedTo(0);
    sensor.endsByItself = true;
    const { events } = listen();
    await clock.advance(1100);
    expect(events.at(-1)).toMatchObject({ event: 'fault', error: { kind: 'driver' } });
    sensor.endsByItself = false;
    await clock.advance(5000);
    expect(events.at(-1)).toMatchObject({ event: 'healed' });
  });

  it('tells faults of what it last told', async () => {
    const { clock, sensor, listen } = listenedTo(0);
    sensor.sample = () => ({ heat_energy: 1 });
    const { taken } = listen();
    await clock.advance(1500);
    sensor.failure = silent;
    await clock.advance(1000);
    expect(shown(taken)).toEqual(['1000: heat_energy=1', '2000: heat_energy=timeout']);
  });

  it('ends when told, while it talks and while it is broken, and is told to stop', async () => {
    const { clock, sensor, listen } = listenedTo(0);
    const talking = listen();
    await clock.advance(1500);
    await talking.stop();
    expect(sensor.calls).toEqual(['start 0', 'stop 1500']);
    expect(talking.events).toHaveLength(1);

    sensor.startFailure = silent;
    const broken = listen();
    await clock.advance(1000);
    await broken.stop();
    expect(sensor.calls.at(-1)).toBe('stop 2500');
  });
});
