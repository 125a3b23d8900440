import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import { findings } from '../health/findings.ts';
import type { Status } from '../health/status.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import type { Command } from './command.ts';
import { statusText } from './status-text.ts';
import { paintFor } from './terminal.ts';

export const status: Command = {
  summary: 'Shows how the running gateway is doing, what is wrong first.',
  usage: `dorpel status ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel status --config gateway.yaml',
  exitCodes: { 0: 'all is well', 1: 'something is wrong, or no gateway answers', 2: 'wrong usage or config' },
  async run(args, context) {
    const { socket, isJson } = await asking(args, context);
    const answer = await ask<Status>(socket, PATHS.status);
    const found = findings(answer);
    const { stdout } = context;
    if (isJson) stdout.write(`${JSON.stringify({ ...answer, findings: found })}\n`);
    else {
      // A person at a terminal gets what fits on it; a file, everything.
      const size = stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : { columns: 120, rows: Infinity };
      stdout.write(
        statusText(answer, { ...size, paint: paintFor(stdout) })
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
    return found.length === 0 ? 0 : 1;
  },
};
