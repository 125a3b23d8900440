import { existsSync, writeFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import type { Found, ScanEvent } from '../scanning/scan.ts';
import { type NamedBus, yamlOf } from '../scanning/yaml.ts';
import { parsed } from './arguments.ts';
import { socketOf } from './asking.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { CONFIG, JSON_OUT, SIMULATE } from './options.ts';
import { scanAll } from './scan-all.ts';
import { busesToScan } from './scanned-buses.ts';
import { wrapped } from './wrapped.ts';

const OPTIONS = {
  ...CONFIG,
  socket: { type: 'string', value: 'PATH', help: 'the socket of the gateway to ask' },
  i2c: { type: 'string', multiple: true, value: 'PATH', help: 'an I2C bus of the board; may be repeated' },
  serial: { type: 'string', multiple: true, value: 'PATH', help: 'a serial line; may be repeated' },
  all: { type: 'boolean', default: false, help: 'asks every Modbus and M-Bus address, not only 1 to 32' },
  simulate: { ...SIMULATE.simulate, default: false },
  json: { ...JSON_OUT.json, default: false },
  out: { type: 'string', value: 'FILE', help: 'where to write the YAML; else it is printed' },
} as const satisfies OptionTable;

export const scan: Command = {
  summary: 'Finds the parts on the buses, and writes the YAML for them.',
  usage: `dorpel scan [BUS] [--config FILE] [--i2c PATH] [--serial PATH]
              [--all] [--out FILE] [--json] [--simulate] [--socket PATH]`,
  options: OPTIONS,
  notes: `BUS is a name from the config or of the gateway that runs, or a device file.
Without it, and without --i2c and --serial, which may be repeated: every bus of
the config, else of the gateway, else of the board. A bus that the gateway has
open is asked through it, in turn, and its own devices are left alone; a serial
line then as it stands. Otherwise every usual rate is tried, which takes up to
some minutes a line; --all asks every address, not only 1 to 32.

An SCD4x stops measuring when it is asked, dust sensors that sleep are woken
and sent to sleep again, an M-Bus meter is read once or twice.
Ctrl-C ends it with what was found so far.`,
  example: 'dorpel scan --i2c /dev/i2c-1 > found.yaml',
  exitCodes: { 0: 'found', 1: 'nothing found, or a bus not scanned to its end', 2: 'wrong usage or config' },
  async run(args, context) {
    const { values, positionals } = parsed(args, OPTIONS);
    const { config: file, simulate, out, all } = values;
    if (simulate && file === undefined) throw new UsageError('--simulate needs a --config, whose parts it simulates');
    if (out !== undefined && existsSync(out)) throw new UsageError(`${out} is there already: name another file`);
    const config = file === undefined ? undefined : await loadConfig(file, context.drivers);
    const socket = await socketOf(values, context);
    const wanted = { bus: positionals[0], paths: [...(values.i2c ?? []), ...(values.serial ?? [])], config };
    const buses = await busesToScan({ ...wanted, ...(simulate ? {} : { socket }) }, context);
    if (buses.length === 0) throw new UsageError('this board shows no bus: name one, or switch I2C on (raspi-config)');
    const how = { isThorough: all, socket, ...(simulate && { simulated: config }) };
    const events = await told(scanAll(buses, how, context), context);
    return written(events, { buses, isJson: values.json, out }, context);
  },
};

/** Shows what comes on the error output, where it does not mix with the YAML; all of it but the steps. */
export async function told(
  scanning: AsyncIterable<ScanEvent>,
  { stderr }: Pick<Context, 'stderr'>,
): Promise<readonly ScanEvent[]> {
  const events: ScanEvent[] = [];
  for await (const event of scanning) {
    stderr.write(wrapped(lineOf(event)));
    if (event.event !== 'step') events.push(event);
  }
  return events;
}

interface Output {
  readonly buses: readonly NamedBus[];
  readonly isJson: boolean;
  readonly out: string | undefined;
}

function written(events: readonly ScanEvent[], { buses, isJson, out }: Output, { stdout, stderr, stop }: Context) {
  const yaml = yamlFor(events, buses);
  const text = isJson ? `${JSON.stringify({ events, yaml })}\n` : yaml;
  if (out === undefined) stdout.write(text);
  else writeFileSync(out, text, { flag: 'wx' });
  if (stop.aborted) stderr.write('stopped early: there may be more\n');
  const isWhole = !stop.aborted && events.every(({ event }) => event !== 'failed');
  return isWhole && events.some(({ event }) => event === 'found' || event === 'known') ? 0 : 1;
}

/** The `buses:` and `devices:` for what was found; nothing in them is called as a device that the gateway has. */
export function yamlFor(events: readonly ScanEvent[], buses: readonly NamedBus[]): string {
  const found = events.filter((event): event is Found => event.event === 'found');
  const taken = events.flatMap((event) => (event.event === 'known' ? [event.device] : []));
  return yamlOf(found, buses, taken);
}

function lineOf(event: ScanEvent): string {
  switch (event.event) {
    case 'step':
      return `${event.bus}: ${event.what} (at most ${shownSeconds(event.atMostSeconds)})`;
    case 'found':
      return `${event.bus}: found ${event.driver}${shownIdentity(event)}`;
    case 'unknown':
      return `${event.bus}: unknown at ${event.place}: ${event.said}`;
    case 'known':
      return `${event.bus}: ${event.place} is ${event.device}, of the gateway that runs`;
    case 'failed':
      return `${event.bus}: ${event.why}`;
  }
}

const shownSeconds = (seconds: number) => (seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`);

function shownIdentity({ place, identity, unsaid }: Found): string {
  const { part, serialNumber } = identity;
  const said = [part, serialNumber && `number ${serialNumber}`, unsaid].filter(Boolean).join(', ');
  return `${place === undefined ? '' : ` (${place})`}${said && `: ${said}`}`;
}
