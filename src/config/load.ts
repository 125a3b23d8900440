import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Driver } from '../driver-kit.ts';
import type { Config } from './config.ts';
import { checked } from './issues.ts';
import { ConfigError } from './problem.ts';
import { resolved } from './resolve.ts';
import { configSchema } from './schema.ts';
import { Source } from './source.ts';

/** Reads and checks a config file. Throws a ConfigError with everything that is wrong. */
export function loadConfig(file: string, drivers: readonly Driver[]): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const hint = 'name it with --config FILE; config/demo.yaml is an example';
    throw new ConfigError([{ file, line: 1, column: 1, key: '', message: (cause as Error).message, hint }]);
  }
  return parseConfig(file, text, drivers);
}

/** As `loadConfig`, from a text that was read already. Paths in it are relative to the file's directory. */
export function parseConfig(file: string, text: string, drivers: readonly Driver[]): Config {
  const source = new Source(file, text);
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  const { output, problems } = checked(configSchema, source.value, { source });
  if (!output) throw new ConfigError(problems);
  const outcome = resolved(output, { source, drivers, directory: dirname(file) });
  if (outcome.problems.length > 0) throw new ConfigError(outcome.problems);
  return outcome.config;
}
