/**
 * A gateway with the devices of a config, as a process of its own, so that what it takes can be measured apart. I2C is
 * simulated inside it (so the parts' share is in what it takes, the kernel's is not), serial lines are opened as on a
 * board. It prints "begin" after its warm-up and one line of JSON when its time is over.
 */
import { loadConfig } from '../../src/config/load.ts';
import { linuxHal } from '../../src/hal/linux/linux-hal.ts';
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { type Attached, SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { villageWorld } from '../../src/hal/sim/village.ts';
import { sources } from '../support/every-driver.ts';
import { type Setup, startBenchGateway } from './bench-gateway.ts';

/** What to run. */
export interface BusesOptions extends Setup {
  readonly configFile: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What one device told while it was measured. */
export interface Heard {
  readonly name: string;
  readonly kind: string;
  readonly periodMs: number;
  /** When each of its observations with a value was made, in ms from the begin. */
  readonly atMs: readonly number[];
  readonly faults: number;
}

/** What was measured between the warm-up and the end. */
export interface BusesResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly readings: number;
  readonly devices: readonly Heard[];
}

// As the program does.
settleForASmallHeap();
const options = JSON.parse(process.argv[2] ?? '{}') as BusesOptions;
const clock = systemClock(() => 'ntp');
const { devices, buses } = await loadConfig(options.configFile, sources);

const onI2c = devices.filter(({ driver }) => driver.bus === 'i2c');
const attached = onI2c.map(async (device): Promise<Attached> => {
  const simulation = await device.simulation?.();
  if (!simulation) throw new RangeError(`${device.driver.part} has no simulated part`);
  return { ...device, simulation, world: villageWorld({ seed: device.name, placement: 'indoor' }, clock) };
});
const simulated = new SimulatedHal(clock, await Promise.all(attached));
const hal = { ...linuxHal(clock), i2c: (bus: { readonly name: string }) => simulated.i2c(bus) };

const told = new Map(devices.map(({ name }) => [name, { atMs: [] as number[], faults: 0 }]));
let readings = 0;
let beginMs = Number.POSITIVE_INFINITY;
const gateway = await startBenchGateway(options, {
  devices,
  clock,
  board: { hal, buses },
  watch: ({ device, instant, readings: given }) => {
    const heard = told.get(device);
    if (!heard || instant.uptimeMs < beginMs) return;
    readings += given.length;
    if (given.every(({ quality }) => quality === 'fault')) heard.faults += 1;
    else heard.atMs.push(instant.uptimeMs - beginMs);
  },
});

await clock.sleep(options.warmUpSeconds * 1000);
beginMs = clock.uptimeMs();
process.stdout.write('begin\n');
const before = process.cpuUsage();
await clock.sleep(options.seconds * 1000);
const cpu = process.cpuUsage(before);
const result: BusesResult = {
  seconds: (clock.uptimeMs() - beginMs) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  readings,
  devices: devices.map(({ name, driver, periodMs }) => ({
    name,
    kind: driver.bus,
    periodMs,
    ...(told.get(name) ?? { atMs: [], faults: 0 }),
  })),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await gateway.stop();
