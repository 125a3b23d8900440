import { closeSync, existsSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { BusConfig, Config, DeviceConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ControlError } from '../control/client.ts';
import type { Identity } from '../driver-kit.ts';
import type { Conversation, Outcome } from '../hal/replay/conversation.ts';
import { conversation, type Talk } from '../hal/replay/conversing.ts';
import { Recording } from '../hal/replay/recording.ts';
import { vectorText } from '../hal/replay/vectors-text.ts';
import { deviceOn, openBus } from '../sampling/buses.ts';
import { MemoryOutbox } from '../store/memory-outbox.ts';
import { configFile, deviceCalled, parsed } from './arguments.ts';
import { socketOf } from './asking.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { madeText } from './made-text.ts';
import { CONFIG, JSON_OUT, SIMULATE } from './options.ts';
import { busesToScan } from './scanned-buses.ts';

const MOST_POLLS = 100_000;

const OPTIONS = {
  ...CONFIG,
  socket: { type: 'string', value: 'PATH', help: 'where a gateway may run that has the bus open' },
  polls: { type: 'string', default: '3', value: 'NUMBER', help: 'how often it is asked; at least once' },
  out: { type: 'string', value: 'FILE', help: 'where to write; else DEVICE.vectors.yaml' },
  force: { type: 'boolean', default: false, help: 'writes over a file that is there' },
  simulate: { ...SIMULATE.simulate, default: false },
  ...JSON_OUT,
} as const satisfies OptionTable;

export const record: Command = {
  summary: 'Records what a device and its driver say to each other.',
  usage: `dorpel record DEVICE --config FILE [--polls NUMBER]
                [--out DEVICE.vectors.yaml] [--force]
                [--json] [--simulate | --socket PATH]`,
  options: OPTIONS,
  notes: `Starts the device and asks it --polls times, at its period; of one that talks
unasked, so many samples. Ctrl-C ends it, and keeps what came until then.
Stop the gateway first: a bus that it has open is not recorded.`,
  example: 'dorpel record hall-air --config gateway.yaml --polls 5',
  exitCodes: { 0: 'recorded', 1: 'recorded with a fault in it, or nothing was', 2: 'wrong usage or config' },
  async run(args, given) {
    const { values, positionals } = parsed(args, OPTIONS);
    // A program reads the output; what happens meanwhile is for a person.
    const context: Context = values.json ? { ...given, stdout: given.stderr } : given;
    const config = await loadConfig(configFile(values.config), context.drivers);
    const device = deviceCalled(positionals[0], config.devices);
    const polls = pollsOf(values.polls);
    if (!values.simulate) await refuseShared({ config, device }, await socketOf(values, context), context);
    const file = values.out ?? `${device.name}.vectors.yaml`;
    claim(file, values.force);
    if (tellsOfAHousehold(device)) context.stderr.write(`${device.name}: ${HOUSEHOLD}\n`);
    const buses = config.buses.filter(({ name }) => name === device.bus);
    const only = { ...config, buses, devices: [device] };
    const talking = talkWith(device, { config: only, polls, isSimulated: values.simulate }, context);
    const talk = await talking.catch((cause: unknown) => {
      release(file);
      throw cause;
    });
    const origin = values.simulate ? 'simulated part' : await realOrigin(device, talk, context);
    const exit = written(file, { name: device.name, origin, ...facts(device, buses), ...talk }, context);
    const isWritten = existsSync(file);
    if (values.json) given.stdout.write(`${JSON.stringify({ file: isWritten ? file : null, isWhole: exit === 0 })}\n`);
    return exit;
  },
};

/** What the gateway says on the bus meanwhile would stand in the recording, or be missing from it. */
async function refuseShared(
  { config, device }: { readonly config: Config; readonly device: DeviceConfig },
  socket: string,
  context: Context,
): Promise<void> {
  const [bus] = await busesToScan({ bus: device.bus, paths: [], config, socket }, context);
  if (bus?.shared === undefined) return;
  const hint = 'systemctl stop dorpel, record, and systemctl start dorpel';
  throw new ControlError(`${device.bus} is open in the gateway that runs`, hint);
}

/** A recording that takes an hour must not fail to be written at its end: the file is made first. */
function claim(file: string, isForced: boolean): void {
  try {
    // Whose meter it is, and what it counts, is for its owner's eyes.
    closeSync(openSync(file, isForced ? 'a' : 'wx', 0o600));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${file} is there already: --force writes over it`);
    throw new UsageError(`${file} cannot be written: ${message}; --out names another`);
  }
}

/** Takes the file away again, unless it holds what --force was to write over. */
function release(file: string): void {
  if (statSync(file).size === 0) rmSync(file);
}

interface Wanted {
  /** With the device alone. */
  readonly config: Config;
  readonly polls: number;
  readonly isSimulated: boolean;
}

async function talkWith(device: DeviceConfig, { config, polls, isSimulated }: Wanted, context: Context): Promise<Talk> {
  const { hal, clock, end } = await context.buses(config, isSimulated);
  const recording = new Recording(clock);
  // What is wrong is said by what the driver makes of it.
  const around = { hal: recording.on(hal), clock, devices: () => 1, report: () => undefined };
  const open = config.buses.map((bus) => openBus(bus, around));
  const { sensor } = deviceOn(open, device, { memory: new MemoryOutbox([]).memory(device.name), clock }).create();
  const told = (what: string, { made, why }: Outcome) => {
    context.stdout.write(`${what.padEnd(10)} ${madeText(made, why)}\n`);
  };
  try {
    const { periodMs } = device;
    return await conversation({ sensor, recording, clock, polls, periodMs, told }, context.stop);
  } finally {
    await sensor.stop?.().catch(() => undefined);
    await Promise.all(open.map((bus) => bus.open.close()));
    await end();
  }
}

function pollsOf(text: string): number {
  const polls = Number(text);
  if (Number.isInteger(polls) && polls >= 1 && polls <= MOST_POLLS) return polls;
  throw new UsageError(`--polls is a whole number from 1 to ${MOST_POLLS}`);
}

const HOUSEHOLD =
  'this recording holds what the meter says, its number and its counts among it: who has it can tell when people are at home';

/** A recording leaves the box by a person's hand, without the pipeline's protection. */
function tellsOfAHousehold({ driver, options }: DeviceConfig): boolean {
  const streams = driver.streams?.(options) ?? driver.measures;
  return streams.some((quantity) => /^active_energy_|^(gas|water|hot_water)_volume$|^heat_energy$/.test(quantity));
}

/** What a replay must know of the device. */
function facts({ driver, address, written }: DeviceConfig, buses: readonly BusConfig[]) {
  const { options, withheld } = written;
  const [line] = buses.flatMap((bus) => (bus.kind === 'serial' ? [{ address, baudRate: bus.baudRate }] : []));
  return {
    driver: driver.part,
    ...(Object.keys(options).length > 0 ? { options } : {}),
    ...(withheld.length > 0 ? { withheld } : {}),
    ...(line ? { line } : {}),
  };
}

async function realOrigin({ driver }: DeviceConfig, { identity }: Talk, { board, now }: Context): Promise<string> {
  const { model, clock } = await board();
  const { part = driver.part, ...more } = (identity ?? {}) as Identity;
  const known = Object.entries(more).map(([name, value]) => `${name} ${value}`);
  const date = clock === 'unsynced' ? [] : [new Date(now()).toISOString().slice(0, 10)];
  return `recorded: ${[part, ...known, ...date, ...(model ? [model] : [])].join(', ')}`;
}

/** Writes the file, says what it holds, and gives the exit code: 0 if everything that was heard is a value. */
function written(file: string, conversation: Conversation, { stdout, stderr, stop }: Context): number {
  const turns = [...(conversation.polls ?? []), ...(Array.isArray(conversation.expect) ? conversation.expect : [])];
  const steps = [conversation, ...(conversation.polls ?? [])].flatMap(({ start = [] }) => start);
  if (turns.length === 0 && steps.every((step) => 'error' in step && step.error === 'bus')) {
    release(file);
    stderr.write(`nothing went over the wire: ${file} was not written\n`);
    return 1;
  }
  writeFileSync(file, `${HEADER}\n${vectorText(conversation)}`);
  const ended = stop.aborted ? 'stopped early; ' : '';
  const what = conversation.samples ? 'samples' : 'polls';
  stdout.write(`${ended}${file} holds the start and ${turns.length} ${what}; dorpel replay ${file} plays it\n`);
  return conversation.error || turns.length === 0 || conversation.polls?.some(({ error }) => error) ? 1 : 0;
}

const HEADER = `# Recorded by dorpel record. Times are milliseconds; drivers/README.md says what the steps are.
`;
