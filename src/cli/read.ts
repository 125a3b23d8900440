import { loadConfig } from '../config/load.ts';
import type { Sample, Sensor, StreamingSensor } from '../driver-kit.ts';
import { SensorError } from '../model/errors.ts';
import { presentable, reading } from '../model/observation.ts';
import { quantities, quantityNames } from '../model/quantity.ts';
import { deviceOn, openBus } from '../sampling/buses.ts';
import { MemoryOutbox } from '../store/memory-outbox.ts';
import { configFile, deviceCalled, parsed } from './arguments.ts';
import type { Command, Context } from './command.ts';
import { CONFIG, SIMULATE } from './options.ts';

const OPTIONS = { ...CONFIG, ...SIMULATE };

export const read: Command = {
  summary: 'Takes one sample of a device and prints it.',
  usage: 'dorpel read DEVICE --config FILE [--simulate]',
  options: OPTIONS,
  example: 'dorpel read hall-air --config gateway.yaml',
  exitCodes: { 0: 'read', 1: 'it could not be read', 2: 'wrong usage or config' },
  async run(args, context) {
    const { values, positionals } = parsed(args, OPTIONS);
    const config = await loadConfig(configFile(values.config), context.drivers);
    const device = deviceCalled(positionals[0], config.devices);
    // Only the device's own bus is opened: the others are not asked, and none of their parts is disturbed.
    const buses = config.buses.filter(({ name }) => name === device.bus);
    const board = await context.buses({ ...config, buses, devices: [device] }, values.simulate ?? false);
    // What is wrong is said by the sample that does not come.
    const around = { hal: board.hal, clock: board.clock, devices: () => 1, report: () => undefined };
    const open = buses.map((bus) => openBus(bus, around));
    const memory = new MemoryOutbox([]).memory(device.name);
    const { sensor } = deviceOn(open, device, { memory, clock: board.clock }).create();
    try {
      context.stdout.write(shownSample(await oneSample(sensor, context)));
      return 0;
    } catch (cause) {
      if (context.stop.aborted) return 1;
      if (!(cause instanceof SensorError)) throw cause;
      context.stderr.write(`${device.name}: ${cause.message} (${cause.kind})\n`);
      return 1;
    } finally {
      await sensor.stop?.().catch(() => undefined);
      await Promise.all(open.map((bus) => bus.open.close()));
      await board.end();
    }
  },
};

// Of the parts that measure by themselves, the slowest has something to tell every 30 s; after twice that it is a fault.
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 1000;

async function oneSample(
  sensor: Sensor | StreamingSensor,
  { stop, sleep }: Pick<Context, 'stop' | 'sleep'>,
): Promise<Sample> {
  await sensor.start(stop);
  if (!('samples' in sensor)) return firstMeasured(sensor, { stop, sleep });
  const enough = new AbortController();
  for await (const sample of sensor.samples(AbortSignal.any([stop, enough.signal]))) {
    enough.abort();
    return sample;
  }
  throw new SensorError('timeout', 'stopped before it said anything');
}

/** The first sample that holds anything: a part that was only just woken says that it is not ready. */
async function firstMeasured(sensor: Sensor, { stop, sleep }: Pick<Context, 'stop' | 'sleep'>): Promise<Sample> {
  for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
    const sample = await sensor.poll();
    const readings = Object.values(sample).map(reading);
    const isReady = readings.some(({ why }) => why !== 'not-ready');
    if (isReady || readings.length === 0 || waitedMs >= PATIENCE_MS) return sample;
    await sleep(ASK_AGAIN_MS, stop);
  }
}

function shownSample(sample: Sample): string {
  const lines = quantityNames.flatMap((quantity) => {
    const given = sample[quantity];
    if (given === undefined) return [];
    const { value, quality, why } = presentable(quantity, reading(given));
    const { unit, decimals } = quantities[quantity];
    const number = value === null ? '-' : value.toFixed(decimals);
    return [`${quantity.padEnd(26)} ${number.padStart(14)} ${unit.padEnd(8)} ${quality}${why ? ` (${why})` : ''}\n`];
  });
  return lines.join('');
}
