import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Child, startChild } from './child.ts';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** A config as it stands in a file, but for what is the same in every test. */
export interface Site {
  readonly buses: object;
  readonly devices: object;
  readonly uplinks: object;
  /** Time between two commits; short, so that tests are. */
  readonly commit?: string;
}

/** Writes a config into `folder`, where the data are kept too. */
export function writeConfig(folder: string, { commit = '100ms', ...site }: Site): string {
  const file = join(folder, 'dorpel.yaml');
  const config = { gateway: { id: 'gw', owner: 'heihoek' }, storage: { path: 'data', commit }, ...site };
  writeFileSync(file, stringify(config));
  return file;
}

/** Starts the program as it is built, as an operator does. */
export function dorpel(...args: readonly string[]): Child {
  if (!existsSync(MAIN)) throw new Error('dist/src/main.js is missing: npm run build');
  return startChild(process.execPath, [MAIN, ...args]);
}

/** Starts a gateway. */
export function runGateway(config: string): Child {
  return dorpel('run', '--config', config);
}

/** The lines of a gateway's log with this code, about this device where one is named. */
export function logged(gateway: Child, code: string, device?: string): string[] {
  const lines = gateway.lines.filter((line) => line.includes(` code=${code} `));
  return device === undefined ? lines : lines.filter((line) => line.includes(` device=${device} `));
}
