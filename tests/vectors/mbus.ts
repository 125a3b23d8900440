import { expect } from 'vitest';
import { type Frame, framesIn, type LongFrame } from '../../drivers/mbus/frames.ts';
import { factorOf, type Kind } from '../../drivers/mbus/meanings.ts';
import { telegramIn } from '../../drivers/mbus/telegram.ts';
import { bytes, type Quantity, quantities, reading, type Sample, type Sensor } from '../../src/driver-kit.ts';
import { playSerial } from '../../src/hal/replay/playback.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { isStreaming, optionsOf, registered, testMemory } from '../support/drivers.ts';
import type { Adapter, Vector } from './adapter.ts';
import { isManufacturerData, sameRecord, type TheirRecord } from './mbus-records.ts';

interface Reading {
  readonly slave: Readonly<Record<string, string | null>>;
  readonly records: readonly TheirRecord[];
}

interface File {
  readonly bytes: string;
  readonly expected?: Reading;
  /** In base units. */
  readonly expected_normalized?: Reading;
}

/** One frame of a meter, with what another project reads in it, or with the error that it is. */
export const mbus: Adapter = ({ json }) => {
  const { bytes: sent, expected, expected_normalized: normalized } = json as File;
  if (!normalized) {
    const error = expected?.slave['Error'];
    return [{ name: error ? `the meter says: ${error}` : 'gives no value', run: () => noValue(sent, error) }];
  }
  const theirs = normalized.records.map((record, index) => {
    const raw = expected?.records[index]?.Value;
    return raw === undefined ? record : { ...record, raw };
  });
  return [
    { name: 'gives the records that they read', run: () => sameTelegram(sent, { ...normalized, records: theirs }) },
    ...asMeter(sent, theirs),
  ];
};

const isLong = (frame: Frame): frame is LongFrame => frame.kind === 'long';

function frameIn(sent: string): LongFrame | undefined {
  return framesIn(bytes(sent), true).found.find(isLong);
}

function sameTelegram(sent: string, { slave, records }: Reading): void {
  const frame = frameIn(sent);
  if (!frame) expect.fail('no intact frame');
  const { header, records: ours, manufacturerData } = telegramIn(frame);
  expect(header?.id.replace(/^0+(?=.)/, '')).toBe(slave['Id']);
  if (slave['Manufacturer']) {
    expect([header?.manufacturer, String(header?.version)]).toEqual([slave['Manufacturer'], slave['Version']]);
  }
  const data = records.filter((record) => !isManufacturerData(record));
  expect(ours.length, 'records').toBe(data.length);
  for (const [index, theirs] of data.entries()) sameRecord(ours[index], theirs, `record ${index}`);
  const rest = records.find(isManufacturerData)?.Value;
  if (rest) expect(Buffer.from(manufacturerData).toString('hex')).toBe(rest.replaceAll(' ', '').toLowerCase());
}

/** The kinds that a driver's config may say of a device type; of the others the driver reads nothing. */
const KINDS: Readonly<Record<number, Kind>> = {
  2: 'electricity',
  3: 'gas',
  4: 'heat',
  6: 'water',
  7: 'water',
  10: 'cooling',
  11: 'cooling',
  12: 'heat',
  13: 'heat-cooling',
  21: 'water',
  22: 'water',
  23: 'water',
};
const UNSAID: readonly (number | undefined)[] = [0, 14, 15, undefined];

function asMeter(sent: string, theirs: readonly TheirRecord[]): Vector[] {
  const frame = frameIn(sent);
  const medium = frame && telegramIn(frame).header?.medium;
  const kind = KINDS[medium ?? -1];
  if (kind) return [{ name: `as a meter of ${kind}`, run: () => sameSample(sent, kind, theirs) }];
  if (UNSAID.includes(medium)) return [];
  const run = async () => {
    const { sensor } = meterThatSays(sent, 'water');
    await expect(sensor.start()).rejects.toMatchObject({ kind: 'wrong-device' });
  };
  return [{ name: `device type ${medium} is none of the driver’s`, run }];
}

/** The driver tells what it tells as they read it: as the value of now, or as the only one, which was stored. */
async function sameSample(sent: string, kind: Kind, theirs: readonly TheirRecord[]): Promise<void> {
  const { sensor, done } = meterThatSays(sent, kind);
  const sample = await sensor.poll();
  done();
  const values = Object.entries(sample).filter(([, given]) => reading(given).value !== null);
  for (const [name] of values) isTheirs(sample, name as Quantity, theirs);
  if (theirs.some(isMain)) expect(Object.keys(sample)).not.toEqual([]);
}

/** A plain value of now of what every meter of a kind has. */
const isMain = ({ Quantity: name = '', ...record }: TheirRecord) =>
  /^(Energy|Volume)$/.test(name ?? '') &&
  record.Function === 'Instantaneous value' &&
  [record.StorageNumber, record.Tariff ?? '0', record.Device ?? '0'].every((number) => number === '0');

function isTheirs(sample: Sample, quantity: Quantity, theirs: readonly TheirRecord[]): void {
  const { value, measuredAt } = reading(sample[quantity] ?? Number.NaN);
  const { unit } = quantities[quantity];
  const candidates = theirs
    .filter(({ Function: how }) => how === 'Instantaneous value' || how === 'Actual value' || how === 'Stored value')
    .filter(({ StorageNumber = '0' }) => (StorageNumber === '0') === (measuredAt === undefined));
  const values = candidates.map((record) => {
    const theirUnit = (record.Unit ?? '').replace('^', '').replace('°C', 'Cel');
    return Number(record.Value) * (factorOf(theirUnit, unit) ?? Number.NaN);
  });
  const isAmong = values.some((one) => Math.abs(one - (value ?? Number.NaN)) <= 1e-6 + Math.abs(one) * 1e-9);
  expect(isAmong, `${quantity} ${value} among ${values.filter(Number.isFinite)}`).toBe(true);
}

/** Without its access demand and data flow bits. */
const RSP_UD = 0x08;
const NEVER_ASKED_FOR_MORE = { mostTelegrams: 1 };

/** The driver, on a line whose meter acknowledges the reset and then sends these bytes. */
function meterThatSays(sent: string, meter: Kind): { readonly sensor: Sensor; done(): void } {
  const { driver } = registered('mbus');
  if (driver.bus !== 'serial') throw new Error('an M-Bus is a serial line');
  const address = frameIn(sent)?.address ?? 1;
  const steps: Step[] = [
    { sleep: 14 },
    { write: short(0x40, address) },
    { read: 'e5' },
    { sleep: 14 },
    { write: short(0x7b, address) },
    { read: sent },
    // What is no answer (damaged, or a frame of a master's) is listened past.
    ...(((frameIn(sent)?.control ?? 0) & 0x4f) === RSP_UD ? [] : [{ silence: 200 }]),
  ];
  const playback = playSerial(steps, { address, baudRate: driver.line.baudRate });
  const options = optionsOf(driver, { meter, ...NEVER_ASKED_FOR_MORE });
  const sensor = driver.create(playback.device, options, testMemory());
  if (isStreaming(sensor)) throw new Error('an M-Bus meter talks when asked');
  return { sensor, done: () => playback.done() };
}

function short(control: number, address: number): string {
  return Buffer.from([0x10, control, address, (control + address) & 0xff, 0x16]).toString('hex');
}

/** Bytes that are no reading: an error that the meter tells, a damaged frame, or records that break off. */
async function noValue(sent: string, error: string | null | undefined): Promise<void> {
  const { sensor } = meterThatSays(sent, 'water');
  const outcome = await sensor.poll().catch((cause: unknown) => cause);
  if (error) {
    const isForNow = /busy|too many readouts/i.test(error);
    expect(outcome).toMatchObject({ kind: isForNow ? 'not-ready' : 'refused' });
  } else if (outcome instanceof Error) expect(outcome).toHaveProperty('kind');
  else expect(outcome).toEqual({});
}
