import { drivers } from '../../drivers/index.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import type { Driver } from '../../src/driver-kit.ts';

const parts: readonly Driver[] = drivers.map(({ driver }) => driver);

/** The least that a file must say; one line. */
export const GATEWAY = 'gateway: { id: village, owner: heihoek }';

/** A gateway with a bus of each kind; five lines. */
export const BUSES = `${GATEWAY}
buses:
  hall: { kind: i2c, path: /dev/i2c-1 }
  rs485: { kind: serial, path: /dev/ttyUSB0 }
  pins: { kind: gpio, chip: pinctrl-bcm2711 }`;

/** The config in a text, as if it stood in `file`. */
export function parsed(text: string, file = 'village.yaml', known: readonly Driver[] = parts): Config {
  return parseConfig(file, text, known);
}

/** The config in a file. */
export function loaded(file: string): Config {
  return loadConfig(file, parts);
}

/** Everything that is wrong: `line:column key | message | hint`. */
export function complaints(load: () => unknown): string[] {
  try {
    load();
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    return cause.problems.map(({ line, column, key, message, hint }) => {
      const place = key ? `${line}:${column} ${key}` : `${line}:${column}`;
      return [place, message, hint ?? ''].join(' | ');
    });
  }
  return [];
}
