import type { Driver, Identity, Sighting } from '../driver-kit.ts';
import type { Clock } from '../hal/clock.ts';
import type { I2cBus } from '../hal/i2c.ts';
import type { OneWireBus } from '../hal/onewire.ts';
import type { LineSettings, SerialLine } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { scanI2c } from './i2c.ts';
import { scanOneWire } from './onewire.ts';
import { scanOpenLine, scanSerial } from './serial.ts';

/** A bus as it is scanned. A line that is open already is scanned as it stands; any other with every usual setting. */
export type ScannedBus = { readonly name: string } & (
  | { readonly kind: 'i2c'; readonly open: I2cBus }
  | { readonly kind: 'onewire'; readonly open: OneWireBus }
  | { readonly kind: 'serial'; openAs(settings: LineSettings): SerialLine }
  | { readonly kind: 'serial'; readonly open: SerialLine; readonly settings: LineSettings }
  | { readonly kind: 'gpio' }
);

/** What a scan is done with. */
export interface Scanning {
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
  /** Ends it; what was found until then has been told. */
  readonly signal: AbortSignal;
  /** Every address that there may be on a serial line, not only the usual ones. */
  readonly isThorough: boolean;
  /** Devices by their place (an address, or a 1-Wire number): they are not asked, only named. */
  readonly known: ReadonlyMap<number | string, string>;
  /** Has a conversation when its turn on the bus has come. */
  turn<T>(talk: () => Promise<T>): Promise<T>;
}

/** A part that was found, and by which driver. */
export interface Found {
  readonly event: 'found';
  readonly bus: string;
  readonly driver: string;
  /** Where it is on the bus, in words; absent for the only part on its line. */
  readonly place?: string;
  readonly address?: number;
  /** On 1-Wire. */
  readonly id?: string;
  /** How its line stands, where that is not as the part leaves the factory. */
  readonly line?: LineSettings;
  readonly identity: Identity;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the part does not say, and a person must. */
  readonly unsaid?: string;
}

/** Something that no driver knows. */
export interface Unknown {
  readonly event: 'unknown';
  readonly bus: string;
  readonly place: string;
  /** What it said. */
  readonly said: string;
  /** It was not understood at all: with other settings of the line it may be known. */
  readonly isGarbled?: true;
}

/** What a scan tells, as it comes: plain values, for it may come over a socket. */
export type ScanEvent =
  | { readonly event: 'step'; readonly bus: string; readonly what: string; readonly atMostSeconds: number }
  | Found
  /** Something is there that no driver knows, and this is what it said. */
  | Unknown
  | { readonly event: 'known'; readonly bus: string; readonly place: string; readonly device: string }
  /** It could not be scanned, or not to its end. */
  | { readonly event: 'failed'; readonly bus: string; readonly why: string };

/** Looks for parts on a bus. What goes wrong with the bus itself is an event too; the signal ends it early. */
export async function* scan(bus: ScannedBus, scanning: Scanning): AsyncGenerator<ScanEvent> {
  try {
    yield* scanOf(bus, scanning);
  } catch (cause) {
    if (scanning.signal.aborted) return;
    if (!(cause instanceof SensorError)) throw cause;
    yield { event: 'failed', bus: bus.name, why: cause.message };
  }
}

function scanOf(bus: ScannedBus, scanning: Scanning): AsyncGenerator<ScanEvent> {
  switch (bus.kind) {
    case 'i2c':
      return scanI2c(bus, scanning);
    case 'onewire':
      return scanOneWire(bus, scanning);
    case 'serial':
      return 'open' in bus ? scanOpenLine(bus, scanning) : scanSerial(bus, scanning);
    case 'gpio':
      throw new SensorError('bus', 'what is wired to GPIO lines cannot be asked: write it by hand (drivers/README.md)');
  }
}

/** The event that tells of a part. */
export function found(
  where: Pick<Found, 'bus' | 'place' | 'address' | 'id' | 'line'>,
  { part }: Driver,
  { identity, options, unsaid }: Sighting,
): Found {
  const more = { ...(options && { options }), ...(unsaid !== undefined && { unsaid }) };
  return { event: 'found', driver: part, ...where, identity, ...more };
}
