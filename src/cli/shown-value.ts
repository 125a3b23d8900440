import type { Quality } from '../model/quality.ts';
import { type Quantity, quantities } from '../model/quantity.ts';

/** What stands where there is no value. */
export const NO_VALUE = '–';

const SHORT_UNIT: Readonly<Record<string, string>> = {
  Cel: '°C',
  'ug/m3': 'µg/m³',
  m3: 'm³',
  'm3/h': 'm³/h',
  'kW.h': 'kWh',
  'V.A': 'VA',
  'kV.A.h': 'kVAh',
  'kV.A.h{reactive}': 'kvarh',
  '[ppm]': 'ppm',
  deg: '°',
  MBy: 'MB',
  '1': '',
};

/** The quantity's unit as people write it; empty for a bare number. */
export function shownUnit(quantity: Quantity): string {
  const { unit } = quantities[quantity];
  return SHORT_UNIT[unit] ?? unit;
}

/** The value with as many decimals as its quantity has. */
export function shownNumber(quantity: Quantity, value: number | null): string {
  return value === null ? NO_VALUE : value.toFixed(quantities[quantity].decimals);
}

/** The quality, and why it is so. */
export function shownQuality({
  quality,
  why,
}: {
  readonly quality: Quality;
  readonly why?: string | undefined;
}): string {
  return why ? `${quality} ${why}` : quality;
}

/** How long ago something was, in four signs at most. */
export function shownAge(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)}s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)}m`;
  if (seconds < 360_000) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** A number of bytes, rounded: `12 MiB`. */
export function shownBytes(bytes: number): string {
  const [unit, size] = bytes < 2 ** 20 ? ['KiB', 2 ** 10] : bytes < 2 ** 30 ? ['MiB', 2 ** 20] : ['GiB', 2 ** 30];
  const value = bytes / size;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
