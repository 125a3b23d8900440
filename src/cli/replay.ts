import { loadConversations, type Playable } from '../config/conversations.ts';
import { isAsWritten, replayed } from '../hal/replay/replaying.ts';
import { Mismatch } from '../hal/replay/steps.ts';
import { parsed } from './arguments.ts';
import { type Command, type Context, type OptionTable, UsageError } from './command.ts';
import { madeText } from './made-text.ts';
import { JSON_OUT } from './options.ts';
import { UNHEARD } from './terminal.ts';

const OPTIONS = {
  ...JSON_OUT,
  driver: { type: 'string', value: 'NAME', help: 'the driver to play it through; else the one that it names' },
  secret: {
    type: 'string',
    multiple: true,
    default: [] as string[],
    value: 'OPTION=FILE',
    help: 'what it leaves out: keyFile=meter.key',
  },
} as const satisfies OptionTable;

export const replay: Command = {
  summary: 'Plays a recording through its driver: does it say the same?',
  usage: 'dorpel replay FILE [--driver NAME] [--secret OPTION=FILE] [--json]',
  options: OPTIONS,
  notes: `FILE is what dorpel record wrote, or any vectors.yaml. No bus is touched, and
waits take no time.`,
  example: 'dorpel replay hall-air.vectors.yaml',
  exitCodes: { 0: 'all as written', 1: 'not as written', 2: 'the file cannot be played' },
  async run(args, { drivers, stdout }) {
    const { values, positionals } = parsed(args, OPTIONS);
    const [file, more] = positionals;
    if (file === undefined || more !== undefined) throw new UsageError('name one FILE');
    const known = { register: drivers.register, driver: values.driver, secrets: secretsIn(values.secret) };
    const verdicts: boolean[] = [];
    const told = values.json ? UNHEARD : stdout;
    for (const playable of await loadConversations(file, known)) {
      told.write(`${playable.conversation.name} (${playable.conversation.origin})\n`);
      for await (const isRight of verdictsOf(playable, told)) verdicts.push(isRight);
    }
    const wrong = verdicts.filter((isRight) => !isRight).length;
    const all = verdicts.length;
    if (values.json) stdout.write(`${JSON.stringify({ compared: all, wrong })}\n`);
    if (all === 0) told.write('the driver does what it did, but nothing is written of what it made of that\n');
    else told.write(wrong === 0 ? `${all} of ${all} as written\n` : `${wrong} of ${all} NOT as written\n`);
    return wrong === 0 && all > 0 ? 0 : 1;
  },
};

function secretsIn(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, option = '', file = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
      if (!option) throw new UsageError('--secret is OPTION=FILE, such as keyFile=meter.key');
      return [option, file];
    }),
  );
}

/** Prints every part as it is played; of those that are written down, true where it is the same. */
async function* verdictsOf(
  { driver, conversation, options }: Playable,
  stdout: Pick<Context['stdout'], 'write'>,
): AsyncGenerator<boolean> {
  try {
    for await (const part of replayed(driver, conversation, options)) {
      const isRight = isAsWritten(part);
      const verdict = part.written ? `: ${isRight ? 'as written' : 'NOT as written'}` : '';
      stdout.write(`  ${part.what.padEnd(10)} ${madeText(part.now, part.why)}${verdict}\n`);
      if (!isRight && part.written) stdout.write(`  ${'written'.padStart(10)} ${madeText(part.written)}\n`);
      if (part.written) yield isRight;
    }
  } catch (cause) {
    if (!(cause instanceof Mismatch)) throw cause;
    stdout.write(`  NOT as written: ${cause.message}\n`);
    yield false;
  }
}
