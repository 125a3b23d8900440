import type { Found, Verdict } from '../doctor/check.ts';
import { parsed } from './arguments.ts';
import { ASKING, ASKING_USAGE } from './asking.ts';
import { checkUp } from './check-up.ts';
import type { Command } from './command.ts';
import { DIM, type Paint, paintFor, RED, YELLOW } from './terminal.ts';

export const doctor: Command = {
  summary: 'Checks everything from the buses to the platforms, and says what to do.',
  usage: `dorpel doctor ${ASKING_USAGE}`,
  options: ASKING,
  notes: `Without --config, the file is that of the gateway that runs. Nothing is changed.
Where no gateway runs, it connects to each platform as the gateway would.
As root it sees more: who holds a line, what the kernel says of the disk.`,
  example: 'sudo dorpel doctor --config gateway.yaml',
  exitCodes: { 0: 'nothing is wrong', 1: 'something is wrong', 2: 'wrong usage' },
  async run(args, context) {
    const { values } = parsed(args, ASKING);
    const { found } = await checkUp(values, context);
    const { stdout } = context;
    if (values.json) stdout.write(`${JSON.stringify({ found })}\n`);
    else stdout.write(doctorText(found, paintFor(stdout)));
    return found.some(({ verdict }) => verdict === 'wrong') ? 1 : 0;
  },
};

const MARKS: Readonly<Record<Verdict, string>> = { wrong: '✗', warning: '!', unknown: '?', ok: '✓' };
const COLOURS: Readonly<Partial<Record<Verdict, string>>> = { wrong: RED, warning: YELLOW, unknown: DIM };

/** What was found, for a person: each with what to do below it, and how many of each kind at the end. */
export function doctorText(found: readonly Found[], paint: Paint): string {
  const lines = found.flatMap(({ subject, verdict, what, hint }) => {
    const line = `${MARKS[verdict]} ${subject}: ${what}`;
    const colour = COLOURS[verdict];
    return [colour === undefined ? line : paint(colour, line), ...(hint === undefined ? [] : [`    → ${hint}`])];
  });
  const many = (verdict: Verdict) => found.filter((one) => one.verdict === verdict).length;
  const sums = `wrong: ${many('wrong')}, warnings: ${many('warning')}, not known here: ${many('unknown')}, ok: ${many('ok')}`;
  return [...lines, '', sums, ''].join('\n');
}
