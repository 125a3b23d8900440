import type { Config } from '../config/config.ts';
import { registered } from '../config/known-drivers.ts';
import { perform } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Hal } from '../hal/hal.ts';
import type { LineSettings } from '../hal/serial.ts';
import { type ScanEvent, type ScannedBus, type Scanning, scan } from '../scanning/scan.ts';
import type { Context } from './command.ts';
import type { ToScan } from './scanned-buses.ts';

/** How to scan. */
export interface How {
  readonly isThorough: boolean;
  readonly socket: string;
  /** With the parts that stand on simulated buses; undefined: the board's own buses. */
  readonly simulated?: Config | undefined;
}

/** Scans one bus after the other: those that the gateway has open through the gateway, the others by itself. */
export async function* scanAll(
  buses: readonly ToScan[],
  { isThorough, socket, simulated }: How,
  context: Context,
): AsyncGenerator<ScanEvent> {
  const { drivers, stop } = context;
  const { hal, clock, end } = await context.buses(simulated ?? { buses: [], devices: [] }, simulated !== undefined);
  const loading = Object.keys(drivers.register).map(async (name) => (await registered(drivers.register, name)).driver);
  const known: Scanning['known'] = new Map();
  const turn: Scanning['turn'] = (talk) => talk();
  const scanning = { drivers: await Promise.all(loading), clock, signal: stop, isThorough, known, turn };
  try {
    for (const bus of buses) {
      if (stop.aborted) return;
      if (bus.shared === undefined) yield* opened(bus, hal, scanning);
      else yield* shared(bus, bus.shared, { socket, isThorough, stop });
    }
  } finally {
    await end();
  }
}

/** The gateway may call the bus by another name than the config at hand. */
async function* shared(
  { name }: ToScan,
  called: string,
  { socket, isThorough, stop }: { socket: string; isThorough: boolean; stop: AbortSignal },
): AsyncGenerator<ScanEvent> {
  const path = `${PATHS.scan}${encodeURIComponent(called)}${isThorough ? '?all' : ''}`;
  for await (const event of perform<ScanEvent>(socket, path, stop)) yield { ...event, bus: name };
}

async function* opened({ name, kind, path }: ToScan, hal: Hal, scanning: Scanning): AsyncGenerator<ScanEvent> {
  if (kind === 'gpio') return yield* scan({ name, kind }, scanning);
  if (kind === 'serial') {
    const openAs = (settings: LineSettings) => hal.serial({ name, path, ...settings });
    return yield* scan({ name, kind, openAs }, scanning);
  }
  const bus: ScannedBus =
    kind === 'i2c' ? { name, kind, open: hal.i2c({ name, path }) } : { name, kind, open: hal.onewire({ name, path }) };
  try {
    yield* scan(bus, scanning);
  } finally {
    await bus.open.close();
  }
}
