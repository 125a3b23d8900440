import { describe, expect, it } from 'vitest';
import type { MachineState } from '../../src/hal/machine.ts';
import { OWN_QUANTITIES, OwnSensor } from '../../src/health/own-sensor.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { observation } from '../support/observations.ts';

const WELL: MachineState = {
  bootId: 'one',
  cpuTemperatureCel: 48.7,
  isUnderVoltage: false,
  wasUnderVoltage: false,
  isThrottled: false,
  load: 0.4,
  memoryAvailableBytes: 524_288_000,
  diskFreeBytes: 5e9,
  diskWrittenBytes: 2e8,
  diskWearPercent: 20,
};

/** A gateway's own sensor; each call is a start of the program, on the same outbox. */
function startedOn(outbox: MemoryOutbox, shown: { state: MachineState; failures?: number }) {
  const saved: string[] = [];
  const memory = outbox.memory('gateway');
  const sensor = new OwnSensor(
    {
      machine: async () => shown.state,
      outbox,
      uplinks: () => [{ isConnected: true }, { isConnected: false }, { isConnected: true }],
      failures: () => shown.failures ?? 0,
    },
    {
      load: () => memory.load(),
      save: (text) => {
        saved.push(text);
        return memory.save(text);
      },
    },
  );
  return { sensor, saved };
}

describe('the gateway as a sensor', () => {
  it('tells every quantity of its table, in its unit', async () => {
    const outbox = new MemoryOutbox(['city', 'region']);
    for (const value of [1, 2, 3]) await outbox.append(observation('hall', value));
    outbox.acknowledge('city', [1, 2]);
    const { sensor } = startedOn(outbox, { state: WELL, failures: 7 });
    await sensor.start();
    const sample = await sensor.poll();
    expect(Object.keys(sample).toSorted()).toEqual([...OWN_QUANTITIES].toSorted());
    expect(sample).toEqual({
      cpu_temperature: 48.7,
      cpu_throttled: 0,
      under_voltage: 0,
      under_voltage_seen: 0,
      load_average: 0.4,
      memory_available: 524.288,
      disk_free: 5000,
      disk_written: 200,
      disk_wear: { value: 20, quality: 'estimated' },
      outbox_depth: 3,
      uplinks_connected: 2,
      uplinks_away: 1,
      bus_errors: 7,
      gateway_restarts: 0,
    });
  });

  it('has no streams for what the machine does not tell', async () => {
    const { sensor } = startedOn(new MemoryOutbox([]), { state: { load: 1 } });
    await sensor.start();
    const known = [
      'load_average',
      'outbox_depth',
      'uplinks_connected',
      'uplinks_away',
      'bus_errors',
      'gateway_restarts',
    ];
    expect(Object.keys(await sensor.poll()).toSorted()).toEqual(known.toSorted());
    expect([...sensor.streams].toSorted()).toEqual(known.toSorted());
  });

  it('counts the starts of the program, and each run once, however often it is started after a fault', async () => {
    const outbox = new MemoryOutbox([]);
    for (const restarts of [0, 1, 2]) {
      const { sensor } = startedOn(outbox, { state: WELL });
      await sensor.start();
      await sensor.start();
      expect(await sensor.poll()).toMatchObject({ gateway_restarts: restarts });
    }
  });

  it('remembers a supply that was too low until the machine is started again, and writes that once', async () => {
    const outbox = new MemoryOutbox([]);
    const shown: { state: MachineState } = { state: { ...WELL, isUnderVoltage: true } };
    const { sensor, saved } = startedOn(outbox, shown);
    await sensor.start();
    await sensor.poll();
    shown.state = WELL;
    expect(await sensor.poll()).toMatchObject({ under_voltage: 0, under_voltage_seen: 1 });
    expect(saved).toHaveLength(2);
    const second = startedOn(outbox, { state: WELL });
    await second.sensor.start();
    expect(await second.sensor.poll()).toMatchObject({ under_voltage_seen: 1 });
    const third = startedOn(outbox, { state: { ...WELL, bootId: 'two' } });
    await third.sensor.start();
    expect(await third.sensor.poll()).toMatchObject({ under_voltage_seen: 0 });
  });

  it('begins to count again where what it remembers cannot be read', async () => {
    const outbox = new MemoryOutbox([]);
    await outbox.memory('gateway').save('{"starts":');
    const { sensor } = startedOn(outbox, { state: WELL });
    await sensor.start();
    expect(await sensor.poll()).toMatchObject({ gateway_restarts: 0 });
  });
});
