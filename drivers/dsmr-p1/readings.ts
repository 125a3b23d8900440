/**
 * From objects to quantities: "Representation of P1 telegram" lists the objects and their units. What is not in the
 * table below is not told: texts, switch states and logs, and every number that says whose meter this is.
 */
import type { Quantity, Reading, Sample } from '../../src/driver-kit.ts';
import { deviceMeasures, deviceReadings, type IsStale } from './devices.ts';
import type { CosemObject } from './obis.ts';
import { isFromSetClock, momentOf } from './timestamp.ts';
import {
  CURRENT,
  ENERGY,
  FREQUENCY,
  isMissing,
  type Meaning,
  NUMBER,
  POWER,
  REACTIVE_ENERGY,
  REACTIVE_POWER,
  readingOf,
  stamped,
  VOLTAGE,
} from './values.ts';

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
  '23.7.0': ['reactive_power_import_l1', REACTIVE_POWER],
  '43.7.0': ['reactive_power_import_l2', REACTIVE_POWER],
  '63.7.0': ['reactive_power_import_l3', REACTIVE_POWER],
  '24.7.0': ['reactive_power_export_l1', REACTIVE_POWER],
  '44.7.0': ['reactive_power_export_l2', REACTIVE_POWER],
  '64.7.0': ['reactive_power_export_l3', REACTIVE_POWER],
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

/** All that a P1 telegram may tell. */
export const measures: readonly Quantity[] = [
  ...Object.values(MEANINGS).map(([quantity]) => quantity),
  'active_power_demand_max_last_month',
  ...deviceMeasures,
];

/** Every quantity that the telegram holds; `isStale` says which devices behind the meter have fallen silent. */
export function sampleOf(objects: readonly CosemObject[], isStale: IsStale = () => false): Sample {
  const sample: { [Q in Quantity]?: number | Reading } = {};
  for (const { medium, channel, code, values } of objects) {
    const meaning = MEANINGS[code];
    const isTheMeter = medium === 1 ? channel <= 1 : medium === 0 && channel === 0;
    if (meaning && isTheMeter) sample[meaning[0]] ??= readingOf(values, meaning[1]);
    const peak = medium === 0 && channel === 0 && code === '98.1.0' ? peakOfLastMonth(values) : undefined;
    if (peak !== undefined) sample.active_power_demand_max_last_month ??= peak;
  }
  for (const [quantity, reading] of deviceReadings(objects, isStale)) {
    // Of two devices of a kind the lowest channel with a value counts: a device that was replaced leaves its channel
    // behind, without a value, or with one that is not renewed.
    if (isMissing(sample[quantity])) sample[quantity] = reading;
  }
  return sample;
}

/** The time of the telegram, `0-0:1.0.0`, where it has one and the meter's clock was set. */
export function timeOf(objects: readonly CosemObject[]): number | undefined {
  const told = objects.find(({ medium, channel, code }) => medium === 0 && channel === 0 && code === '1.0.0');
  const at = momentOf(told?.values[0] ?? '');
  return at !== undefined && isFromSetClock(at) ? at : undefined;
}

// (how many)(code)(code), and for each month (its end)(time of its peak)(the peak)
const PEAKS_FROM = 3;
const FIELDS_PER_PEAK = 3;

/** e-MUCS "Maximum demand – history of the last 13 months": the newest of them; the order differs between meters. */
function peakOfLastMonth(values: readonly string[]): number | Reading | undefined {
  // Hungarian meters write the end of last month in a list of the same code and another form.
  if (values[1] !== '1-0:1.6.0') return undefined;
  let newest: { readonly endAt: number; readonly peak: number | Reading } | undefined;
  for (let at = PEAKS_FROM; at + FIELDS_PER_PEAK <= values.length; at += FIELDS_PER_PEAK) {
    const [end = '', peakedAt = '', written = ''] = values.slice(at, at + FIELDS_PER_PEAK);
    const endAt = momentOf(end);
    if (endAt === undefined || (newest && newest.endAt >= endAt)) continue;
    newest = { endAt, peak: stamped(peakedAt, written, POWER) };
  }
  return newest?.peak;
}
