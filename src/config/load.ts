import type { Config } from './config.ts';
import { fileText } from './file-text.ts';
import { writtenIn } from './includes.ts';
import { type Checked, checked, remove } from './issues.ts';
import { type DriverSources, type KnownDrivers, knownDrivers } from './known-drivers.ts';
import { ConfigError, type Problem } from './problem.ts';
import { resolved } from './resolve.ts';
import { configSchema } from './schema.ts';
import type { Source } from './source.ts';

/**
 * Reads and checks a config file and all that it includes, and loads the drivers that it names. Rejects with a
 * ConfigError with everything that is wrong.
 */
export async function loadConfig(file: string, sources: DriverSources): Promise<Config> {
  return parseConfig(file, textOf(file, 'name it with --config FILE; config/demo.yaml is an example'), sources);
}

/** As `loadConfig`, from a text as if it stood in the file. */
export async function parseConfig(file: string, text: string, sources: DriverSources): Promise<Config> {
  const source = writtenIn(file, text);
  return configIn(source, await knownDrivers(source, sources));
}

/** What a file holds; a ConfigError where it cannot be read, with the hint where no better one is known. */
export function textOf(file: string, hint: string): string {
  const found = fileText(file);
  if ('text' in found) return found.text;
  throw new ConfigError([{ file, line: 1, column: 1, key: '', message: found.reason, hint: found.hint ?? hint }]);
}

/** The config that is written in `source`, with drivers that were loaded before. */
export function configIn(source: Source, drivers: KnownDrivers): Config {
  if (source.value === undefined) throw new ConfigError(told(source, []));
  const whole = checked(configSchema, source.value, { source });
  // What shows only when the parts come together is told in the same round, as far as the rest is sound.
  const sound = whole.output ?? checked(configSchema, sane(source.value, whole.wrong), { source }).output;
  const early = [...whole.problems, ...drivers.problems];
  if (!sound) throw new ConfigError(told(source, early));
  const { config, problems } = resolved(sound, { source, drivers });
  const all = told(source, [...early, ...problems]);
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

/** What is wrong with the writing, and then with what it means: of what cannot be made out, no more is said. The file that was named comes first. */
function told(source: Source, meaning: readonly Problem[]): Problem[] {
  const writing = source.problems;
  const isPlaceOf = (a: Problem) => (b: Problem) => a.file === b.file && a.line === b.line && a.column === b.column;
  const all = [...writing, ...meaning.filter((problem) => !writing.some(isPlaceOf(problem)))];
  const isNamed = ({ file }: Problem) => file === source.file;
  return [...all.filter(isNamed), ...all.filter((problem) => !isNamed(problem))];
}

const STAND_IN = { id: 'unknown', owner: 'unknown' };

/** The file without what is wrong in it: the key that nobody knows, or the whole bus, device, uplink or list of files. */
function sane(value: unknown, wrong: Checked<unknown>['wrong']): unknown {
  const rest = structuredClone(value);
  for (const { path, isExtra } of wrong) {
    if (path[0] === 'gateway' && !isExtra) Object.assign(rest as object, { gateway: STAND_IN });
    else remove(rest, isExtra ? path : path.slice(0, path[0] === 'drivers' ? 1 : 2));
  }
  return rest;
}
