import { defaultOptions } from '../config/default-options.ts';
import type { I2cDriver, Sighting } from '../driver-kit.ts';
import type { Clock } from '../hal/clock.ts';
import type { I2cBus, I2cDevice } from '../hal/i2c.ts';
import { SensorError } from '../model/errors.ts';
import { hex } from '../protocol/hex.ts';
import { asked, NO_MEMORY, startedAndStopped } from './asking.ts';
import { found, type ScanEvent, type Scanning } from './scan.ts';

// The I2C specification keeps the addresses below and above for itself ("Reserved addresses").
const FIRST = 0x08;
const LAST = 0x77;

// For a part that took the last driver's command for one of its own: a SEN5x takes so long over most of them.
const AFTER_REFUSAL_MS = 20;
/** So many addresses in a row that time out are a bus that is held, not parts. */
const HELD_AFTER = 3;
/** Parts that measure, and must be stopped to be asked, take half a second (SCD4x); most take a few milliseconds. */
const AT_MOST_SECONDS = 10;

type Answer = { readonly driver: I2cDriver; readonly sighting: Sighting } | { readonly said: string } | undefined;

/** Every address, asked by those drivers whose parts can have it; what only acknowledges is told as unknown. */
export async function* scanI2c(
  { name, open }: { readonly name: string; readonly open: I2cBus },
  { drivers, clock, signal, known, turn }: Scanning,
): AsyncGenerator<ScanEvent> {
  const candidates = drivers.filter((driver) => driver.bus === 'i2c').toSorted(gentlestFirst);
  yield { event: 'step', bus: name, what: 'addresses 0x08 to 0x77', atMostSeconds: AT_MOST_SECONDS };
  const watch = new Held();
  for (let address = FIRST; address <= LAST && !signal.aborted; address += 1) {
    const place = `0x${address.toString(16).padStart(2, '0')}`;
    const device = known.get(address);
    if (device !== undefined) {
      yield { event: 'known', bus: name, place, device };
      continue;
    }
    const fitting = candidates.filter(({ addresses }) => addresses.includes(address));
    const answer = await turn(() => whoIs(open.device(address), fitting, { clock, watch }));
    if (!answer) continue;
    if ('said' in answer) yield { event: 'unknown', bus: name, place, said: answer.said };
    else yield found({ bus: name, place, address }, answer.driver, answer.sighting);
  }
}

/** Drivers that ask before those that start: a start says more to a part that is another than a question does. */
function gentlestFirst(one: I2cDriver, other: I2cDriver): number {
  return Number(one.identify === undefined) - Number(other.identify === undefined);
}

/** Notices a bus on which nothing gets through any more. */
class Held {
  #inARow = 0;

  heard(outcome: unknown): void {
    const isHung = outcome instanceof SensorError && outcome.kind === 'timeout';
    this.#inARow = isHung ? this.#inARow + 1 : 0;
    if (this.#inARow < HELD_AFTER) return;
    throw new SensorError('bus', `${HELD_AFTER} addresses in a row time out: a part or a short holds a line low`);
  }
}

async function whoIs(
  device: I2cDevice,
  candidates: readonly I2cDriver[],
  { clock, watch }: { readonly clock: Clock; readonly watch: Held },
): Promise<Answer> {
  const said: string[] = [];
  for (const driver of candidates) {
    const sighting = await asked(clock, () => identified(driver, device));
    if (sighting && !(sighting instanceof SensorError)) return { driver, sighting };
    // That it is not acknowledged is what most parts say to another's commands, and what an empty place says.
    if (sighting && sighting.kind !== 'no-acknowledge') said.push(`to ${driver.part}: ${sighting.message}`);
    await clock.sleep(AFTER_REFUSAL_MS);
  }
  if (said.length > 0) return { said: said.join('; ') };
  // A read of one byte writes nothing; it is also what `i2cdetect -r` does.
  const byte = await asked(clock, () => device.read(1));
  watch.heard(byte);
  if (byte instanceof SensorError) return byte.kind === 'no-acknowledge' ? undefined : { said: byte.message };
  return { said: `it acknowledges; its first byte is ${hex(byte)}` };
}

/** Undefined for a driver that cannot be tried without options. */
async function identified(driver: I2cDriver, device: I2cDevice): Promise<Sighting | undefined> {
  if (driver.identify) return driver.identify(device);
  const options = defaultOptions(driver);
  return options && { identity: await startedAndStopped(driver.create(device, options, NO_MEMORY)) };
}
