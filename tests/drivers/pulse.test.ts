import { describe, expect, it } from 'vitest';
import { driver as pulse } from '../../drivers/pulse/pulse.ts';
import { type Edge, type GpioDevice, type Level, type Memory, type Sensor, SensorError } from '../../src/driver-kit.ts';
import { SimulatedGpioChip } from '../../src/hal/sim/simulated-gpio.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { isStreaming, optionsOf, roundedSample, testMemory } from '../support/drivers.ts';

/** A counter on a line that the test drives, in virtual time. */
function counter(given: object = {}, memory: Memory = testMemory()) {
  const clock = new VirtualClock();
  const chip = new SimulatedGpioChip(clock);
  const create = (): Sensor => {
    const options = optionsOf(pulse, { counts: 'pulse_count', pulsesPerUnit: 1, ...given }) as Parameters<
      typeof pulse.create
    >[1];
    const sensor = pulse.create(chip.device(4, { activeLow: false }), options, memory);
    if (isStreaming(sensor)) throw new Error('a counter is polled');
    return sensor;
  };
  const level = async (level: Level, forMs: number) => {
    chip.drive(4, level);
    await clock.advance(forMs);
  };
  return {
    clock,
    create,
    level,
    pulses: async (count: number, everyMs: number) => {
      for (let given = 0; given < count; given += 1) {
        await level(1, 40);
        await level(0, everyMs - 40);
      }
    },
  };
}

const told = async (sensor: Sensor) => roundedSample(await sensor.poll());

describe('a pulse counter', () => {
  it('goes on counting after a restart, also when pulses came between the last poll and the stop', async () => {
    const memory = testMemory();
    const { create, pulses } = counter({ startValue: 10 }, memory);
    const first = create();
    await first.start();
    await pulses(3, 1000);
    expect(await told(first)).toMatchObject({ pulse_count: 13 });
    await pulses(2, 1000);
    await first.stop?.();
    expect(await memory.load()).toBe('5');

    const second = create();
    await second.start();
    expect(await told(second)).toMatchObject({ pulse_count: 15 });
  });

  it('keeps what it has counted of a line that then fails', async () => {
    const memory = testMemory();
    const edges: (Edge | Error)[] = [
      { level: 1, uptimeMs: 1000 },
      { level: 0, uptimeMs: 1040 },
      { level: 1, uptimeMs: 2000 },
      new SensorError('bus', 'the chip is gone'),
    ];
    const device: GpioDevice = {
      level: async () => 0,
      edge: async () => {
        const next = edges.shift();
        if (next instanceof Error) throw next;
        return next;
      },
      uptimeMs: () => 3000,
    };
    const options = optionsOf(pulse, { counts: 'pulse_count', pulsesPerUnit: 1 }) as Parameters<typeof pulse.create>[1];
    const sensor = pulse.create(device, options, memory);
    await expect(sensor.start()).rejects.toMatchObject({ kind: 'bus' });
    expect(await memory.load()).toBe('2');
    await sensor.start();
    if (!isStreaming(sensor)) expect(await told(sensor)).toMatchObject({ pulse_count: 2 });
  });

  it('has lost no more than the pulses since the last poll when the power fails', async () => {
    const { create, pulses } = counter();
    const first = create();
    await first.start();
    await pulses(3, 1000);
    await first.poll();

    const second = create();
    await second.start();
    await pulses(1, 1000);
    expect(await told(second)).toMatchObject({ pulse_count: 4 });
  });

  it('writes only when the count has changed', async () => {
    const saved: string[] = [];
    const memory: Memory = { load: async () => undefined, save: async (text) => void saved.push(text) };
    const { create, pulses } = counter({}, memory);
    const sensor = create();
    await sensor.start();
    await sensor.poll();
    await pulses(1, 1000);
    await sensor.poll();
    await sensor.poll();
    await sensor.stop?.();
    expect(saved).toEqual(['0', '1']);
  });

  it('tells nobody a count that it could not remember, and keeps it for the next time', async () => {
    let isFull = false;
    const kept = testMemory();
    const memory: Memory = {
      load: kept.load,
      save: (text) => (isFull ? Promise.reject(new Error('disk full')) : kept.save(text)),
    };
    const { create, pulses } = counter({}, memory);
    const sensor = create();
    await sensor.start();
    await pulses(2, 1000);
    isFull = true;
    await expect(sensor.poll()).rejects.toThrow('disk full');
    isFull = false;
    await sensor.start();
    expect(await told(sensor)).toMatchObject({ pulse_count: 2 });
    expect(await kept.load()).toBe('2');
  });

  it('counts the pulse that began while it was restarted after a fault', async () => {
    const { create, level } = counter();
    const sensor = create();
    await sensor.start();
    await level(0, 5000);
    await level(1, 10);
    await sensor.start();
    await level(0, 1000);
    expect(await told(sensor)).toMatchObject({ pulse_count: 1 });
  });

  it('tells the mean rate over the pulses since the last poll', async () => {
    const { create, pulses } = counter();
    const sensor = create();
    await sensor.start();
    await pulses(11, 100);
    await sensor.poll();
    await pulses(20, 70);
    // From the last pulse before the poll: one interval of 100 ms and nineteen of 70 ms.
    expect(await told(sensor)).toEqual({ pulse_count: 31, pulse_rate: 13.986 });
  });

  it('holds the rate between two slow pulses, then lets it fall as the silence allows', async () => {
    const { clock, create, pulses } = counter();
    const sensor = create();
    await sensor.start();
    await pulses(2, 60_000);
    expect(await told(sensor)).toMatchObject({ pulse_rate: 0.017 });
    await clock.advance(60_000);
    expect(await told(sensor)).toMatchObject({ pulse_rate: { value: 0.008, quality: 'estimated', why: 'no-pulse' } });
    await clock.advance(3_600_000);
    expect(await told(sensor)).toMatchObject({ pulse_rate: { value: 0, quality: 'estimated' } });
    await pulses(1, 1000);
    expect(await told(sensor)).toMatchObject({ pulse_count: 3, pulse_rate: 0 });
  });

  it('tells a finite rate even if a pulse came in this very millisecond', async () => {
    const { create, pulses, level } = counter();
    const sensor = create();
    await sensor.start();
    await pulses(1, 500);
    await level(1, 0);
    expect(await told(sensor)).toEqual({ pulse_count: 2, pulse_rate: 2 });
  });
});
