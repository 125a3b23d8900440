/**
 * From objects to quantities: "Representation of P1 telegram" lists the objects and their units. What is not in the
 * table below is not told: texts, switch states and logs, and every number that says whose meter this is.
 */
import { faulty, type Quantity, type Reading, type Sample } from '../../src/driver-kit.ts';
import type { CosemObject } from './obis.ts';
import { isFromSetClock, momentOf } from './timestamp.ts';

/** The factor by which a number in a unit becomes one in the quantity's; '' is the factor where no unit is written. */
type Units = Readonly<Record<string, number>>;

const ENERGY: Units = { kwh: 1, wh: 0.001, '': 1 };
const POWER: Units = { kw: 1000, w: 1, '': 1000 };
const REACTIVE_ENERGY: Units = { kvarh: 1, varh: 0.001, '': 1 };
const REACTIVE_POWER: Units = { kvar: 1000, var: 1, '': 1000 };
const VOLTAGE: Units = { v: 1, '': 1 };
const CURRENT: Units = { a: 1, '': 1 };
const FREQUENCY: Units = { hz: 1, '': 1 };
const NUMBER: Units = { '': 1 };
const VOLUME: Units = { m3: 1, '': 1 };
const HEAT: Units = { gj: 1, mj: 0.001, kwh: 0.0036, '': 1 };

type Meaning = readonly [Quantity, Units];

/** What a code means under `1-0:` and `0-0:`; some meters write `1-1:` for `1-0:`. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '1.8.0': ['active_energy_import', ENERGY],
  '1.8.1': ['active_energy_import_t1', ENERGY],
  '1.8.2': ['active_energy_import_t2', ENERGY],
  '1.8.3': ['active_energy_import_t3', ENERGY],
  '1.8.4': ['active_energy_import_t4', ENERGY],
  '2.8.0': ['active_energy_export', ENERGY],
  '2.8.1': ['active_energy_export_t1', ENERGY],
  '2.8.2': ['active_energy_export_t2', ENERGY],
  '2.8.3': ['active_energy_export_t3', ENERGY],
  '2.8.4': ['active_energy_export_t4', ENERGY],
  '15.8.0': ['active_energy_total', ENERGY],
  '3.8.0': ['reactive_energy_import', REACTIVE_ENERGY],
  '4.8.0': ['reactive_energy_export', REACTIVE_ENERGY],
  '96.14.0': ['tariff', NUMBER],
  '1.7.0': ['active_power_import', POWER],
  '21.7.0': ['active_power_import_l1', POWER],
  '41.7.0': ['active_power_import_l2', POWER],
  '61.7.0': ['active_power_import_l3', POWER],
  '2.7.0': ['active_power_export', POWER],
  '22.7.0': ['active_power_export_l1', POWER],
  '42.7.0': ['active_power_export_l2', POWER],
  '62.7.0': ['active_power_export_l3', POWER],
  '1.4.0': ['active_power_demand', POWER],
  '1.6.0': ['active_power_demand_max', POWER],
  '3.7.0': ['reactive_power_import', REACTIVE_POWER],
  '4.7.0': ['reactive_power_export', REACTIVE_POWER],
  '32.7.0': ['voltage_l1', VOLTAGE],
  '52.7.0': ['voltage_l2', VOLTAGE],
  '72.7.0': ['voltage_l3', VOLTAGE],
  '31.7.0': ['current_l1', CURRENT],
  '51.7.0': ['current_l2', CURRENT],
  '71.7.0': ['current_l3', CURRENT],
  '13.7.0': ['power_factor', NUMBER],
  '33.7.0': ['power_factor_l1', NUMBER],
  '53.7.0': ['power_factor_l2', NUMBER],
  '73.7.0': ['power_factor_l3', NUMBER],
  '14.7.0': ['frequency', FREQUENCY],
  '96.7.21': ['power_failures', NUMBER],
  '96.7.9': ['power_failures_long', NUMBER],
  '32.32.0': ['voltage_sags_l1', NUMBER],
  '52.32.0': ['voltage_sags_l2', NUMBER],
  '72.32.0': ['voltage_sags_l3', NUMBER],
  '32.36.0': ['voltage_swells_l1', NUMBER],
  '52.36.0': ['voltage_swells_l2', NUMBER],
  '72.36.0': ['voltage_swells_l3', NUMBER],
};

/** By the device type that `0-n:24.1.0` tells (EN 13757-3); other types are left out until somebody has one. */
const M_BUS_MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [3, ['gas_volume', VOLUME]],
  [4, ['heat_energy', HEAT]],
  [7, ['water_volume', VOLUME]],
]);

// The reading of a device, best first: converted to 15 °C, not converted (Belgian gas), DSMR 2.2 and 3.0.
const M_BUS_READINGS = ['24.2.1', '24.2.3', '24.3.0'];

/** All that a P1 telegram may tell. */
export const measures: readonly Quantity[] = [...Object.values(MEANINGS), ...M_BUS_MEANINGS.values()].map(
  ([quantity]) => quantity,
);

/** Every quantity that the telegram holds. */
export function sampleOf(objects: readonly CosemObject[]): Sample {
  const sample: { [Q in Quantity]?: number | Reading } = {};
  for (const { medium, channel, code, values } of objects) {
    const meaning = MEANINGS[code];
    const isTheMeter = medium === 1 ? channel <= 1 : medium === 0 && channel === 0;
    if (meaning && isTheMeter) sample[meaning[0]] ??= readingOf(values, meaning[1]);
  }
  for (const [quantity, reading] of mBusReadings(objects)) {
    // Of two devices of a kind the lowest channel with a value counts: a device that was replaced leaves its channel
    // behind, without a value.
    if (isMissing(sample[quantity])) sample[quantity] = reading;
  }
  return sample;
}

/** "Representation of M-Bus values": the reading of each device, lowest channel first. */
function mBusReadings(objects: readonly CosemObject[]): (readonly [Quantity, number | Reading])[] {
  const types = objects.filter(({ medium, channel, code }) => medium === 0 && channel > 0 && code === '24.1.0');
  const devices = types.toSorted((a, b) => a.channel - b.channel);
  return devices.flatMap(({ channel, values: [type] }) => {
    const meaning = M_BUS_MEANINGS.get(Number(type));
    const ofDevice = objects.filter((o) => o.medium === 0 && o.channel === channel);
    const told = M_BUS_READINGS.flatMap((code) => ofDevice.find((object) => object.code === code) ?? [])[0];
    return meaning && told ? [[meaning[0], readingOf(told.values, meaning[1])] as const] : [];
  });
}

/** The values of one object: `(value*unit)`, `(time)(value*unit)`, or the seven of a DSMR 3.0 M-Bus device. */
function readingOf(values: readonly string[], units: Units): number | Reading {
  const [first = '', second = ''] = values;
  // (time)(status)(minutes)(1)(code)(unit)(value)
  if (values.length === 7) return stamped(first, `${values[6]}*${values[5]}`, units);
  return values.length === 2 ? stamped(first, second, units) : numberOf(first, units);
}

/** A value with the time at which it was read from the device, or at which a peak was reached. */
function stamped(stamp: string, written: string, units: Units): number | Reading {
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

function isMissing(reading: number | Reading | undefined): boolean {
  return reading === undefined || (typeof reading === 'object' && reading.value === null);
}
