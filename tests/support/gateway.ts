import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type Child, startChild } from './child.ts';

/** The program as it is built. */
export const MAIN = fileURLToPath(new URL('../../dist/src/dorpel.cjs', import.meta.url));

/** A config as it stands in a file, but for what is the same in every test. */
export interface Site {
  readonly buses: object;
  readonly devices: object;
  readonly uplinks: object;
  readonly storage?: Storage;
  readonly drivers?: readonly string[];
  /** How often the gateway measures itself; absent: never, so that tests count what they have put there. */
  readonly health?: string;
  readonly metrics?: { readonly port: number };
}

/** Where and how long observations wait, beyond what is so in every test: `commit`, `clockWait`, `quota` … */
export type Storage = Readonly<Record<string, string | number>>;

/** Short times, so that tests are; and no test waits for a time server that its machine may not have. */
const STORAGE: Storage = { path: 'data', commit: '100ms', clockWait: '0s' };

/** Writes a config into `folder`, where the data are kept too. */
export function writeConfig(folder: string, { storage, health, ...site }: Site): string {
  const file = join(folder, 'dorpel.yaml');
  const config = {
    gateway: { id: 'gw', owner: 'heihoek', health: health ?? false },
    storage: { ...STORAGE, ...storage },
    ...site,
  };
  writeFileSync(file, stringify(config));
  return file;
}

/** Starts the program as it is built, as an operator does. */
export function dorpel(...args: readonly string[]): Child {
  return program(args, {});
}

/** As `dorpel`; `env` is added to the environment. */
export function dorpelIn(env: Readonly<Record<string, string>>, ...args: readonly string[]): Child {
  return program(args, env);
}

/** Starts a gateway; `env` is added to the environment, `more` to its command line. */
export function runGateway(
  config: string,
  env: Readonly<Record<string, string>> = {},
  ...more: readonly string[]
): Child {
  return program(['run', '--config', config, ...more], env);
}

function program(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  if (!existsSync(MAIN)) throw new Error('dist/src/dorpel.cjs is missing: npm run build');
  return startChild(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
}

/** The lines of a gateway's log with this code, about this device where one is named. */
export function logged(gateway: Child, code: string, device?: string): string[] {
  const lines = gateway.lines.filter((line) => line.includes(` code=${code} `));
  return device === undefined ? lines : lines.filter((line) => line.includes(` device=${device} `));
}
