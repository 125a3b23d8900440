import { loadConfig } from '../config/load.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command } from './command.ts';
import { logTo } from './logging.ts';
import { untilStopped } from './until-stopped.ts';

export const run: Command = {
  summary: 'Runs the gateway until it is stopped.',
  usage: 'dorpel run --config FILE [--simulate]',
  async run(args, context) {
    const { values } = parsed(args, { config: { type: 'string', short: 'c' }, simulate: { type: 'boolean' } });
    const config = await loadConfig(configFile(values.config), context.drivers);
    const log = logTo(context.stdout, context.now);
    const gateway = await context.start(config, { isSimulated: values.simulate ?? false, log });
    return untilStopped(gateway, context.stop, log);
  },
};
