import type { Config } from '../../src/config/config.ts';
import { writtenIn } from '../../src/config/includes.ts';
import type { KnownDriver } from '../../src/config/known-drivers.ts';
import { configIn, loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { known, sources } from '../support/every-driver.ts';

/** The least that a file must say; one line. */
export const GATEWAY = 'gateway: { id: village, owner: heihoek }';

/** A gateway with a bus of each kind; five lines. */
export const BUSES = `${GATEWAY}
buses:
  hall: { kind: i2c, path: /dev/i2c-1 }
  rs485: { kind: serial, path: /dev/ttyUSB0 }
  pins: { kind: gpio, chip: pinctrl-bcm2711 }`;

/** The config in a text, as if it stood in `file`. */
export function parsed(text: string, file = 'village.yaml', drivers?: readonly KnownDriver[]): Config {
  return configIn(writtenIn(file, text), known(drivers));
}

/** The config in a file, as the program loads it. */
export function loaded(file: string): Promise<Config> {
  return loadConfig(file, sources);
}

/** Everything that is wrong: `line:column key | message | hint`. */
export function complaints(load: () => unknown): string[] {
  try {
    load();
  } catch (cause) {
    return told(cause);
  }
  return [];
}

/** As `complaints`, of a file as the program loads it. */
export function complaintsOf(file: string): Promise<string[]> {
  return loaded(file).then(() => [], told);
}

function told(cause: unknown): string[] {
  if (!(cause instanceof ConfigError)) throw cause;
  return cause.problems.map(({ line, column, key, message, hint }) => {
    const place = key ? `${line}:${column} ${key}` : `${line}:${column}`;
    return [place, message, hint ?? ''].join(' | ');
  });
}
