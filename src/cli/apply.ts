import { readFileSync } from 'node:fs';
import { milliseconds } from '../config/fields.ts';
import { change } from '../control/client.ts';
import { PATHS, type Told } from '../control/control.ts';
import { lasting } from '../health/findings.ts';
import { ASKING_USAGE, askingAlso } from './asking.ts';
import { type Command, UsageError } from './command.ts';
import { told } from './told.ts';

export const apply: Command = {
  summary: 'Tries another config on the running gateway; unless confirmed, the one of before returns by itself.',
  usage: `dorpel apply FILE [--confirm 5min] ${ASKING_USAGE}`,
  async run(args, context) {
    const { socket, isJson, positionals, values } = await askingAlso(
      args,
      { confirm: { type: 'string', default: '5min' } },
      context,
    );
    const [file] = positionals;
    if (file === undefined)
      throw new UsageError('which config? A file, as it would stand in the place of the present one');
    const ms = milliseconds(values.confirm);
    if (!(ms > 0)) throw new UsageError('--confirm is a duration such as 90s or 5min');
    const seconds = ms / 1000;
    const answer = await change<Told>(socket, PATHS.trial, { text: textOf(file), seconds });
    const next = `on trial for ${lasting(seconds)}: dorpel confirm keeps it; else the config of before returns by itself`;
    return told(answer.isDone ? { ...answer, lines: [...answer.lines, next] } : answer, isJson, context);
  },
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError((cause as Error).message);
  }
}
