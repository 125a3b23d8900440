/**
 * The far ends of serial lines, with simulated parts on them, as a process of its own: what simulating costs is not the
 * gateway's. Bytes take the time that the baud rate gives them, and come in pieces of 16 ms, as from a USB adapter.
 */
import { setMaxListeners } from 'node:events';
import { loadConfig } from '../../src/config/load.ts';
import type { SerialDevice } from '../../src/driver-kit.ts';
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { villageWorld } from '../../src/hal/sim/village.ts';
import { sources } from '../support/every-driver.ts';

/** The gateway's config, and which device file is the far end of each of its serial buses. */
export interface SerialPartsOptions {
  readonly configFile: string;
  readonly farEnds: Readonly<Record<string, string>>;
}

/** FTDI's latency timer as Linux sets it. */
const PIECE_MS = 16;
const LONG_MS = 1e9;

const { configFile, farEnds } = JSON.parse(process.argv[2] ?? '{}') as SerialPartsOptions;
const clock = systemClock(() => 'ntp');
const { devices, buses } = await loadConfig(configFile, sources);
const over = new AbortController();
setMaxListeners(0, over.signal); // each part listens to it

for (const bus of buses) {
  if (bus.kind !== 'serial') continue;
  const { name, kind: _kind, path: _near, ...settings } = bus;
  const line = linuxSerialLine(farEnds[name] ?? '', settings, clock).device(0);
  // What the gateway says reaches each part on the line once its last byte is over.
  const wire = new SimulatedSerialLine(clock, name, settings);
  for (const { driver, address, options, name: seed, ...device } of devices.filter((device) => device.bus === name)) {
    const simulation = await device.simulation?.();
    if (simulation?.bus !== 'serial') throw new RangeError(`${driver.part} is not simulated on a serial line`);
    const characterMs = (10 * 1000) / settings.baudRate;
    const far = { ...wire.farEnd(address), write: (bytes: Uint8Array) => sayInPieces(line, bytes, characterMs) };
    const world = villageWorld({ seed, placement: 'indoor' }, clock);
    void simulation.run(far, world, options, over.signal);
  }
  void relay(line, wire.device(0));
}

async function relay(from: SerialDevice, to: SerialDevice): Promise<never> {
  for (;;) await to.write(await from.read(LONG_MS));
}

async function sayInPieces(line: SerialDevice, bytes: Uint8Array, characterMs: number): Promise<void> {
  const size = Math.max(1, Math.floor(PIECE_MS / characterMs));
  const beginMs = performance.now();
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    await clock.sleep(Math.max(0, beginMs + (at + piece.length) * characterMs - performance.now()));
    await line.write(piece);
  }
}
