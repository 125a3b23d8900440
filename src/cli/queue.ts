import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Status } from '../health/status.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import type { Command } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { queueText } from './queue-text.ts';

export const queue: Command = {
  summary: 'Shows what waits in the outbox, for whom and since when, and what was lost.',
  usage: `dorpel queue ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel queue --json',
  exitCodes: ASKING_EXITS,
  async run(args, context) {
    const { socket, isJson } = await asking(args, context);
    const { outbox, uplinks, now } = await ask<Status>(socket, PATHS.status);
    context.stdout.write(
      isJson ? `${JSON.stringify({ outbox, uplinks, now })}\n` : queueText({ outbox, uplinks, now }),
    );
    return 0;
  },
};
