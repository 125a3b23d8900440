import type { BusConfig, DeviceConfig } from './config/config.ts';
import type { Reading } from './control/control.ts';
import type { Driver, Identity } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import { SensorError } from './model/errors.ts';
import type { Turn } from './sampling/bus-queue.ts';
import type { Bus } from './sampling/buses.ts';
import type { OnDemand } from './sampling/on-demand.ts';
import { type ScanEvent, type ScannedBus, scan } from './scanning/scan.ts';

/** What a gateway gives to those who ask beside it, in turn with its own conversations: nothing is opened twice. */

/** A bus of the gateway, and all that is known of it. */
export interface SharedBus {
  readonly config: BusConfig;
  readonly open: Bus;
  /** Those on it. */
  readonly devices: readonly DeviceConfig[];
  /** What devices have said of themselves, by name. */
  readonly identities: ReadonlyMap<string, Identity>;
  drivers(): Promise<readonly Driver[]>;
  readonly clock: Clock;
}

/** A sample, or why there is none. */
export async function readingOf(ask: OnDemand | undefined, signal: AbortSignal): Promise<Reading> {
  try {
    return ask ? await ask(signal) : { error: 'it has not begun yet: try again' };
  } catch (cause) {
    if (signal.aborted) return { error: 'nobody waits for it any more' };
    return { error: cause instanceof SensorError ? `${cause.message} (${cause.kind})` : String(cause) };
  }
}

/** Whoever scans waits for those who measure. What is asked at one place ends by itself, long before this. */
const SCAN: Turn = { device: 'scan', priority: 'low', deadlineMs: 60_000, letGo: async () => undefined };

/** Scans a bus beside the gateway. Its own parts are named, and not asked; a line that one of them needs for itself is left alone. */
export async function* scanShared(
  bus: SharedBus,
  { isThorough }: { readonly isThorough: boolean },
  signal: AbortSignal,
): AsyncGenerator<ScanEvent> {
  const { config, open, devices, clock } = bus;
  const alone = devices.find(({ driver }) => driver.bus === 'serial' && !driver.addresses);
  if (alone) {
    yield { event: 'known', bus: config.name, place: 'the whole line', device: alone.name };
    return;
  }
  const known = new Map(devices.flatMap((device) => placesOf(device, bus.identities.get(device.name))));
  const turn = <T>(talk: () => Promise<T>) => open.queue.run(talk, SCAN);
  yield* scan(scannedBus(config, open), { drivers: await bus.drivers(), clock, signal, isThorough, known, turn });
}

function scannedBus(config: BusConfig, open: Bus): ScannedBus {
  const { name } = config;
  if (open.kind === 'i2c') return { name, kind: open.kind, open: open.open };
  if (open.kind === 'onewire') return { name, kind: open.kind, open: open.open };
  if (open.kind === 'gpio' || config.kind !== 'serial') return { name, kind: 'gpio' };
  const { baudRate, dataBits, parity, stopBits } = config;
  return { name, kind: open.kind, open: open.open, settings: { baudRate, dataBits, parity, stopBits } };
}

/** A device's place, and its own number: an M-Bus meter that is read by its address is also found by that. */
function placesOf(
  { name, driver, options, address, id }: DeviceConfig,
  identity?: Identity,
): [number | string, string][] {
  const selection = driver.bus === 'serial' ? driver.selectedBy?.(options) : undefined;
  const { serialNumber } = identity ?? {};
  return [
    [id ?? selection ?? address, name],
    ...(serialNumber === undefined ? [] : [[serialNumber, name] as [string, string]]),
  ];
}
