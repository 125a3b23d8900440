import { readFileSync } from 'node:fs';
import { milliseconds } from '../config/fields.ts';
import { change } from '../control/client.ts';
import { PATHS, type Told } from '../control/control.ts';
import { lasting } from '../health/findings.ts';
import { ASKING, ASKING_USAGE, askingAlso } from './asking.ts';
import { type Command, type OptionTable, UsageError } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { told } from './told.ts';

const OWN = {
  confirm: { type: 'string', default: '5min', value: '5min', help: 'goes back after so long, unless it is confirmed' },
} as const satisfies OptionTable;

export const apply: Command = {
  summary: 'Tries another config on the running gateway; unless confirmed, the one of before returns by itself.',
  usage: `dorpel apply FILE [--confirm 5min]
                ${ASKING_USAGE}`,
  options: { ...OWN, ...ASKING },
  example: 'dorpel apply new.yaml --confirm 10min',
  exitCodes: { ...ASKING_EXITS, 0: 'on trial', 1: 'refused: nothing was changed; or no gateway answers' },
  async run(args, context) {
    const { socket, isJson, positionals, values } = await askingAlso(args, OWN, context);
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
