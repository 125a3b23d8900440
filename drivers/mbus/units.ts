/**
 * What a value information field means: EN 13757-3, "Primary VIF codes", "Main VIFE code extension table" (VIF `fd`),
 * "Alternate VIFE code extension table" (VIF `fb`) and "Combinable (orthogonal) VIFE codes". Times are in seconds, all
 * else in the unit beside it.
 */

/** What is measured, and by which power of ten (or factor) a number becomes one in `unit`. */
export interface Meaning {
  readonly name: string;
  readonly unit: string;
  readonly exponent: number;
  /** Seconds of a minute, an hour, a day … */
  readonly factor?: number;
}

/** Codes that count up with the exponent: first code, how many, name, unit, exponent of the first. */
type Row = readonly [first: number, count: number, name: string, unit: string, exponent: number];

const PRIMARY: readonly Row[] = [
  [0x00, 8, 'energy', 'Wh', -3],
  [0x08, 8, 'energy', 'J', 0],
  [0x10, 8, 'volume', 'm3', -6],
  [0x18, 8, 'mass', 'kg', -3],
  [0x28, 8, 'power', 'W', -3],
  [0x30, 8, 'power', 'J/h', 0],
  [0x38, 8, 'volume-flow', 'm3/h', -6],
  [0x40, 8, 'volume-flow', 'm3/min', -7],
  [0x48, 8, 'volume-flow', 'm3/s', -9],
  [0x50, 8, 'mass-flow', 'kg/h', -3],
  [0x58, 4, 'flow-temperature', 'Cel', -3],
  [0x5c, 4, 'return-temperature', 'Cel', -3],
  [0x60, 4, 'temperature-difference', 'K', -3],
  [0x64, 4, 'external-temperature', 'Cel', -3],
  [0x68, 4, 'pressure', 'bar', -3],
  [0x6c, 1, 'date', '', 0],
  [0x6d, 1, 'date-time', '', 0],
  [0x6e, 1, 'heat-cost-units', '', 0],
  [0x78, 1, 'fabrication-number', '', 0],
  [0x79, 1, 'identification', '', 0],
  [0x7a, 1, 'bus-address', '', 0],
  [0x7e, 1, 'any', '', 0],
  [0x7f, 1, 'manufacturer-specific', '', 0],
];

/** Durations: the first of four codes for seconds, minutes, hours and days. */
const PRIMARY_TIMES: readonly (readonly [number, string])[] = [
  [0x20, 'on-time'],
  [0x24, 'operating-time'],
  [0x70, 'averaging-duration'],
  [0x74, 'actuality-duration'],
];

const MAIN: readonly Row[] = [
  [0x00, 4, 'credit', 'currency', -3],
  [0x04, 4, 'debit', 'currency', -3],
  [0x08, 1, 'access-number', '', 0],
  [0x09, 1, 'medium', '', 0],
  [0x0a, 1, 'manufacturer', '', 0],
  [0x0b, 1, 'parameter-set', '', 0],
  [0x0c, 1, 'model', '', 0],
  [0x0d, 1, 'hardware-version', '', 0],
  [0x0e, 1, 'firmware-version', '', 0],
  [0x0f, 1, 'software-version', '', 0],
  [0x10, 1, 'customer-location', '', 0],
  [0x11, 1, 'customer', '', 0],
  [0x12, 5, 'access-code', '', 0],
  [0x17, 1, 'error-flags', '', 0],
  [0x18, 1, 'error-mask', '', 0],
  [0x1a, 1, 'digital-output', '', 0],
  [0x1b, 1, 'digital-input', '', 0],
  [0x1c, 1, 'baud-rate', 'Bd', 0],
  [0x1d, 1, 'response-delay', 'bit', 0],
  [0x1e, 1, 'retry', '', 0],
  [0x20, 1, 'first-storage', '', 0],
  [0x21, 1, 'last-storage', '', 0],
  [0x22, 1, 'storage-size', '', 0],
  [0x30, 1, 'tariff-start', '', 0],
  [0x3a, 1, 'dimensionless', '', 0],
  [0x40, 16, 'voltage', 'V', -9],
  [0x50, 16, 'current', 'A', -12],
  [0x60, 1, 'reset-counter', '', 0],
  [0x61, 1, 'cumulation-counter', '', 0],
  [0x62, 1, 'control-signal', '', 0],
  [0x63, 1, 'weekday', '', 0],
  [0x64, 1, 'week', '', 0],
  [0x65, 1, 'day-change', '', 0],
  [0x66, 1, 'parameter-state', '', 0],
  [0x67, 1, 'supplier-information', '', 0],
  [0x70, 1, 'battery-change', '', 0],
  [0x71, 1, 'radio-level', 'dB[mW]', 0],
  [0x74, 1, 'battery-life', 'd', 0],
  [0x75, 1, 'stops', '', 0],
];

const MAIN_TIMES: readonly (readonly [number, string])[] = [
  [0x24, 'storage-interval'],
  [0x2c, 'since-readout'],
  [0x34, 'tariff-period'],
];

const ALTERNATE: readonly Row[] = [
  [0x00, 2, 'energy', 'Wh', 5],
  [0x02, 2, 'reactive-energy', 'varh', 3],
  [0x04, 2, 'apparent-energy', 'VAh', 3],
  [0x08, 2, 'energy', 'J', 8],
  [0x0c, 4, 'energy', 'cal', 5],
  [0x10, 2, 'volume', 'm3', 2],
  [0x14, 4, 'reactive-power', 'var', 0],
  [0x18, 2, 'mass', 'kg', 5],
  [0x1a, 2, 'relative-humidity', '%', -1],
  [0x20, 1, 'volume', 'ft3', 0],
  [0x21, 1, 'volume', 'ft3', -1],
  [0x28, 2, 'power', 'W', 5],
  [0x2a, 1, 'phase-voltage-voltage', 'deg', -1],
  [0x2b, 1, 'phase-voltage-current', 'deg', -1],
  [0x2c, 4, 'frequency', 'Hz', -3],
  [0x30, 2, 'power', 'J/h', 8],
  [0x34, 4, 'apparent-power', 'VA', 0],
  [0x74, 4, 'temperature-limit', 'Cel', -3],
  [0x78, 8, 'counted-maximum-power', 'W', -3],
];

const SECONDS = [1, 60, 3600, 86_400] as const;

function table(rows: readonly Row[], times: readonly (readonly [number, string])[] = []): ReadonlyMap<number, Meaning> {
  const meanings = new Map<number, Meaning>();
  for (const [first, count, name, unit, exponent] of rows) {
    for (let step = 0; step < count; step += 1) meanings.set(first + step, { name, unit, exponent: exponent + step });
  }
  for (const [first, name] of times) {
    for (const [step, factor] of SECONDS.entries())
      meanings.set(first + step, { name, unit: 's', exponent: 0, factor });
  }
  return meanings;
}

const primary = table(PRIMARY, PRIMARY_TIMES);
const main = table(MAIN, MAIN_TIMES);
const alternate = table(ALTERNATE);

/** Which of the tables a code is of. */
export type Extension = 'primary' | 'main' | 'alternate';

/** The meaning of a code without its extension bit; undefined for one that the standard reserves. */
export function meaningOf(extension: Extension, code: number): Meaning | undefined {
  switch (extension) {
    case 'primary':
      return primary.get(code);
    case 'main':
      return main.get(code);
    case 'alternate':
      return alternate.get(code);
  }
}

/** The number in the meaning's unit. Divided where the exponent is negative: 2153 by 100 is 21.53, times 0.01 is not. */
export function scaled(raw: number, { exponent, factor = 1 }: Meaning): number {
  return exponent < 0 ? (raw * factor) / 10 ** -exponent : raw * factor * 10 ** exponent;
}
