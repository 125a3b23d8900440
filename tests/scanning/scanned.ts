import type { BusConfig, Config } from '../../src/config/config.ts';
import type { Hal } from '../../src/hal/hal.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type Found, type ScanEvent, type ScannedBus, type Scanning, scan } from '../../src/scanning/scan.ts';
import { drivers } from '../support/every-driver.ts';
import { type Altered, simulatedHal } from '../support/village.ts';

const busOf = (bus: BusConfig, hal: Hal): ScannedBus => {
  const { name } = bus;
  if (bus.kind === 'i2c') return { name, kind: bus.kind, open: hal.i2c(bus) };
  if (bus.kind === 'onewire') return { name, kind: bus.kind, open: hal.onewire(bus) };
  if (bus.kind === 'serial') return { name, kind: bus.kind, openAs: (settings) => hal.serial({ ...bus, ...settings }) };
  return { name, kind: bus.kind };
};

/** What surrounds a scan in a test, where the test does not say otherwise. */
export interface Around {
  readonly clock?: VirtualClock;
  readonly altered?: Altered;
  readonly scanning?: Partial<Scanning>;
  /** Wraps the board. */
  readonly on?: (hal: Hal) => Hal;
}

/** Scans every bus of a config, its devices simulated, in virtual time. */
export async function scanned(config: Config, around: Around = {}) {
  const { clock = new VirtualClock(), altered, on = (hal: Hal) => hal } = around;
  const simulated = await simulatedHal(config, clock, altered);
  const hal = on(simulated);
  const events: ScanEvent[] = [];
  const scanning: Scanning = {
    drivers: drivers.map(({ driver }) => driver),
    clock,
    signal: new AbortController().signal,
    isThorough: false,
    known: new Map(),
    turn: (talk) => talk(),
    ...around.scanning,
  };
  const all = async () => {
    for (const bus of config.buses) {
      for await (const event of scan(busOf(bus, hal), scanning)) events.push(event);
    }
  };
  let isDone = false;
  const done = all().finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  const startMs = clock.uptimeMs();
  while (!isDone) await clock.advance(100);
  await done;
  const tookSeconds = (clock.uptimeMs() - startMs) / 1000;
  const ending = simulated.end();
  await clock.advance(1000);
  await ending.catch(() => undefined);
  return { events, found: events.filter((event): event is Found => event.event === 'found'), tookSeconds };
}
