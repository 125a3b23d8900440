/**
 * The devices behind the meter, "Representation of M-Bus values": gas, heat, cold, water and further electricity meters
 * on the channels 1 to 4. The meter reads them every five minutes or every hour, and repeats what it read last.
 */
import { faulty, type Quantity, type Reading } from '../../src/driver-kit.ts';
import type { CosemObject } from './obis.ts';
import { isFromSetClock, momentOf } from './timestamp.ts';
import { ENERGY, HEAT, isMissing, type Meaning, readingOf, VOLUME } from './values.ts';

const GAS: Meaning = ['gas_volume', VOLUME];
const HEATING: Meaning = ['heat_energy', HEAT];
const COOLING: Meaning = ['cooling_energy', HEAT];
const WATER: Meaning = ['water_volume', VOLUME];
const HOT_WATER: Meaning = ['hot_water_volume', VOLUME];
const SUBMETER: Meaning = ['active_energy_submeter', ENERGY];

/** By the device type that `0-n:24.1.0` tells (EN 13757-3); other types are left out until somebody has one. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [2, SUBMETER],
  [3, GAS],
  [4, HEATING],
  [6, HOT_WATER],
  [7, WATER],
  [10, COOLING],
  [11, COOLING],
  [12, HEATING],
  [21, HOT_WATER],
  [22, WATER],
]);

// The reading of a device, best first: converted to 15 °C, not converted (Belgian gas), DSMR 2.2 and 3.0.
const READINGS = ['24.2.1', '24.2.3', '24.3.0'];

/** All that devices behind a meter may tell. */
export const deviceMeasures: readonly Quantity[] = [
  ...new Set(Array.from(MEANINGS.values(), ([quantity]) => quantity)),
];

/** Whether the device on a channel has told nothing new since `stamp` for too long. */
export type IsStale = (channel: number, stamp: string) => boolean;

/** The reading of each device, lowest channel first. */
export function deviceReadings(
  objects: readonly CosemObject[],
  isStale: IsStale,
): (readonly [Quantity, number | Reading])[] {
  const types = objects.filter(({ medium, channel, code }) => medium === 0 && channel > 0 && code === '24.1.0');
  const devices = types.toSorted((a, b) => a.channel - b.channel);
  return devices.flatMap(({ channel, values: [type] }) => {
    const meaning = MEANINGS.get(Number(type));
    const ofDevice = objects.filter((o) => o.medium === 0 && o.channel === channel);
    const told = READINGS.flatMap((code) => ofDevice.find((object) => object.code === code) ?? [])[0];
    if (!meaning || !told) return [];
    const reading = readingOf(told.values, meaning[1]);
    const isOld = isStale(channel, told.values[0] ?? '') && !isMissing(reading);
    return [[meaning[0], isOld ? faulty('stale') : reading] as const];
  });
}

/** The clocks of one moment: the gateway's, and the meter's where it has one that was set. */
export interface Now {
  readonly uptimeMs: number;
  readonly telegramAt: number | undefined;
}

/** Since when each channel tells the same reading: a meter that stopped, or lost its radio, leaves no other sign. */
export class Standstill {
  readonly #limitMs: number;
  readonly #channels = new Map<number, { readonly stamp: string; readonly sinceMs: number }>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** True if the stamp of `channel` has stood still for longer than the limit. */
  isOver(channel: number, stamp: string, now: Now): boolean {
    const known = this.#channels.get(channel);
    const sinceMs = known?.stamp === stamp ? known.sinceMs : now.uptimeMs - ageMs(stamp, now);
    this.#channels.set(channel, { stamp, sinceMs });
    return now.uptimeMs - sinceMs > this.#limitMs;
  }
}

/** How old a reading is when it is first heard; 0 where one of the two times is not known. */
function ageMs(stamp: string, { telegramAt }: Now): number {
  const at = momentOf(stamp);
  if (at === undefined || telegramAt === undefined || !isFromSetClock(at)) return 0;
  return Math.max(0, telegramAt - at);
}
