import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A bus that the board shows. */
export interface BoardBus {
  readonly kind: 'i2c' | 'serial' | 'onewire';
  readonly path: string;
}

/**
 * The buses that this board shows: its I2C buses, the serial adapters that are plugged in, and 1-Wire where it is switched
 * on. Not the board's own UARTs: a console may be on them. `root` is another than `/` in tests.
 */
export function boardBuses(root = '/'): readonly BoardBus[] {
  const names = (directory: string) => {
    const path = join(root, directory);
    return existsSync(path) ? readdirSync(path).toSorted(byNumber) : [];
  };
  const devices = names('dev');
  const byId = names('dev/serial/by-id').map((name) => `/dev/serial/by-id/${name}`);
  const usb = devices.filter((name) => /^tty(USB|ACM)\d+$/.test(name)).map((name) => `/dev/${name}`);
  const isOneWire = names('sys/bus/w1/devices').some((name) => name.startsWith('w1_bus_master'));
  return [
    ...devices.filter((name) => /^i2c-\d+$/.test(name)).map((name) => ({ kind: 'i2c', path: `/dev/${name}` }) as const),
    // The names by-id find the same adapter in any socket; a board without udev has only the others.
    ...(byId.length > 0 ? byId : usb).map((path) => ({ kind: 'serial', path }) as const),
    ...(isOneWire ? [{ kind: 'onewire', path: '/sys/bus/w1' } as const] : []),
  ];
}

const byNumber = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true });
