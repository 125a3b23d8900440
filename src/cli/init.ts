import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseConfig } from '../config/load.ts';
import { SERVICE_SOCKET } from '../control/control.ts';
import type { ScanEvent } from '../scanning/scan.ts';
import { parsed } from './arguments.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { firstConfig, problemWith } from './first-config.ts';
import { JSON_OUT } from './options.ts';
import { type Answers, answersTo, type Check, type Key, QUESTIONS } from './questions.ts';
import { told, yamlFor } from './scan.ts';
import { scanAll } from './scan-all.ts';
import { busesToScan } from './scanned-buses.ts';
import { wrapped } from './wrapped.ts';

const OPTIONS = {
  out: { type: 'string', default: 'gateway.yaml', value: 'FILE', help: 'where to write; else gateway.yaml' },
  'from-scan': { type: 'boolean', default: false, help: 'with the parts that are found on the buses' },
  socket: { type: 'string', default: SERVICE_SOCKET, value: 'PATH', help: 'the socket of a gateway that runs' },
  json: { ...JSON_OUT.json, default: false },
  id: { type: 'string', value: 'NAME', help: 'the gateway, as it stands in every topic' },
  owner: { type: 'string', value: 'NAME', help: 'who answers for it: the municipality' },
  latitude: { type: 'string', value: 'DEGREES', help: 'degrees north, such as 51.8' },
  longitude: { type: 'string', value: 'DEGREES', help: 'degrees east, such as 4.1' },
  contact: { type: 'string', value: 'TEXT', help: 'where residents can ask' },
  url: { type: 'string', value: 'URL', help: 'the platform, such as mqtts://host:8883' },
} as const satisfies OptionTable;

export const init: Command = {
  summary: 'Writes a first config: asks for it, or takes the parts from a scan.',
  usage: `dorpel init [--out gateway.yaml] [--from-scan] [--json] [--socket PATH]
              [--id NAME] [--owner NAME] [--latitude DEGREES]
              [--longitude DEGREES] [--contact TEXT] [--url URL]`,
  options: OPTIONS,
  example: 'dorpel init --id village-hall --owner heihoek --from-scan',
  exitCodes: { 0: 'written', 1: 'nothing was written', 2: 'wrong usage' },
  notes: `Asks for what is not given, on a terminal; without one, --owner is needed, and
what else is not given is left out. --from-scan looks for parts on every bus
that the board shows, as dorpel scan does. A file that is there is never
written over.`,
  async run(args, context) {
    const { values } = parsed(args, OPTIONS);
    const { out, socket } = values;
    if (existsSync(out)) throw new UsageError(`${out} is there already: --out names another file`);
    const answers = await answered(values, context);
    if (!answers) {
      context.stderr.write('nothing was written\n');
      return 1;
    }
    const parts = values['from-scan'] ? await scannedParts(socket, context) : 'buses: {}\ndevices: {}\n';
    const yaml = firstConfig(answers, parts);
    const { devices } = await parseConfig(out, yaml, context.drivers);
    writeFileSync(out, yaml, { flag: 'wx' });
    const names = devices.map(({ name }) => name);
    const next = `dorpel run --config ${out} runs it; gateway.example.yaml explains every key`;
    const text = wrapped(`${out} was written, with ${names.length} devices; ${next}`);
    context.stdout.write(values.json ? `${JSON.stringify({ file: out, devices: names })}\n` : text);
    return 0;
  },
};

async function answered(given: Answers, context: Context): Promise<Answers | undefined> {
  const check: Check = (key, answer) => problemWith(key, answer, context.drivers);
  const defaults = { id: ownName() };
  for (const { key } of QUESTIONS) await refuseWrong(key, given[key], check);
  const plain = Object.fromEntries(
    QUESTIONS.flatMap(({ key }) => (given[key] === undefined ? [] : [[key, given[key]]])),
  );
  const isAsked = context.stdin.isTTY === true;
  const answers: Answers | undefined = isAsked
    ? await answersTo(plain, { check, defaults }, context)
    : { ...defaults, ...plain };
  if (!answers) return undefined;
  const missing = QUESTIONS.filter(({ key, isRequired }) => isRequired && answers[key] === undefined);
  if (missing.length === 0) return answers;
  throw new UsageError(`there is no terminal to ask on: give ${missing.map(({ key }) => `--${key}`).join(', ')}`);
}

async function refuseWrong(key: Key, answer: string | undefined, check: Check): Promise<void> {
  const wrong = answer === undefined ? undefined : await check(key, answer);
  if (wrong !== undefined) throw new UsageError(`--${key}: ${wrong}`);
}

async function scannedParts(socket: string, context: Context): Promise<string> {
  const buses = await busesToScan({ paths: [], socket }, context);
  const scanning: AsyncIterable<ScanEvent> = scanAll(buses, { isThorough: false, socket }, context);
  return yamlFor(await told(scanning, context), buses);
}

/** The board's name, as far as it can stand in a topic. */
function ownName(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return name.slice(0, 40).replaceAll(/^-+|-+$/g, '') || 'gateway';
}
