import type { LineSettings, SerialDevice, SerialLine } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { readRegisters } from '../protocol/modbus-rtu.ts';
import { asked, heeding } from './asking.ts';
import { found, type ScanEvent, type Scanning } from './scan.ts';
import { type Sought, shownLine, UNIT_PACE, unitAddresses, unitSeconds, withSearch } from './serial-plan.ts';

/** A line with its settings. */
export interface OpenLine {
  readonly name: string;
  readonly open: SerialLine;
  readonly settings: LineSettings;
}

// Any unit answers this, if only that it has no such register.
const IS_THERE = { function: 3, address: 0, count: 2 } as const;

/** Every Modbus unit that answers at these settings, asked by each driver whose parts speak so. */
export async function* unitsOn({ name, open, settings }: OpenLine, scanning: Scanning): AsyncGenerator<ScanEvent> {
  const { drivers, clock, signal, isThorough, known, turn } = scanning;
  const candidates = withSearch(drivers, 'askUnit');
  const addresses = unitAddresses(isThorough).filter((address) => !known.has(address));
  const what = `Modbus units ${addresses[0]} to ${addresses.at(-1)} at ${shownLine(settings)}`;
  yield { event: 'step', bus: name, what, atMostSeconds: unitSeconds(addresses.length, settings) };
  let isAny = false;
  for (const address of [...addresses, ...lastResorts(candidates, known)]) {
    if (signal.aborted || (isAny && !addresses.includes(address))) return;
    const device = heeding(open.device(address), signal);
    const there = await turn(() => asked(clock, () => readRegisters(device, IS_THERE, UNIT_PACE)));
    if (there instanceof SensorError && there.kind === 'timeout') continue;
    const unknown = { event: 'unknown', bus: name, place: placeOf(address, settings) } as const;
    if (there instanceof SensorError && there.kind === 'checksum') {
      yield { ...unknown, said: there.message, isGarbled: true };
      continue;
    }
    isAny = true;
    const event = await turn(() => whoIs(device, candidates, { name, settings, scanning }));
    yield event ?? { ...unknown, said: 'it speaks Modbus: with its registers written down, driver modbus reads it' };
  }
}

/** Addresses at which any part of a kind answers, beside its own: asked only where nobody has answered to its own. */
function lastResorts(candidates: readonly Sought<'askUnit'>[], known: ReadonlyMap<number | string, string>): number[] {
  if (known.size > 0) return [];
  const firsts = candidates.flatMap(({ driver }) => driver.addresses?.[0] ?? []);
  return [...new Set(firsts)].filter((address) => !unitAddresses(true).includes(address));
}

async function whoIs(
  device: SerialDevice,
  candidates: readonly Sought<'askUnit'>[],
  { name, settings, scanning }: { name: string; settings: LineSettings; scanning: Scanning },
): Promise<ScanEvent | undefined> {
  const { address } = device;
  const place = placeOf(address, settings);
  for (const { driver, search, told } of candidates) {
    if (!driver.addresses?.includes(address)) continue;
    const sighting = await asked(scanning.clock, () => search.askUnit(device));
    if (sighting instanceof SensorError) continue;
    return found({ bus: name, place, address, ...told(settings) }, driver, sighting);
  }
  return undefined;
}

const placeOf = (address: number, settings: LineSettings) => `unit ${address} at ${shownLine(settings)}`;
