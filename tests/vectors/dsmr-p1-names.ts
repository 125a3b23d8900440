import { expect } from 'vitest';
import type { Quantity } from '../../src/model/quantity.ts';

/** One value that the sample must hold; null for one that it must hold without a value. */
export interface Expected {
  readonly quantity: Quantity;
  readonly value: number | null;
  readonly at?: number;
}

/** The name that the source gives an object, its code, and what we call it; the factor is from its unit to ours. */
const NAMES: Readonly<Record<string, readonly [code: string, Quantity, factor: number]>> = {
  ELECTRICITY_IMPORTED_TOTAL: ['1.8.0', 'active_energy_import', 1],
  ELECTRICITY_USED_TARIFF_1: ['1.8.1', 'active_energy_import_t1', 1],
  ELECTRICITY_USED_TARIFF_2: ['1.8.2', 'active_energy_import_t2', 1],
  ELECTRICITY_USED_TARIFF_3: ['1.8.3', 'active_energy_import_t3', 1],
  ELECTRICITY_USED_TARIFF_4: ['1.8.4', 'active_energy_import_t4', 1],
  ELECTRICITY_EXPORTED_TOTAL: ['2.8.0', 'active_energy_export', 1],
  ELECTRICITY_DELIVERED_TARIFF_1: ['2.8.1', 'active_energy_export_t1', 1],
  ELECTRICITY_DELIVERED_TARIFF_2: ['2.8.2', 'active_energy_export_t2', 1],
  ELECTRICITY_DELIVERED_TARIFF_3: ['2.8.3', 'active_energy_export_t3', 1],
  ELECTRICITY_DELIVERED_TARIFF_4: ['2.8.4', 'active_energy_export_t4', 1],
  ELECTRICITY_COMBINED: ['15.8.0', 'active_energy_total', 1],
  ELECTRICITY_REACTIVE_IMPORTED_TOTAL: ['3.8.0', 'reactive_energy_import', 1],
  ELECTRICITY_REACTIVE_EXPORTED_TOTAL: ['4.8.0', 'reactive_energy_export', 1],
  ELECTRICITY_ACTIVE_TARIFF: ['96.14.0', 'tariff', 1],
  CURRENT_ELECTRICITY_USAGE: ['1.7.0', 'active_power_import', 1000],
  CURRENT_ELECTRICITY_DELIVERY: ['2.7.0', 'active_power_export', 1000],
  CURRENT_REACTIVE_IMPORTED: ['3.7.0', 'reactive_power_import', 1000],
  CURRENT_REACTIVE_EXPORTED: ['4.7.0', 'reactive_power_export', 1000],
  BELGIUM_CURRENT_AVERAGE_DEMAND: ['1.4.0', 'active_power_demand', 1000],
  BELGIUM_MAXIMUM_DEMAND_MONTH: ['1.6.0', 'active_power_demand_max', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L1_POSITIVE: ['21.7.0', 'active_power_import_l1', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L2_POSITIVE: ['41.7.0', 'active_power_import_l2', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L3_POSITIVE: ['61.7.0', 'active_power_import_l3', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L1_NEGATIVE: ['22.7.0', 'active_power_export_l1', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L2_NEGATIVE: ['42.7.0', 'active_power_export_l2', 1000],
  INSTANTANEOUS_ACTIVE_POWER_L3_NEGATIVE: ['62.7.0', 'active_power_export_l3', 1000],
  INSTANTANEOUS_VOLTAGE_L1: ['32.7.0', 'voltage_l1', 1],
  INSTANTANEOUS_VOLTAGE_L2: ['52.7.0', 'voltage_l2', 1],
  INSTANTANEOUS_VOLTAGE_L3: ['72.7.0', 'voltage_l3', 1],
  INSTANTANEOUS_CURRENT_L1: ['31.7.0', 'current_l1', 1],
  INSTANTANEOUS_CURRENT_L2: ['51.7.0', 'current_l2', 1],
  INSTANTANEOUS_CURRENT_L3: ['71.7.0', 'current_l3', 1],
  INSTANTANEOUS_POWER_FACTOR_TOTAL: ['13.7.0', 'power_factor', 1],
  INSTANTANEOUS_POWER_FACTOR_L1: ['33.7.0', 'power_factor_l1', 1],
  INSTANTANEOUS_POWER_FACTOR_L2: ['53.7.0', 'power_factor_l2', 1],
  INSTANTANEOUS_POWER_FACTOR_L3: ['73.7.0', 'power_factor_l3', 1],
  FREQUENCY: ['14.7.0', 'frequency', 1],
  SHORT_POWER_FAILURE_COUNT: ['96.7.21', 'power_failures', 1],
  LONG_POWER_FAILURE_COUNT: ['96.7.9', 'power_failures_long', 1],
  VOLTAGE_SAG_L1_COUNT: ['32.32.0', 'voltage_sags_l1', 1],
  VOLTAGE_SAG_L2_COUNT: ['52.32.0', 'voltage_sags_l2', 1],
  VOLTAGE_SAG_L3_COUNT: ['72.32.0', 'voltage_sags_l3', 1],
  VOLTAGE_SWELL_L1_COUNT: ['32.36.0', 'voltage_swells_l1', 1],
  VOLTAGE_SWELL_L2_COUNT: ['52.36.0', 'voltage_swells_l2', 1],
  VOLTAGE_SWELL_L3_COUNT: ['72.36.0', 'voltage_swells_l3', 1],
  HOURLY_GAS_METER_READING: ['24.2.1', 'gas_volume', 1],
  GAS_METER_READING: ['24.3.0', 'gas_volume', 1],
  // Another source's names: no code, and the unit in the name.
  power_delivered_W: ['', 'active_power_import', 1],
  energy_delivered_tariff1_kWh: ['', 'active_energy_import_t1', 1],
};

/** What the source reads and we do not tell. A name that stands in neither list fails. */
const NOT_TOLD = [
  // whose meter it is
  /^(|BELGIUM_|LUXEMBOURG_|Q3D_)EQUIPMENT_(IDENTIFIER|SERIAL_NUMBER)(_GAS)?$/,
  /^(COSEM_LOGICAL_DEVICE_NAME|identification)$/,
  // the time of the telegram; versions, which are told as identity
  /^(P1_MESSAGE_(HEADER|TIMESTAMP)|BELGIUM_VERSION_INFORMATION)$/,
  // texts, logs, switches, limits
  /^TEXT_MESSAGE(_CODE)?$/,
  /^POWER_EVENT_FAILURE_LOG$/,
  /^(ACTUAL_SWITCH_POSITION|ACTUAL_TRESHOLD_ELECTRICITY|FUSE_THRESHOLD_L[123]|MBUS_VALVE_POSITION|DEVICE_TYPE)$/,
  // reactive power and energy by quadrant
  /^(ELECTRICITY_REACTIVE_TOTAL|INSTANTANEOUS_REACTIVE_POWER)_Q[1-4]$/,
];

const M_BUS_QUANTITIES: ReadonlyMap<number, Quantity> = new Map([
  [2, 'active_energy_submeter'],
  [3, 'gas_volume'],
  [4, 'heat_energy'],
  [6, 'hot_water_volume'],
  [7, 'water_volume'],
  [10, 'cooling_energy'],
  [11, 'cooling_energy'],
  [12, 'heat_energy'],
  [21, 'hot_water_volume'],
  [22, 'water_volume'],
]);

interface Device {
  type?: number;
  reading?: unknown;
}

type Source = readonly [name: string, objects: () => Expected[]];

/** The lists of expected objects in a file; each list is read only when its test runs. */
export function expectedOf(json: unknown): Source[] {
  const { expected, expected_json, expected_mbus } = json as Record<string, unknown>;
  const sources: Source[] = [];
  if (expected) sources.push(['expected', () => namedObjects(expected as Record<string, unknown>)]);
  if (expected_json) sources.push(['expected_json', () => namedObjects(expected_json as Record<string, unknown>)]);
  if (expected_mbus) sources.push(['expected_mbus', () => devicesOf(expected_mbus as readonly Device[])]);
  return sources;
}

/** Objects by name, as the source holds them: `mbus1.MBUS_METER_READING` and `MBUS_DEVICES` are M-Bus devices. */
export function namedObjects(named: Readonly<Record<string, unknown>>): Expected[] {
  const devices = new Map<string, Device>();
  const objects = Object.entries(named).flatMap(([name, object]): Expected[] => {
    if (name === 'MBUS_DEVICES') return devicesOf((object as Record<string, unknown>[]).map(jsonDevice));
    // Of the months, the newest is told: it is looked for in all of them together, below.
    if (name.startsWith(MONTHS)) return [];
    const [, device, field] = /^(mbus\d+|\w+_device)\.(\w+)$/.exec(name) ?? [];
    if (device && field) {
      const known = devices.get(device) ?? {};
      if (field === 'MBUS_DEVICE_TYPE') known.type = (object as { readonly value: number }).value;
      else if (field === 'MBUS_METER_READING') known.reading = object;
      else if (!/^MBUS_(EQUIPMENT_IDENTIFIER|VALVE_POSITION)$/.test(field)) expect.fail(`unknown object ${name}`);
      devices.set(device, known);
      return [];
    }
    const [, quantity, factor = 1] = NAMES[name] ?? [];
    if (quantity) return [valueIn(quantity, factor, object)];
    if (!NOT_TOLD.some((pattern) => pattern.test(name))) expect.fail(`unknown object ${name}`);
    return [];
  });
  return [...objects, ...lastMonthOf(named), ...devicesOf([...devices.values()])];
}

const MONTHS = 'BELGIUM_MAXIMUM_DEMAND_13_MONTHS';

/** The newest of the monthly peaks, which the source holds as one list or as an object for each; none: no value. */
function lastMonthOf(named: Readonly<Record<string, unknown>>): Expected[] {
  const months = Object.entries(named).flatMap(([name, object]) =>
    name.startsWith(MONTHS) ? (object as { readonly datetime: unknown; readonly occurred?: unknown }[]) : [],
  );
  const [newest] = months.toSorted((a, b) => timeOf(b.datetime) - timeOf(a.datetime));
  if (!newest) return [];
  const { occurred: datetime, ...peak } = newest;
  const quantity = 'active_power_demand_max_last_month';
  return [datetime ? valueIn(quantity, 1000, { ...peak, datetime }) : { quantity, value: null }];
}

function jsonDevice(device: Record<string, unknown>): Device {
  const type = device['MBUS_DEVICE_TYPE'] as { readonly value: number } | undefined;
  return { ...(type && { type: type.value }), reading: device['MBUS_METER_READING'] };
}

/** Of two devices of a kind we tell one: the first that has ever been read, which the source's zero has not. */
function devicesOf(devices: readonly Device[]): Expected[] {
  const told = new Map<Quantity, Expected>();
  for (const { type, reading } of devices) {
    const quantity = M_BUS_QUANTITIES.get(type ?? 0);
    if (!quantity || !reading) continue;
    const expected = valueIn(quantity, 1, reading);
    if (!told.get(quantity)?.value) told.set(quantity, expected);
  }
  return [...told.values()];
}

/** A number is written as 5, "5", {value: 5} or {value: {decimal: "5"}}; a time as `datetime`. */
function valueIn(quantity: Quantity, factor: number, object: unknown): Expected {
  const { value = object, datetime } = object as { readonly value?: unknown; readonly datetime?: unknown };
  const digits = (value as { readonly decimal?: string }).decimal ?? value;
  const number = Number(digits);
  if (!Number.isFinite(number)) expect.fail(`no number for ${quantity} in ${JSON.stringify(object)}`);
  return { quantity, value: number * factor, ...(datetime ? { at: timeOf(datetime) } : {}) };
}

/** "2023-11-02T10:45:00+00:00", or a local time with its zone, which Node's own tables turn into UTC. */
function timeOf(written: unknown): number {
  if (typeof written === 'string') return Date.parse(written);
  const { local, tz } = written as { readonly local: string; readonly tz: string };
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: tz, dateStyle: 'short', timeStyle: 'medium' });
  const guesses = [0, 1, 2, 3].map((hours) => Date.parse(`${local}Z`) - hours * 3_600_000);
  return guesses.find((at) => clock.format(at).replace(' ', 'T') === local) ?? Number.NaN;
}

/** The values of a telegram's plain lines, read a second time and more simply than the driver does. */
export function readByHand(text: string): Expected[] {
  const objects = Object.values(NAMES).flatMap(([code, quantity, factor]): Expected[] => {
    const line = new RegExp(
      `^[01]-[01]:${code.replaceAll('.', '\\.')}(?:\\*255)?\\(([\\d.]+)(?:\\*(\\w+))?\\)\\r?$`,
      'm',
    );
    const [, digits, unit] = line.exec(text) ?? [];
    if (code === '' || digits === undefined) return [];
    const factors: Readonly<Record<string, number>> = { Wh: 0.001, varh: 0.001, W: 1, var: 1 };
    return [{ quantity, value: Number(digits) * (factors[unit ?? ''] ?? factor) }];
  });
  return [...objects, ...devicesByHand(text)];
}

/** The first reading of each kind of device that has a time, a unit, and S or W after the time. */
function devicesByHand(text: string): Expected[] {
  const types = new Map([...text.matchAll(/^0-([1-9]):24\.1\.0\((\d+)\)/gm)].map(([, n, type]) => [n, Number(type)]));
  const readings = text.matchAll(/^0-([1-9]):24\.2\.[13]\(((?:\d\d){6})([SW])\)\(([\d.]+)\*\w+\)/gm);
  const told = new Map<Quantity, Expected>();
  for (const [, channel, stamp = '', season, digits] of readings) {
    const quantity = M_BUS_QUANTITIES.get(types.get(channel) ?? 0);
    const [year, month, day, ...time] = stamp.match(/../g) ?? [];
    const at = Date.parse(`20${year}-${month}-${day}T${time.join(':')}+0${season === 'S' ? 2 : 1}:00`);
    if (quantity && !told.has(quantity)) told.set(quantity, { quantity, value: Number(digits), at });
  }
  return [...told.values()];
}
