import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from './config.ts';
import { type Checked, checked } from './issues.ts';
import { type DriverSources, type KnownDrivers, knownDrivers } from './known-drivers.ts';
import { ConfigError } from './problem.ts';
import { resolved } from './resolve.ts';
import { configSchema } from './schema.ts';
import { Source } from './source.ts';

/**
 * Reads and checks a config file, and loads the drivers that it names. Throws a ConfigError with everything that is
 * wrong.
 */
export function loadConfig(file: string, sources: DriverSources): Promise<Config> {
  return parseConfig(file, textOf(file, 'name it with --config FILE; config/demo.yaml is an example'), sources);
}

/** As `loadConfig`, from a text as if it stood in the file. */
export async function parseConfig(file: string, text: string, sources: DriverSources): Promise<Config> {
  const source = new Source(file, text);
  return configIn(source, await knownDrivers(source, sources, dirname(file)));
}

/** What a file holds; a ConfigError with the hint where it cannot be read. */
export function textOf(file: string, hint: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new ConfigError([{ file, line: 1, column: 1, key: '', message: REASONS[code] ?? message, hint }]);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a directory, not a file',
  EACCES: 'the file may not be read by this user',
};

/** The config that `source` describes, with drivers that were loaded before. Paths in it are relative to its file. */
export function configIn(source: Source, drivers: KnownDrivers): Config {
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  const whole = checked(configSchema, source.value, { source });
  // What shows only when the parts come together is told in the same round, as far as the rest is sound.
  const sound = whole.output ?? checked(configSchema, without(source.value, whole.wrong), { source }).output;
  if (!sound) throw new ConfigError([...whole.problems, ...drivers.problems]);
  const { config, problems } = resolved(sound, { source, drivers, directory: dirname(source.file) });
  const all = [...whole.problems, ...drivers.problems, ...problems];
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

const STAND_IN = { id: 'unknown', owner: 'unknown' };

/** The file without what is wrong in it: the key that nobody knows, or the whole bus, device, uplink or list of files. */
function without(value: unknown, wrong: Checked<unknown>['wrong']): unknown {
  const rest = structuredClone(value);
  for (const { path, isExtra } of wrong) {
    if (path[0] === 'gateway' && !isExtra) Object.assign(rest as object, { gateway: STAND_IN });
    else remove(rest, isExtra ? path : path.slice(0, path[0] === 'drivers' ? 1 : 2));
  }
  return rest;
}

function remove(from: unknown, [key = '', ...deeper]: readonly (string | number)[]): void {
  if (typeof from !== 'object' || from === null) return;
  if (deeper.length === 0) Reflect.deleteProperty(from, key);
  else remove((from as Record<string, unknown>)[key], deeper);
}
