import { loadConfig } from '../config/load.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command } from './command.ts';

export const check: Command = {
  summary: 'Checks a config without starting anything.',
  usage: 'dorpel check --config FILE',
  async run(args, { stdout, drivers }) {
    const { values } = parsed(args, { config: { type: 'string', short: 'c' } });
    const { devices, buses, uplinks } = loadConfig(configFile(values.config), drivers);
    stdout.write(`ok: ${devices.length} devices on ${buses.length} buses, ${uplinks.length} uplinks\n`);
    return 0;
  },
};
