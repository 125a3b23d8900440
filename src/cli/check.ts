import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command, OptionTable } from './command.ts';
import { CONFIG, JSON_OUT } from './options.ts';

const OPTIONS = { ...CONFIG, ...JSON_OUT } as const satisfies OptionTable;

export const check: Command = {
  summary: 'Checks a config without starting anything.',
  usage: 'dorpel check --config FILE [--json]',
  options: OPTIONS,
  example: 'dorpel check --config gateway.yaml',
  exitCodes: { 0: 'it can run', 2: 'it cannot; every mistake is named with its line, and a hint' },
  async run(args, { stdout, drivers }) {
    const { values } = parsed(args, OPTIONS);
    const checking = loadConfig(configFile(values.config), drivers);
    if (values.json) return shownAsJson(checking, stdout);
    const { devices, buses, uplinks } = await checking;
    const here = `${counted(devices, 'device')} on ${counted(buses, 'bus', 'buses')}`;
    stdout.write(`ok: ${here}, ${counted(uplinks, 'uplink')}\n`);
    return 0;
  },
};

/** One line: what there is, or every problem with its place. */
async function shownAsJson(checking: Promise<Config>, stdout: Pick<NodeJS.WriteStream, 'write'>): Promise<number> {
  const names = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name);
  try {
    const { devices, buses, uplinks } = await checking;
    const found = { buses: names(buses), devices: names(devices), uplinks: names(uplinks) };
    stdout.write(`${JSON.stringify({ canRun: true, ...found })}\n`);
    return 0;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    stdout.write(`${JSON.stringify({ canRun: false, problems: cause.problems })}\n`);
    return 2;
  }
}

function counted(things: readonly unknown[], one: string, many = `${one}s`): string {
  return `${things.length} ${things.length === 1 ? one : many}`;
}
