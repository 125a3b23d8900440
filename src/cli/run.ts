import { resolve } from 'node:path';
import { loadConfig, parseConfig } from '../config/load.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command } from './command.ts';
import { logTo } from './logging.ts';
import { untilStopped } from './until-stopped.ts';

export const run: Command = {
  summary: 'Runs the gateway until it is stopped.',
  usage: 'dorpel run --config FILE [--simulate]',
  async run(args, context) {
    const { values } = parsed(args, { config: { type: 'string', short: 'c' }, simulate: { type: 'boolean' } });
    const file = configFile(values.config);
    const source = {
      file: resolve(file),
      load: () => loadConfig(file, context.drivers),
      parse: (text: string) => parseConfig(file, text, context.drivers),
    };
    const log = logTo(context.stdout, context.now);
    const gateway = await context.start(await source.load(), { isSimulated: values.simulate ?? false, log, source });
    context.onHangUp(async () => {
      const { isDone, lines } = await gateway.reload();
      if (!isDone) log('error', 'config-refused', `the config was not taken over: ${lines.join(' ')}`);
    });
    return untilStopped(gateway, context.stop, log);
  },
};
