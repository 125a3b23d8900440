import { resolve } from 'node:path';
import { loadConfig, parseConfig } from '../config/load.ts';
import { configFile, parsed } from './arguments.ts';
import type { Command } from './command.ts';
import { logTo } from './logging.ts';
import { CONFIG, SIMULATE } from './options.ts';
import { untilStopped } from './until-stopped.ts';

const OPTIONS = { ...CONFIG, ...SIMULATE };

export const run: Command = {
  summary: 'Runs the gateway until it is stopped.',
  usage: 'dorpel run --config FILE [--simulate]',
  options: OPTIONS,
  notes: `SIGHUP reads the config again, as dorpel reload does; SIGTERM and Ctrl-C stop.
What the outbox still holds then goes out at the next start.`,
  example: 'dorpel run --config gateway.yaml --simulate',
  exitCodes: { 0: 'stopped when asked to', 1: 'the outbox failed', 2: 'wrong usage or config: nothing was started' },
  async run(args, context) {
    const { values } = parsed(args, OPTIONS);
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
