import { describe, expect, it, onTestFinished } from 'vitest';
import { longFrame } from '../../drivers/mbus/frames.ts';
import { deselect, readMeter, secondaryBytes } from '../../drivers/mbus/link.ts';
import { simulation } from '../../drivers/mbus/mbus.sim.ts';
import { type MbusOptions, driver as mbus } from '../../drivers/mbus/mbus.ts';
import { sampleOf } from '../../drivers/mbus/readings.ts';
import { recordsIn } from '../../drivers/mbus/records.ts';
import { telegramIn } from '../../drivers/mbus/telegram.ts';
import { bytes, hex, type Quantity, type Sensor, SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { BUSES, complaints, parsed } from '../config/told.ts';
import { isStreaming, optionsOf, testMemory } from '../support/drivers.ts';

/** A line in virtual time, with meters on it. */
function line(baudRate = mbus.line.baudRate) {
  const clock = new VirtualClock();
  const wire = new SimulatedSerialLine(clock, 'line', { ...mbus.line, baudRate });
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const faults = new Map<number, string>();
  const truths = new Map<Quantity, number>();
  const world = (address: number) => ({
    truth: (quantity: Quantity) => truths.get(quantity) ?? address,
    now: () => clock.now(),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    fault: () => faults.get(address),
  });
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    const settled = promise.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([settled, clock.advance(20).then(() => false)])));
    return promise;
  };
  return {
    clock,
    wire,
    faults,
    truths,
    settle,
    attach(address: number, given: object): void {
      const options = optionsOf(mbus as never, given) as MbusOptions;
      simulation.run(wire.farEnd(address), world(address), options, over.signal).catch(() => undefined);
    },
    sensor(address: number, given: object, memory = testMemory()): Sensor {
      const sensor = mbus.create(wire.device(address), optionsOf(mbus as never, given) as MbusOptions, memory);
      if (isStreaming(sensor)) throw new Error('an M-Bus meter talks when asked');
      return sensor;
    },
  };
}

describe('several meters on one line', () => {
  it('are read by address and by number, one after the other, each its own values', async () => {
    const { attach, sensor, settle } = line();
    attach(7, { meter: 'water' });
    attach(8, { meter: 'heat' });
    attach(0, { meter: 'water', secondary: '12345678' });
    attach(0, { meter: 'electricity', secondary: '12345679' });
    const seven = sensor(7, { meter: 'water' });
    const eight = sensor(8, { meter: 'heat' });
    const first = sensor(1, { meter: 'water', secondary: '12345678' });
    const second = sensor(1, { meter: 'electricity', secondary: '1234567F2D2CFFFF' });
    expect(await settle(seven.start())).toEqual({ part: 'KAM 53', serialNumber: '70000007' });
    expect(await settle(eight.start())).toMatchObject({ serialNumber: '70000008' });
    for (let round = 0; round < 2; round += 1) {
      expect(await settle(seven.poll())).toEqual({ water_volume: 7 });
      expect(await settle(first.poll())).toEqual({ water_volume: 0 });
      expect(await settle(eight.poll())).toMatchObject({ heat_energy: 8, volume_flow: 8, flow_temperature: 8 });
    }
    // F matches both numbers: their answers fall on each other.
    await expect(settle(second.poll())).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('that fit the same wildcards are named', async () => {
    const { attach, sensor, settle } = line();
    attach(0, { meter: 'water', secondary: '12345678' });
    attach(0, { meter: 'water', secondary: '12340000' });
    const any = sensor(1, { meter: 'water', secondary: '1234FFFF' });
    await expect(settle(any.start())).rejects.toThrow(/several meters may fit these wildcards/);
  });

  it('leave the others alone when one is gone', async () => {
    const { attach, sensor, settle, clock } = line();
    attach(7, { meter: 'water' });
    const gone = sensor(9, { meter: 'water' });
    const began = clock.uptimeMs();
    await expect(settle(gone.poll())).rejects.toMatchObject({ kind: 'timeout' });
    expect(clock.uptimeMs() - began).toBeLessThan(1000);
    expect(await settle(sensor(7, { meter: 'water' }).poll())).toEqual({ water_volume: 7 });
  });
});

it.each([300, 2400, 9600])('reads at %i baud, within the standard’s time-outs', async (baudRate) => {
  const { attach, sensor, settle } = line(baudRate);
  attach(1, { meter: 'electricity' });
  const meter = sensor(1, { meter: 'electricity' });
  await settle(meter.start());
  expect(await settle(meter.poll())).toEqual({ active_energy_import: 1, active_power: 1 });
});

/** A device that answers each question by the script's word; what was asked is kept. */
function scripted(answerTo: (question: string, count: number) => Uint8Array | undefined, facts = { address: 1 }) {
  const asked: string[] = [];
  let waiting: Uint8Array | undefined;
  const device: SerialDevice = {
    ...facts,
    baudRate: 2400,
    write: async (question) => {
      asked.push(hex(question));
      waiting = answerTo(hex(question), asked.length);
    },
    read: async () => {
      if (!waiting) throw new SensorError('timeout', 'silence');
      const given = waiting;
      waiting = undefined;
      return given;
    },
    discard: () => undefined,
    sleep: async () => undefined,
    uptimeMs: () => 0,
  };
  return { asked, target: { device, patienceMs: 150, mostTelegrams: 8 } };
}

const HEADER = '78 56 34 12 24 40 01 07 55 00 00 00';
const answer = (data: string, address = 1) =>
  longFrame({ control: 0x08, address, information: 0x72, data: bytes(`${HEADER} ${data}`) });

describe('requests', () => {
  it('turn the frame count bit over with each telegram, from set on', async () => {
    const { asked, target } = scripted((question, count) => {
      if (question.startsWith('10 40')) return Uint8Array.of(0xe5);
      return answer(count < 4 ? `01 13 0${count} 1f` : '01 13 09');
    });
    expect((await readMeter(target)).length).toBe(3);
    expect(asked).toEqual(['10 40 01 41 16', '10 7b 01 7c 16', '10 5b 01 5c 16', '10 7b 01 7c 16']);
  });

  it('end where a meter repeats its first telegram for ever', async () => {
    const { asked, target } = scripted(() => answer('01 13 05 1f'));
    expect((await readMeter(target)).length).toBe(1);
    expect(asked.length).toBe(3);
  });

  it('are not taken for answers where the converter hands them back', async () => {
    const { target } = scripted((question) =>
      Uint8Array.of(...bytes(question), ...(question.startsWith('10 40') ? [0xe5] : answer('01 13 05'))),
    );
    expect(await readMeter(target)).toMatchObject([{ records: [{ name: 'volume' }] }]);
  });

  it('select by 253, with the low byte of the number first', async () => {
    const { asked, target } = scripted((question) =>
      question.startsWith('10 7b') ? answer('01 13 05', 17) : Uint8Array.of(0xe5),
    );
    const secondary = secondaryBytes('123456782d2c3504');
    await deselect({ ...target, secondary });
    await readMeter({ ...target, secondary });
    expect(asked).toEqual(['10 40 fd 3d 16', '68 0b 0b 68 73 fd 52 78 56 34 12 2d 2c 35 04 68 16', '10 7b fd 78 16']);
  });
});

describe('readings', () => {
  const valuesOf = (data: string) => recordsIn(bytes(data)).records.map(({ value }) => value);

  it('know every data type', () => {
    expect(valuesOf('01 13 ff 02 13 fe ff 03 13 fd ff ff 04 13 fc ff ff ff 06 13 fb ff ff ff ff ff')).toEqual(
      [-1, -2, -3, -4, -5].map((value) => ({ type: 'number', value: value / 1000 })),
    );
    expect(valuesOf('07 16 00 e4 0b 54 02 00 00 00 05 2b 00 00 20 41')).toEqual([
      { type: 'number', value: 10_000_000_000 },
      { type: 'number', value: 10 },
    ]);
    expect(valuesOf('09 5b 25 0a 5b 12 f0 0b 2b 01 00 f0 0c 13 78 56 34 12 0e 03 78 56 34 12 00 00')).toEqual(
      [25, -12, -1, 12_345.678, 12_345_678].map((value) => ({ type: 'number', value })),
    );
    expect(valuesOf('0d fd 10 03 43 42 41 0d 16 c2 34 12 0d 16 d1 07 0d fd 0b e2 01 02')).toEqual([
      { type: 'text', text: 'ABC' },
      { type: 'number', value: 1234 },
      { type: 'number', value: -7 },
      { type: 'bytes', bytes: Uint8Array.of(1, 2) },
    ]);
    expect(valuesOf('00 13 02 13 00 80 0a 13 ff ff 05 13 00 00 c0 7f 02 6c ff ff 04 6d 80 00 01 01')).toMatchObject([
      { type: 'none' },
      { why: 'no-data' },
      { why: 'error-digits' },
      { why: 'not-a-number' },
      { why: 'no-date' },
      { why: 'no-date' },
    ]);
  });

  it('know dates of the types F, G and I', () => {
    const moment = { year: 2026, month: 7, day: 1 };
    expect(valuesOf('02 6c 41 37 04 6d 1e 8c 41 37 06 6d 8f 1e 0c 41 37 1b')).toEqual([
      { type: 'moment', moment: { ...moment, isSummerTime: false } },
      { type: 'moment', moment: { ...moment, isSummerTime: true, time: { hour: 12, minute: 30, second: 0 } } },
      { type: 'moment', moment: { ...moment, isSummerTime: true, time: { hour: 12, minute: 30, second: 15 } } },
    ]);
  });

  it('know storage, tariff and subunit over several DIFEs, corrections and extension tables', () => {
    expect(recordsIn(bytes('c4 9f 61 93 7d 01 00 00 00')).records[0]).toMatchObject({
      storage: 1 + 2 * 15 + 32 * 1,
      tariff: 1 + 4 * 2,
      subunit: 2,
      name: 'volume',
      value: { value: 1 },
    });
    expect(recordsIn(bytes('01 93 74 05 01 db 79 0a 01 fb 01 07 01 fd 48 e6')).records).toMatchObject([
      { value: { value: 0.000_05 } },
      { name: 'flow-temperature', value: { value: 10.01 } },
      { name: 'energy', unit: 'Wh', value: { value: 7_000_000 } },
      { name: 'voltage', unit: 'V', value: { value: -2.6 } },
    ]);
  });

  it('are the same in mode 2, where the high byte comes first', () => {
    const low = { control: 8, address: 1, information: 0x72, data: bytes(`${HEADER} 0c 13 78 56 34 12 02 6c 41 37`) };
    const high = {
      ...low,
      information: 0x76,
      data: bytes('12 34 56 78 40 24 01 07 55 00 00 00 0c 13 12 34 56 78 02 6c 37 41'),
    };
    expect(telegramIn({ kind: 'long', ...high })).toEqual(telegramIn({ kind: 'long', ...low }));
  });

  const sampled = (data: string, header = HEADER) => {
    const telegram = telegramIn({
      kind: 'long',
      control: 8,
      address: 1,
      information: 0x72,
      data: bytes(header + data),
    });
    return sampleOf([telegram], { kind: 'electricity', clock: 'cet' });
  };

  it('of a rate per pulse, a maximum, a limit or a code of its maker are no values of now', () => {
    expect(sampled('01 ab a8 05 01 11 2b 05 01 ab 48 05 01 ab ff 41 05 01 ab 12 05')).toEqual({});
  });

  it('of ABB tell what was fed in and what is reactive in subunits, and phases in a code', () => {
    const abb = '78 56 34 12 42 04 02 02 45 00 00 00';
    expect(sampled('84 40 06 05 00 00 00 84 80 40 06 07 00 00 00 02 fd c8 ff 82 00 fd 08', abb)).toMatchObject({
      active_energy_export: { value: 5 },
      reactive_energy_import: { value: 7 },
      voltage_l2: { value: 230.1 },
    });
  });
});

describe('a meter over time', () => {
  it('that was swapped is told, and its successor starts anew', async () => {
    const { attach, sensor, settle, faults, truths } = line();
    attach(1, { meter: 'water' });
    const meter = sensor(1, { meter: 'water' });
    await settle(meter.start());
    truths.set('water_volume', 900);
    await settle(meter.poll());
    faults.set(1, 'swapped');
    truths.set('water_volume', 1);
    await expect(settle(meter.poll())).rejects.toMatchObject({ kind: 'wrong-device' });
    expect(await settle(meter.start())).toMatchObject({ serialNumber: '70000002' });
    expect(await settle(meter.poll())).toEqual({ water_volume: 1 });
  });

  it('is read no oftener than its budget allows, restarts included', async () => {
    const { attach, sensor, settle, clock } = line();
    attach(1, { meter: 'water' });
    const memory = testMemory();
    const given = { meter: 'water', readsPerDay: 4 };
    const meter = sensor(1, given, memory);
    await settle(meter.start());
    for (let polls = 0; polls < 3; polls += 1) expect(await settle(meter.poll())).toEqual({ water_volume: 1 });
    const spent = { water_volume: { value: null, quality: 'fault', why: 'read-budget' } };
    expect(await settle(meter.poll())).toEqual(spent);
    await expect(settle(sensor(1, given, memory).start())).rejects.toMatchObject({ kind: 'not-ready' });
    await clock.advance(6 * 3_600_000);
    expect(await settle(meter.poll())).toEqual({ water_volume: 1 });
    expect(await settle(meter.poll())).toEqual(spent);
  });
});

describe('in the config', () => {
  const devices = (first: string, second: string) => () =>
    parsed(`${BUSES}
devices:
  one: { driver: mbus, bus: rs485, options: { meter: water, secondary: ${first} } }
  two: { driver: mbus, bus: rs485, options: { meter: water, secondary: ${second} } }`);

  it('meters that are selected by number need no address of their own', () => {
    expect(complaints(devices('"12345678"', '"0234567F"'))).toEqual([]);
  });

  it('primary addresses are 0 to 250, and 254 for a meter alone', () => {
    const at = (address: number) => () =>
      parsed(`${BUSES}\ndevices:\n  one: { driver: mbus, bus: rs485, address: ${address}, options: { meter: gas } }`);
    for (const address of [0, 250, 254]) expect(complaints(at(address)), `${address}`).toEqual([]);
    for (const address of [251, 253, 255]) expect(complaints(at(address)).length, `${address}`).toBe(1);
  });

  it('two devices may not be one meter', () => {
    const [first = ''] = complaints(devices('"1234567f"', '"1234567F"'));
    expect(first).toContain('one is selected by 1234567F on rs485 too');
  });

  it('a number without quotes is refused: its leading zeros would be lost', () => {
    expect(complaints(devices('12345678', '"0234567F"'))[0]).toContain('eight or sixteen digits in quotes');
  });
});
