import { loadConfig } from '../config/load.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command } from './command.ts';
import { CONFIG } from './options.ts';

export const check: Command = {
  summary: 'Checks a config without starting anything.',
  usage: 'dorpel check --config FILE',
  options: CONFIG,
  example: 'dorpel check --config gateway.yaml',
  exitCodes: { 0: 'it can run', 2: 'it cannot; every mistake is named with its line, and a hint' },
  async run(args, { stdout, drivers }) {
    const { values } = parsed(args, CONFIG);
    const { devices, buses, uplinks } = await loadConfig(configFile(values.config), drivers);
    const here = `${counted(devices, 'device')} on ${counted(buses, 'bus', 'buses')}`;
    stdout.write(`ok: ${here}, ${counted(uplinks, 'uplink')}\n`);
    return 0;
  },
};

function counted(things: readonly unknown[], one: string, many = `${one}s`): string {
  return `${things.length} ${things.length === 1 ? one : many}`;
}
