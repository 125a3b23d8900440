import { describe, expect, it } from 'vitest';
import { simulation as scd4xPart } from '../../drivers/scd4x/scd4x.sim.ts';
import { driver as scd4x } from '../../drivers/scd4x/scd4x.ts';
import { simulation as scd30Part } from '../../drivers/scd30/scd30.sim.ts';
import { driver as scd30 } from '../../drivers/scd30/scd30.ts';
import { simulation as sen5xPart } from '../../drivers/sen5x/sen5x.sim.ts';
import { driver as sen5x } from '../../drivers/sen5x/sen5x.ts';
import { simulation as sps30Part } from '../../drivers/sps30/sps30.sim.ts';
import { driver as sps30 } from '../../drivers/sps30/sps30.ts';
import type { Driver, I2cDriver, I2cSimulation, Sample, Sensor } from '../../src/driver-kit.ts';
import { SimulatedI2cBus } from '../../src/hal/sim/simulated-i2c.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { hex } from '../../src/protocol/hex.ts';
import { optionsOf, testMemory } from '../support/drivers.ts';

/** A driver and its part, in virtual time, with a note of every command that went to the part. */
function rig(driver: unknown, simulation: unknown, given: object = {}) {
  const { create, addresses } = driver as I2cDriver;
  const clock = new VirtualClock();
  let fault: string | undefined;
  const part = (simulation as I2cSimulation).build(
    {
      truth: () => 500,
      now: () => clock.now(),
      uptimeMs: () => clock.uptimeMs(),
      sleep: (ms) => clock.sleep(ms),
      fault: () => fault,
    },
    optionsOf(driver as Driver, given),
  );
  const written: string[] = [];
  const write = (bytes: Uint8Array) => {
    written.push(hex(bytes));
    part.write(bytes);
  };
  const bus = new SimulatedI2cBus(clock);
  bus.attach(addresses[0], { ...part, write, read: (length) => part.read(length) });
  const sensor: Sensor = create(bus.device(addresses[0]), optionsOf(driver as Driver, given), testMemory());
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    watched.catch(() => undefined);
    while (!isSettled) await clock.advance(10);
    return watched;
  };
  return {
    written,
    sensor,
    settle,
    clock,
    show: (shown: string | undefined) => {
      fault = shown;
    },
    /** One sample, so many milliseconds later. */
    sampleIn: async (ms: number): Promise<Sample> => {
      await clock.advance(ms);
      return settle(sensor.poll());
    },
  };
}

const NOT_READY = { value: null, quality: 'fault', why: 'not-ready' };

/** The commands that carry an argument, or change what the part does. */
const writes = (written: readonly string[], commands: readonly string[]) =>
  written.filter((bytes) => commands.includes(bytes.slice(0, 5)) && bytes.length > 5);

describe('the memory of the part', () => {
  it('SCD30: is written once, where it differs, and never again', async () => {
    const { sensor, settle, written, clock } = rig(scd30, scd30Part, { interval: 5, altitude: 300 });
    const kept = ['46 00', '51 02', '53 06', '54 03', '00 10'];
    await settle(sensor.start());
    expect(writes(written, kept).map((bytes) => bytes.slice(0, 11))).toEqual([
      '46 00 00 05',
      '51 02 01 2c',
      '00 10 00 00',
    ]);
    written.length = 0;
    await clock.advance(60_000);
    await settle(sensor.start());
    expect(writes(written, kept)).toEqual([]);
  });

  it('SPS30: the cleaning interval is written once', async () => {
    const { sensor, settle, written } = rig(sps30, sps30Part, { cleaningInterval: 1 });
    await settle(sensor.start());
    expect(writes(written, ['80 04'])).toEqual(['80 04 00 01 b0 51 80 e8']);
    written.length = 0;
    await settle(sensor.start());
    expect(writes(written, ['80 04'])).toEqual([]);
  });

  it('SCD4x: persist_settings is never sent', async () => {
    const { sensor, settle, written } = rig(scd4x, scd4xPart, { altitude: 300, selfCalibration: false });
    await settle(sensor.start());
    await settle(sensor.start());
    expect(written.filter((bytes) => bytes.startsWith('36 15'))).toEqual([]);
  });
});

describe('a part that has nothing new to tell', () => {
  it('SCD4x: is let be for one sample, is a fault at the next, and is well again after another start', async () => {
    const { sensor, settle, show, sampleIn } = rig(scd4x, scd4xPart);
    await settle(sensor.start());
    expect(await settle(sensor.poll())).toMatchObject({ co2: NOT_READY });
    expect(await sampleIn(60_000)).toMatchObject({ co2: 500 });
    show('cleared its buffer');
    expect(await sampleIn(60_000)).toMatchObject({ co2: NOT_READY });
    show(undefined);
    expect(await sampleIn(60_000)).toMatchObject({ co2: 500 });
    show('stopped by itself');
    expect(await sampleIn(60_000)).toMatchObject({ co2: NOT_READY });
    await expect(sampleIn(60_000)).rejects.toMatchObject({ kind: 'not-ready' });
    show(undefined);
    await settle(sensor.start());
    expect(await sampleIn(5000)).toMatchObject({ co2: 500 });
  });

  it('SCD4x at low power: is not restarted when it is asked more often than it measures', async () => {
    const { sensor, settle, sampleIn } = rig(scd4x, scd4xPart, { mode: 'low-power' });
    await settle(sensor.start());
    expect(await sampleIn(10_000)).toMatchObject({ co2: NOT_READY });
    expect(await sampleIn(10_000)).toMatchObject({ co2: NOT_READY });
    expect(await sampleIn(10_000)).toMatchObject({ co2: 500 });
  });

  it('SEN5x: may clean its fan for as long as it says that it does', async () => {
    const { sensor, settle, show, sampleIn } = rig(sen5x, sen5xPart);
    await settle(sensor.start());
    show('cleans its fan');
    for (let polls = 0; polls < 3; polls += 1) {
      const sample = await sampleIn(60_000);
      expect(sample).toMatchObject({ pm25: { value: null, why: 'cleaning' }, air_temperature: NOT_READY });
    }
  });
});

describe('a fault that is over', () => {
  it('is told once: SPS30', async () => {
    const { sensor, settle, show, sampleIn } = rig(sps30, sps30Part);
    await settle(sensor.start());
    show('laser out of range');
    expect(await sampleIn(2000)).toMatchObject({ pm25: { value: null, why: 'laser' } });
    show(undefined);
    expect(await sampleIn(2000)).toMatchObject({ pm25: 500 });
  });

  it('is told once: SEN5x', async () => {
    const { sensor, settle, show, sampleIn } = rig(sen5x, sen5xPart);
    await settle(sensor.start());
    show('fan stands still');
    expect(await sampleIn(2000)).toMatchObject({
      pm25: { value: null, why: 'fan' },
      relative_humidity: expect.anything(),
    });
    show(undefined);
    await sampleIn(2000); // the part told it until it was asked
    expect(await sampleIn(2000)).toMatchObject({ pm25: 500 });
  });
});

describe('the gases of a SEN5x', () => {
  it('warm up longer than dust, NOx the longest', async () => {
    const { sensor, settle, sampleIn } = rig(sen5x, sen5xPart);
    await settle(sensor.start());
    const warming = { value: 500, quality: 'warming_up' };
    expect(await sampleIn(30_000)).toMatchObject({ pm25: 500, voc_index: warming, nox_index: warming });
    expect(await sampleIn(60_000)).toMatchObject({ pm25: 500, voc_index: 500, nox_index: warming });
    expect(await sampleIn(240_000)).toMatchObject({ pm25: 500, voc_index: 500, nox_index: 500 });
  });
});

describe('when the gateway stops', () => {
  it.each([
    ['SPS30', sps30, sps30Part, {}, '01 04'],
    ['SEN55', sen5x, sen5xPart, {}, '00 37'],
    ['SEN50', sen5x, sen5xPart, { part: 'sen50' }, '01 04'],
  ] as const)('%s: laser and fan are switched off', async (_, driver, part, options, command) => {
    const { sensor, settle, written } = rig(driver, part, options);
    await settle(sensor.start());
    await settle(sensor.stop?.() ?? Promise.resolve());
    expect(written.at(-1)).toBe(command);
  });
});
