import { ConfigError, shown } from '../config/problem.ts';
import { ControlError } from '../control/client.ts';
import { UnheardError } from '../hal/supervisor.ts';
import { StoreError } from '../model/errors.ts';
import { UplinkError } from '../uplink/uplink.ts';
import { type Command, type Context, UsageError } from './command.ts';

/** Says why a command ended, and gives the exit code: 1 for what may come right by itself, 2 for what will not. */
export function exitCodeFor(cause: unknown, { usage }: Command, { stderr }: Pick<Context, 'stderr'>): number {
  if (cause instanceof UsageError) {
    stderr.write(`${cause.message}\nusage: ${usage}\n`);
    return 2;
  }
  if (cause instanceof ConfigError) {
    stderr.write(`${cause.problems.map(shown).join('\n')}\n${counted(cause)}\n`);
    return 2;
  }
  if (cause instanceof StoreError) {
    stderr.write(`${cause.message}\nhint: ${cause.hint}\n`);
    return 1;
  }
  if (cause instanceof ControlError) {
    stderr.write(`${cause.message}\nhint: ${cause.hint}\n`);
    return 1;
  }
  if (cause instanceof UnheardError) {
    stderr.write(`${cause.message}\nhint: ${cause.hint}\n`);
    return 2;
  }
  if (cause instanceof UplinkError) {
    stderr.write(`${cause.message}\n${cause.hint && `hint: ${cause.hint}\n`}`);
    return 2;
  }
  // A bug: its stack is the best that can be told of it.
  throw cause;
}

function counted({ problems }: ConfigError): string {
  return problems.length === 1 ? '1 problem; nothing was started' : `${problems.length} problems; nothing was started`;
}
