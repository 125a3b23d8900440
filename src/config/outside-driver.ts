import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Driver, Kit, Simulation } from '../driver-kit.ts';
import { driverFlaws, simulationFlaws } from './driver-shape.ts';
import type { KnownDriver } from './known-drivers.ts';

/** A driver file that cannot be used, in words for the technician. */
export class DriverRefusal extends Error {
  /** What to do. */
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DriverRefusal';
    this.hint = hint;
  }
}

const HOW = 'drivers/README.md shows how such a file is written';

/**
 * Loads a driver from a file outside the tree, which gets the kit as an argument. Its code runs with all the rights of
 * the gateway. Throws a DriverRefusal that says what is wrong with it.
 */
export async function outsideDriver(file: string, kit: Kit): Promise<KnownDriver> {
  if (!isFile(file)) {
    throw new DriverRefusal(
      `there is no file ${file} that may be read`,
      'put it there, or correct the path; it is relative to this file',
    );
  }
  const code = await loaded(file);
  checkVersion(code['kit'], kit.KIT_VERSION);
  const driver = made(code['driver'], 'driver', kit, file);
  if (driver === undefined) throw new DriverRefusal('it exports no function called driver', HOW);
  refuse(driverFlaws(driver), 'driver');
  const simulation = made(code['simulation'], 'simulation', kit, file);
  if (simulation === undefined) return { driver: driver as Driver };
  refuse(simulationFlaws(simulation, driver as Driver), 'simulation');
  return { driver: driver as Driver, simulation: async () => simulation as Simulation };
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function loaded(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    const hint = cause instanceof SyntaxError ? `node --check ${file} shows where` : 'correct the file';
    throw new DriverRefusal(`it cannot be loaded: ${told(cause, file)}`, hint, { cause });
  }
}

function checkVersion(written: unknown, here: number): void {
  if (written === here) return;
  if (written === undefined) {
    throw new DriverRefusal('it does not say for which driver kit it was written', `export const kit = ${here};`);
  }
  const hint =
    typeof written === 'number' && written > here
      ? 'take a newer Dorpel, or an older edition of the driver'
      : `take an edition of the driver for kit ${here}; CHANGELOG.md says what changed`;
  throw new DriverRefusal(`it was written for driver kit ${String(written)}, and this is ${here}`, hint);
}

/** What the file's function of that name makes with the kit; undefined where it exports none. */
function made(maker: unknown, name: string, kit: Kit, file: string): unknown {
  if (maker === undefined) return undefined;
  if (typeof maker !== 'function') {
    throw new DriverRefusal(`what it exports as ${name} should be a function of the kit`, HOW);
  }
  try {
    return maker(kit) ?? null;
  } catch (cause) {
    throw new DriverRefusal(`its ${name}(kit) failed: ${told(cause, file)}`, 'correct the file', { cause });
  }
}

function refuse(flaws: readonly string[], what: string): void {
  if (flaws.length > 0) throw new DriverRefusal(`its ${what} does not fit the kit: ${flaws.join('; ')}`, HOW);
}

/** An error with the line of the file from which it came, where its stack says so. */
function told(cause: unknown, file: string): string {
  if (!(cause instanceof Error)) return String(cause);
  const { name, message, stack = '' } = cause;
  const [, after = ''] = stack.split(basename(pathToFileURL(file).href));
  const line = /^:(\d+)/.exec(after)?.[1];
  return `${name}: ${message}${line ? ` (line ${line})` : ''}`;
}
