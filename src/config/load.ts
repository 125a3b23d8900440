import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Driver } from '../driver-kit.ts';
import type { Config } from './config.ts';
import { type Checked, checked } from './issues.ts';
import { ConfigError } from './problem.ts';
import { resolved } from './resolve.ts';
import { type ConfigFile, configSchema } from './schema.ts';
import { Source } from './source.ts';

/** Reads and checks a config file. Throws a ConfigError with everything that is wrong. */
export function loadConfig(file: string, drivers: readonly Driver[]): Config {
  return parseConfig(file, textOf(file, 'name it with --config FILE; config/demo.yaml is an example'), drivers);
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

/** As `loadConfig`, from a text that was read already. Paths in it are relative to the file's directory. */
export function parseConfig(file: string, text: string, drivers: readonly Driver[]): Config {
  const source = new Source(file, text);
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  const whole = checked(configSchema, source.value, { source });
  // What shows only when the parts come together is told in the same round, as far as the rest is sound.
  const sound = whole.output ?? checked(configSchema, without(source.value, whole.wrong), { source }).output;
  if (!sound) throw new ConfigError(whole.problems);
  const { config, problems } = resolved(sound, { source, drivers, directory: dirname(file) });
  const all = [...whole.problems, ...problems];
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

const STAND_IN: ConfigFile['gateway'] = { id: 'unknown', owner: 'unknown' };

/** The file without what is wrong in it: the key that nobody knows, or the whole bus, device or uplink. */
function without(value: unknown, wrong: Checked<unknown>['wrong']): unknown {
  const rest = structuredClone(value);
  for (const { path, isExtra } of wrong) {
    if (path[0] === 'gateway' && !isExtra) Object.assign(rest as object, { gateway: STAND_IN });
    else remove(rest, isExtra ? path : path.slice(0, 2));
  }
  return rest;
}

function remove(from: unknown, [key = '', ...deeper]: readonly (string | number)[]): void {
  if (typeof from !== 'object' || from === null) return;
  if (deeper.length === 0) Reflect.deleteProperty(from, key);
  else remove((from as Record<string, unknown>)[key], deeper);
}
