import { isDeepStrictEqual } from 'node:util';
import type { Driver, SerialDriver, SerialSearch } from '../driver-kit.ts';
import type { LineSettings } from '../hal/serial.ts';
import { UNIT_ADDRESSES } from '../protocol/modbus-rtu.ts';

/** How long a part that is alone on its line may take to answer: one that is woken three times takes longest. */
export const LONE_SECONDS = 15;

/** How a Modbus unit is asked whether it is there: meters answer within about 100 ms; some (Eastron) want 60 ms of silence before. */
export const UNIT_PACE = { timeoutMs: 200, silentMs: 60 };
// The question and its answer: two registers.
const UNIT_BITS = (8 + 9) * 11;

// EN 13757-2: a meter answers within 330 bit times and 50 ms; the search waits 150 ms longer, and for 33 bits before.
const METER_BITS = 33 + 55 + 330;
const METER_MS = 50 + 150;
/** A selection by wildcards where nobody is; each meter that is there costs some more. */
const SELECTIONS = 2;

const setting = (baudRate: number, parity: LineSettings['parity']): LineSettings => {
  return { baudRate, dataBits: 8, parity, stopBits: 1 };
};

/** What Modbus units leave the factory with, and what installers set, the most usual first. */
const MODBUS_LINES: readonly LineSettings[] = [
  setting(9600, 'none'),
  setting(19_200, 'even'),
  setting(9600, 'even'),
  setting(19_200, 'none'),
  setting(38_400, 'none'),
  setting(38_400, 'even'),
  setting(2400, 'none'),
  setting(4800, 'none'),
  setting(115_200, 'none'),
];

// Installers count from 1: on most lines nobody is beyond.
const USUAL_ADDRESSES = 32;
const MBUS_ADDRESSES = 250;

/** A driver with its way to be found, and the settings that its line may have. */
export interface Sought<K extends keyof SerialSearch> {
  readonly driver: SerialDriver;
  readonly search: Required<Pick<SerialSearch, K>>;
  readonly lines: readonly LineSettings[];
  /** The settings, for those who must write them: nothing where they are the driver's own. */
  told(settings: LineSettings): { readonly line?: LineSettings };
}

/** The drivers that can be found in this way. */
export function withSearch<K extends keyof SerialSearch>(drivers: readonly Driver[], way: K): Sought<K>[] {
  return drivers.flatMap((driver) => {
    if (driver.bus !== 'serial' || driver.search?.[way] === undefined) return [];
    const { search, line } = driver;
    const told = (settings: LineSettings) => (isSame(settings, line) ? {} : { line: settings });
    return [
      { driver, search: search as Required<Pick<SerialSearch, K>>, lines: [line, ...(search.lines ?? [])], told },
    ];
  });
}

/** True for the same settings. */
export const isSame = (one: LineSettings, other: LineSettings): boolean => isDeepStrictEqual(one, other);

/** Every setting that one of the drivers may have, once. */
export function atSettings(sought: readonly { readonly lines: readonly LineSettings[] }[]): LineSettings[] {
  const all = sought.flatMap(({ lines }) => lines);
  return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
}

/** How long to listen at these settings, for the slowest of those that talk so. */
export function listenedMs(talkers: readonly Sought<'hear'>[], settings: LineSettings): number {
  const fitting = talkers.filter(({ lines }) => lines.some((line) => isSame(line, settings)));
  return Math.max(...fitting.map(({ search }) => search.hear.withinMs));
}

/** Every setting at which Modbus units are looked for. */
export function unitLines(drivers: readonly Driver[]): LineSettings[] {
  return atSettings([{ lines: MODBUS_LINES }, ...withSearch(drivers, 'askUnit')]);
}

/** Every setting at which meters of another shared line are looked for. */
export const meterLines = (drivers: readonly Driver[]): LineSettings[] => atSettings(withSearch(drivers, 'askAll'));

/** The Modbus addresses that are asked. */
export function unitAddresses(isThorough: boolean): readonly number[] {
  return isThorough ? UNIT_ADDRESSES : UNIT_ADDRESSES.slice(0, USUAL_ADDRESSES);
}

/** The M-Bus primary addresses that are asked: 0 is a meter that was given none. */
export function meterAddresses(isThorough: boolean): readonly number[] {
  return Array.from({ length: (isThorough ? MBUS_ADDRESSES : USUAL_ADDRESSES) + 1 }, (_, address) => address);
}

/** `9600 8N1`. */
export function shownLine({ baudRate, dataBits, parity, stopBits }: LineSettings): string {
  return `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}

/** How long it takes to ask so many Modbus addresses, of which none answers. */
export function unitSeconds(addresses: number, { baudRate }: LineSettings): number {
  return Math.ceil((addresses * (UNIT_PACE.timeoutMs + UNIT_PACE.silentMs + (UNIT_BITS * 1000) / baudRate)) / 1000);
}

/** How long it takes to ask so many M-Bus addresses, of which none answers. */
export function meterSeconds(addresses: number, { baudRate }: LineSettings): number {
  return Math.ceil(((addresses + SELECTIONS) * ((METER_BITS * 1000) / baudRate + METER_MS)) / 1000);
}

/** How long a line takes on which nobody is; one that talks, or answers early, takes less. */
export function lineSeconds(drivers: readonly Driver[], isThorough: boolean): number {
  const talkers = withSearch(drivers, 'hear');
  const each = [
    ...atSettings(talkers).map((settings) => listenedMs(talkers, settings) / 1000),
    ...withSearch(drivers, 'ask').flatMap(({ lines }) => lines.map(() => LONE_SECONDS)),
    ...unitLines(drivers).map((settings) => unitSeconds(unitAddresses(isThorough).length, settings)),
    ...meterLines(drivers).map((settings) => meterSeconds(meterAddresses(isThorough).length, settings)),
  ];
  return Math.ceil(each.reduce((sum, seconds) => sum + seconds, 0));
}
