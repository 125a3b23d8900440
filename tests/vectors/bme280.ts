import { expect } from 'vitest';
import type { Quantity, Sample } from '../../src/driver-kit.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Transaction {
  readonly w?: string;
  readonly r?: string;
}

/** Either the transactions of another driver, or the registers themselves, as `calibration_88`, `data_f7` and the like. */
export interface BoschVector {
  readonly id: string;
  readonly transactions?: readonly Transaction[];
  readonly expected: Readonly<Record<string, number>>;
}

interface BoschFile {
  readonly vectors: readonly BoschVector[];
  readonly errors?: readonly { readonly id: string; readonly chip_id: string; readonly expect: string }[];
}

/**
 * BME280 and BMP280 in other people's hands. Their drivers write other settings in another order, so each conversation is
 * set anew in our driver's order, with their part's answers: id, calibration, data. Status and ctrl_meas are made up.
 */
export const bme280: Adapter = ({ json }) => {
  const { vectors, errors = [] } = json as BoschFile;
  return [
    ...vectors.map((vector) => ({ name: vector.id, run: () => measurement(vector) })),
    ...errors.map(({ id, chip_id, expect }) => ({ name: id, run: () => refusal(chip_id, expect) })),
  ];
};

/** Plays the vector through the driver and compares the values. */
export async function measurement(vector: BoschVector): Promise<void> {
  const sample = await sampleOf(registersOf(vector));
  const expected = Object.entries(vector.expected);
  expect(expected.length, 'expected values').toBeGreaterThan(0);
  for (const [key, number] of expected) {
    const meaning = meanings[key];
    if (!meaning) throw new Error(`nobody knows what "${key}" means: say so in the adapter`);
    const { quantity, unit, within } = meaning;
    const value = sample[quantity];
    if (typeof value !== 'number') throw new Error(`${quantity} has no value: ${JSON.stringify(value)}`);
    expect(Math.abs(value - number * unit), `${key}: ${value / unit}, expected ${number}`).toBeLessThanOrEqual(within);
  }
}

interface Meaning {
  readonly quantity: Quantity;
  /** How much one of theirs is in the quantity's unit. */
  readonly unit: number;
  /** In the quantity's unit. Most sources compute in integers: 0.01 Cel, some tenths of a pascal, 0.005 %. */
  readonly within: number;
}

const celsius: Meaning = { quantity: 'air_temperature', unit: 1, within: 0.01 };
const pascal: Meaning = { quantity: 'air_pressure', unit: 0.01, within: 0.005 };
const percent: Meaning = { quantity: 'relative_humidity', unit: 1, within: 0.01 };
const meanings: Readonly<Record<string, Meaning>> = {
  temperature_C: celsius,
  temperature_celsius: celsius,
  t_fine: { ...celsius, unit: 1 / 5120, within: 1 / 5120 },
  pressure_Pa: pascal,
  pressure_hPa: { ...pascal, unit: 1 },
  // In floating point, as the driver; the set asks for 0.05 Pa.
  pressure_Pa_double: { ...pascal, within: 0.0005 },
  humidity_pct: percent,
  humidity_percent: percent,
  humidity_RH: percent,
};

type Registers = ReadonlyMap<number, number>;

function registersOf(vector: BoschVector): Registers {
  const registers = new Map<number, number>();
  const put = (first: number, text: string) => {
    for (const [index, byte] of bytes(text).entries()) registers.set(first + index, byte);
  };
  let pointer: number | undefined;
  for (const { w, r } of vector.transactions ?? []) {
    // Longer writes are pairs of a register and its new value: the other driver's settings.
    if (w !== undefined) pointer = bytes(w).length === 1 ? bytes(w)[0] : undefined;
    if (r !== undefined && pointer !== undefined) put(pointer, r);
  }
  for (const [key, text] of Object.entries(vector)) {
    const [, first] = /^(?:calibration|data)_(?:0x)?([0-9a-f]{2})(?:_\d+)?$/i.exec(key) ?? [];
    if (first && typeof text === 'string') put(Number.parseInt(first, 16), text);
  }
  // Sets without an id are of the part whose calibration they hold.
  if (!registers.has(0xd0)) registers.set(0xd0, registers.has(0xe1) ? 0x60 : 0x58);
  if (!registers.has(0xa0)) registers.set(0xa0, 0); // reserved: some drivers step over it
  return registers;
}

async function sampleOf(registers: Registers): Promise<Sample> {
  const dump = (first: number, last: number) => {
    const addresses = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const missing = addresses.find((address) => !registers.has(address));
    if (missing !== undefined) throw new Error(`the vector has nothing of register 0x${missing.toString(16)}`);
    return hex(Uint8Array.from(addresses, (address) => registers.get(address) ?? 0));
  };
  const hasHumidity = registers.get(0xd0) === 0x60;
  const steps: Step[] = [
    { writeRead: ['d0', dump(0xd0, 0xd0)] },
    { write: 'e0 b6' },
    { sleep: 2 },
    { writeRead: ['f3', '00'] },
    { writeRead: ['88', hasHumidity ? dump(0x88, 0xa1) : dump(0x88, 0x9f)] },
    ...(hasHumidity ? [{ writeRead: ['e1', dump(0xe1, 0xe7)] } as const, { write: 'f2 01' }] : []),
    { write: 'f4 25' },
    { sleep: hasHumidity ? 10 : 7 },
    { writeRead: ['f3', '00'] },
    { writeRead: ['f4', `24 00 00 ${hasHumidity ? dump(0xf7, 0xfe) : dump(0xf7, 0xfc)}`] },
  ];
  const options = { part: hasHumidity ? 'bme280' : 'bmp280' };
  const { sensor, playback } = played(registered('bme280').driver, steps, options);
  if (isStreaming(sensor)) throw new Error('BME280 answers when asked');
  await sensor.start();
  const sample = await sensor.poll();
  playback.done();
  return sample;
}

async function refusal(chipId: string, expected: string): Promise<void> {
  expect(expected).toBe('probe fails');
  for (const part of ['bme280', 'bmp280']) {
    const { sensor, playback } = played(registered('bme280').driver, [{ writeRead: ['d0', chipId] }], { part });
    await expect(sensor.start()).rejects.toMatchObject({ kind: 'wrong-device' });
    playback.done();
  }
}
