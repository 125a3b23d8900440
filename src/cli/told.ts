import type { Told } from '../control/control.ts';
import type { Context } from './command.ts';

/** Shows what came of a change; the exit code: 0 where it was done, 1 where it was refused. */
export function told(answer: Told, isJson: boolean, { stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>): number {
  if (isJson) stdout.write(`${JSON.stringify(answer)}\n`);
  else (answer.isDone ? stdout : stderr).write(answer.lines.map((line) => `${line}\n`).join(''));
  return answer.isDone ? 0 : 1;
}
