import { change } from '../control/client.ts';
import { PATHS, type Told } from '../control/control.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import type { Command } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { told } from './told.ts';

export const reload: Command = {
  summary: 'Has the running gateway read its config again; only what has changed restarts.',
  usage: `dorpel reload ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel reload --config gateway.yaml',
  exitCodes: { ...ASKING_EXITS, 1: 'refused: nothing was changed; or no gateway answers' },
  async run(args, context) {
    const { socket, isJson } = await asking(args, context);
    return told(await change<Told>(socket, PATHS.reload), isJson, context);
  },
};
