import { dirname, resolve } from 'node:path';
import type { Driver, DriverRegister, Kit, Simulation } from '../driver-kit.ts';
import { DriverRefusal, outsideDriver } from './outside-driver.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

/** Where drivers come from: those of the tree, and the kit that one from outside is given. */
export interface DriverSources {
  readonly register: DriverRegister;
  kit(): Promise<Kit>;
}

/** A driver that was loaded. */
export interface KnownDriver {
  readonly driver: Driver;
  /** The part that stands in for the real one; absent where a driver from outside brings none. */
  simulation?(): Promise<Simulation>;
}

/** The drivers of a config: only those that it names are loaded. */
export interface KnownDrivers {
  readonly loaded: ReadonlyMap<string, KnownDriver>;
  /** Of all that there are. */
  readonly names: readonly string[];
  /** What is wrong with the files from outside; nobody knows what the drivers in those are called. */
  readonly problems: readonly Problem[];
}

/** Loads the drivers that the devices of a config name, and the files that it lists. */
export async function knownDrivers(source: Source, { register, kit }: DriverSources): Promise<KnownDrivers> {
  const inTree = Object.keys(register);
  const named = namesIn(source.value).filter((name) => inTree.includes(name));
  const loaded = new Map<string, KnownDriver>();
  for (const name of named) loaded.set(name, await registered(register, name));
  const from = new Map(inTree.map((name) => [name, 'a driver of Dorpel']));
  const problems: Problem[] = [];
  for (const { file, index } of filesIn(source.value)) {
    try {
      const known = await outsideDriver(resolve(dirname(source.fileAt(['drivers', index])), file), await kit());
      const { part } = known.driver;
      const other = from.get(part);
      if (other) throw new DriverRefusal(`its driver is called "${part}", as ${other} is`, 'give it a name of its own');
      from.set(part, `that of ${file}`);
      loaded.set(part, known);
    } catch (cause) {
      if (!(cause instanceof DriverRefusal)) throw cause;
      problems.push(source.at(['drivers', index], cause.message, cause.hint));
    }
  }
  return { loaded, names: [...from.keys()], problems };
}

/** A driver of the tree. Throws a RangeError where there is none of that name. */
export async function registered(register: DriverRegister, name: string): Promise<Required<KnownDriver>> {
  const [driver, simulation] = register[name] ?? [];
  if (!driver || !simulation) throw new RangeError(`no driver called ${name}`);
  return { driver: (await driver()).driver, simulation: async () => (await simulation()).simulation };
}

// The file has not been checked yet: what is not as it should be is told later.
function namesIn(config: unknown): string[] {
  const devices = Object.values(Object(Object(config)['devices'])).map((device) => Object(device)['driver']);
  return [...new Set(devices.filter((name) => typeof name === 'string'))];
}

function filesIn(config: unknown): { readonly file: string; readonly index: number }[] {
  const files: unknown = Object(config)['drivers'];
  if (!Array.isArray(files)) return [];
  return files.flatMap((file, index) => (typeof file === 'string' && file !== '' ? { file, index } : []));
}
