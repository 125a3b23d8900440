import { expect } from 'vitest';
import type { DataRecord } from '../../drivers/mbus/records.ts';
import { hex } from '../../src/driver-kit.ts';

/** A record as another project reads it; `raw` is its value before scaling. */
export interface TheirRecord {
  readonly Function?: string;
  readonly StorageNumber?: string;
  readonly Tariff?: string;
  readonly Device?: string;
  readonly Unit?: string | null;
  readonly Quantity?: string | null;
  readonly Value?: string;
  readonly raw?: string;
}

const FUNCTIONS: Readonly<Record<string, DataRecord['function']>> = {
  'Instantaneous value': 'instantaneous',
  'Maximum value': 'maximum',
  'Minimum value': 'minimum',
  'Value during error state': 'error',
  // The fixed structure has no other functions.
  'Actual value': 'instantaneous',
  'Stored value': 'instantaneous',
};

/** Their words for what is measured; others are texts and numbers of which only the value is compared. */
const NAMES: Readonly<Record<string, string>> = {
  Energy: 'energy',
  Volume: 'volume',
  Mass: 'mass',
  Power: 'power',
  'Volume flow': 'volume-flow',
  'Mass flow': 'mass-flow',
  'Flow temperature': 'flow-temperature',
  'Return temperature': 'return-temperature',
  'Temperature difference': 'temperature-difference',
  'External temperature': 'external-temperature',
  Pressure: 'pressure',
  Voltage: 'voltage',
  Current: 'current',
  'On time': 'on-time',
  'Operating time': 'operating-time',
  'Averaging Duration': 'averaging-duration',
  'Actuality Duration': 'actuality-duration',
  'Error flags': 'error-flags',
};

const UNITS: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  'm^3': 'm3',
  'm^3/h': 'm3/h',
  'm^3/min': 'm3/min',
  'm^3/s': 'm3/s',
};

/** True for what they list as a record and is the end of the records: manufacturer's data, with or without more to come. */
export const isManufacturerData = ({ Function: how }: TheirRecord) =>
  how === 'Manufacturer specific' || how === 'More records follow';

/** Fails where our record is not theirs. */
export function sameRecord(ours: DataRecord | undefined, theirs: TheirRecord, where: string): void {
  // One of their files has an empty record where they know no name for what the meter sent.
  if (theirs.Value === undefined) return;
  if (!ours) expect.fail(`${where}: missing, theirs is ${JSON.stringify(theirs)}`);
  expect(ours.function, where).toBe(FUNCTIONS[theirs.Function ?? '']);
  const storage = theirs.StorageNumber ?? (theirs.Function === 'Stored value' ? '1' : '0');
  expect([ours.storage, ours.tariff, ours.subunit].map(String), where).toEqual([
    storage,
    theirs.Tariff ?? '0',
    theirs.Device ?? '0',
  ]);
  const name = NAMES[theirs.Quantity ?? ''];
  if (name) {
    const unit = theirs.Unit ?? '';
    expect([ours.name, ours.unit], where).toEqual([name, UNITS[unit] ?? unit]);
  }
  if (!/^(Reserved|Unknown)/.test(theirs.Quantity ?? '')) sameValue(ours, { ...theirs, Value: theirs.Value }, where);
}

function sameValue(
  { value }: DataRecord,
  { Value, raw = '' }: TheirRecord & { readonly Value: string },
  where: string,
): void {
  if (value.type === 'number') sameNumber(value.value, Value, where);
  else if (value.type === 'text') expect(value.text, where).toBe(Value);
  else if (value.type === 'bytes') expect(hex(value.bytes), where).toBe(Value.toLowerCase());
  else if (value.type === 'none') expect(Value, where).toMatch(/^(0(\.0+)?)?$/);
  else if (value.type === 'moment') sameMoment(value.moment, Value, where);
  else expect(isNone(value.why, Value, raw), `${where}: ${value.why}, theirs is ${Value} (${raw})`).toBe(true);
}

/** They write six decimals. */
function sameNumber(ours: number, theirs: string, where: string): void {
  const number = Number(theirs);
  expect(Math.abs(ours - number), `${where}: ${ours}, theirs is ${theirs}`).toBeLessThanOrEqual(
    1e-6 + Math.abs(number) * 1e-9,
  );
}

type OurMoment = Extract<DataRecord['value'], { type: 'moment' }>['moment'];

function sameMoment({ year, month, day, time }: OurMoment, theirs: string, where: string): void {
  // They do not know the codes that make a date of a number ("begin of …").
  if (/^-?\d+\.\d+$/.test(theirs)) return;
  const two = (number: number) => String(number).padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}`;
  const clock = time && `T${two(time.hour)}:${two(time.minute)}:${two(time.second)}Z`;
  expect(date + (clock ?? ''), where).toBe(theirs);
}

/**
 * Where we read no value they read one all the same: hexadecimal digits as a number; a date of a month 0, or one whose
 * invalid bit is set (as midnight), or a date that they take for a number; the least number, which says "none".
 */
function isNone(why: string, theirs: string, raw: string): boolean {
  switch (why) {
    case 'error-digits':
      return /[A-F]/i.test(raw);
    case 'no-date':
      return /-00|T00:00:00Z$/.test(theirs) || /^-?\d+\.\d+$/.test(theirs);
    case 'no-data':
      return Number(theirs) < 0;
    default:
      return why === 'not-a-number' && !Number.isFinite(Number(theirs));
  }
}
