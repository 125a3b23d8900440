import { register } from '../../drivers/index.ts';
import { type DriverSources, type KnownDriver, type KnownDrivers, registered } from '../../src/config/known-drivers.ts';
import * as kit from '../../src/driver-kit.ts';

/** Every driver of the tree, loaded: for what is said of all of them. */
export const drivers = await Promise.all(Object.keys(register).map((name) => registered(register, name)));

/** What a config is checked with where nothing need be loaded any more. */
export function known(loaded: readonly KnownDriver[] = drivers): KnownDrivers {
  const byName = new Map(loaded.map((one) => [one.driver.part, one]));
  return { loaded: byName, names: [...byName.keys()], problems: [] };
}

/** What the program loads a config with. */
export const sources: DriverSources = { register, kit: async () => kit };
