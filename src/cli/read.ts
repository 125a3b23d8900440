import { loadConfig } from '../config/load.ts';
import { perform } from '../control/client.ts';
import { PATHS, type Reading } from '../control/control.ts';
import type { Sample, Sensor, StreamingSensor } from '../driver-kit.ts';
import { SensorError } from '../model/errors.ts';
import { presentable, reading } from '../model/observation.ts';
import { quantities, quantityNames } from '../model/quantity.ts';
import { deviceOn, openBus } from '../sampling/buses.ts';
import { MemoryOutbox } from '../store/memory-outbox.ts';
import { configFile, deviceCalled } from './arguments.ts';
import { ASKING, askingAlso } from './asking.ts';
import type { Command, Context, OptionTable } from './command.ts';
import { SIMULATE } from './options.ts';
import { unlessAbsent } from './through-gateway.ts';

const ALSO = { simulate: { ...SIMULATE.simulate, default: false } } as const satisfies OptionTable;

export const read: Command = {
  summary: 'Takes one sample of a device and prints it.',
  usage: 'dorpel read DEVICE [--json] [--config FILE [--simulate] | --socket PATH]',
  options: { ...ASKING, ...ALSO },
  notes: `A gateway that runs is asked for the sample: one more, in its turn on the bus,
or the newest or the next, where the part must not be asked so often. Where
none runs, the device's bus is opened here.`,
  example: 'dorpel read hall-air --config gateway.yaml',
  exitCodes: { 0: 'read', 1: 'it could not be read', 2: 'wrong usage or config' },
  async run(args, context) {
    const { socket, isJson, positionals, values } = await askingAlso(args, ALSO, context);
    const [name] = positionals;
    const running = values.simulate || name === undefined ? undefined : await throughGateway(name, socket, context);
    if (running === undefined) return readHere(name, { ...values, isJson }, context);
    if ('error' in running) {
      context.stderr.write(`${name}: ${running.error}\n`);
      return 1;
    }
    const agoSeconds = Math.round(running.agoSeconds);
    context.stdout.write(shownSample(running.sample, isJson && { device: name, agoSeconds }));
    if (agoSeconds > 0) context.stderr.write(`taken ${agoSeconds} s ago: it is not asked more often\n`);
    return 0;
  },
};

async function throughGateway(device: string, socket: string, { stop }: Context): Promise<Reading | undefined> {
  return unlessAbsent(async () => {
    const path = `${PATHS.read}${encodeURIComponent(device)}`;
    for await (const reading of perform<Reading>(socket, path, stop)) return reading;
    return { error: 'stopped before it said anything' };
  });
}

interface Here {
  readonly config?: string | undefined;
  readonly simulate: boolean;
  readonly isJson: boolean;
}

/** Opens the device's own bus: the others are not asked, and none of their parts is disturbed. */
async function readHere(name: string | undefined, { config: file, simulate, isJson }: Here, context: Context) {
  const config = await loadConfig(configFile(file), context.drivers);
  const device = deviceCalled(name, config.devices);
  const buses = config.buses.filter((bus) => bus.name === device.bus);
  const board = await context.buses({ buses, devices: [device] }, simulate);
  // What is wrong is said by the sample that does not come.
  const around = { hal: board.hal, clock: board.clock, devices: () => 1, report: () => undefined };
  const open = buses.map((bus) => openBus(bus, around));
  const memory = new MemoryOutbox([]).memory(device.name);
  const { sensor } = deviceOn(open, device, { memory, clock: board.clock }).create();
  try {
    const sample = await oneSample(sensor, context);
    context.stdout.write(shownSample(sample, isJson && { device: device.name, agoSeconds: 0 }));
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
}

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

/** The sample as lines of text; as one line of JSON with what else is to stand in it. */
function shownSample(
  sample: Sample,
  asJson: false | { readonly device: string | undefined; readonly agoSeconds: number },
) {
  const readings = quantityNames.flatMap((quantity) => {
    const given = sample[quantity];
    if (given === undefined) return [];
    const { unit, decimals } = quantities[quantity];
    return [{ ...presentable(quantity, reading(given)), unit, decimals }];
  });
  if (asJson) return `${JSON.stringify({ ...asJson, readings: readings.map(({ decimals: _, ...told }) => told) })}\n`;
  const lines = readings.map(({ quantity, unit, decimals, value, quality, why }) => {
    const number = value === null ? '-' : value.toFixed(decimals);
    return `${quantity.padEnd(26)} ${number.padStart(14)} ${unit.padEnd(8)} ${quality}${why ? ` (${why})` : ''}\n`;
  });
  return lines.join('');
}
