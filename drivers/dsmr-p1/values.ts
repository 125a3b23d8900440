/**
 * What stands between an object's brackets, as a number in the quantity's unit. "Representation of P1 telegram" lists
 * the units.
 */
import { faulty, type Quantity, type Reading } from '../../src/driver-kit.ts';
import { isFromSetClock, momentOf } from './timestamp.ts';

/** The factor by which a number in a unit becomes one in the quantity's; '' is the factor where no unit is written. */
export type Units = Readonly<Record<string, number>>;

export const ENERGY: Units = { kwh: 1, wh: 0.001, '': 1 };
export const POWER: Units = { kw: 1000, w: 1, '': 1000 };
export const REACTIVE_ENERGY: Units = { kvarh: 1, varh: 0.001, '': 1 };
export const REACTIVE_POWER: Units = { kvar: 1000, var: 1, '': 1000 };
export const VOLTAGE: Units = { v: 1, '': 1 };
export const CURRENT: Units = { a: 1, '': 1 };
export const FREQUENCY: Units = { hz: 1, '': 1 };
export const NUMBER: Units = { '': 1 };
export const VOLUME: Units = { m3: 1, '': 1 };
export const HEAT: Units = { gj: 1, mj: 0.001, kwh: 0.0036, '': 1 };

/** What an object tells, and the units it may be written in. */
export type Meaning = readonly [Quantity, Units];

/** The values of one object: `(value*unit)`, `(time)(value*unit)`, or the seven of a DSMR 3.0 M-Bus device. */
export function readingOf(values: readonly string[], units: Units): number | Reading {
  const [first = '', second = ''] = values;
  // (time)(status)(minutes)(1)(code)(unit)(value)
  if (values.length === 7) return stamped(first, `${values[6]}*${values[5]}`, units);
  return values.length === 2 ? stamped(first, second, units) : numberOf(first, units);
}

/** A value with the time at which it was read from the device, or at which a peak was reached. */
export function stamped(stamp: string, written: string, units: Units): number | Reading {
  const measuredAt = momentOf(stamp);
  if (measuredAt === undefined) return faulty('not-ready');
  const value = numberOf(written, units);
  if (typeof value !== 'number') return value;
  if (isFromSetClock(measuredAt)) return { value, quality: 'ok', measuredAt };
  // A clock that was never set: zero is then an empty register; more is a reading, of which the time is not known.
  return value === 0 ? faulty('not-ready') : value;
}

function numberOf(written: string, units: Units): number | Reading {
  const [digits = '', unit = ''] = written.split('*');
  if (digits === '') return faulty('not-ready');
  const factor = units[unit.toLowerCase()];
  if (factor === undefined) return faulty('unit');
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) * factor : faulty('implausible');
}

/** True where there is no value: nothing was told, or a fault. */
export function isMissing(reading: number | Reading | undefined): boolean {
  return reading === undefined || (typeof reading === 'object' && reading.value === null);
}
