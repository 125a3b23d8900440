import { writeSync } from 'node:fs';
import { type Supervisor, UnheardError } from '../supervisor.ts';

/** The environment of the program. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * systemd, where it has started the program: through the socket that `systemd/notified` opened, for Node has none of
 * that kind (decisions/0018). Undefined where nobody wants to hear. Throws UnheardError where systemd waits for signs
 * of life and there is no socket: the program would be ended again and again, and nobody would know why.
 */
export function supervisorIn(
  env: Environment,
  pid: number,
  write: (descriptor: number, text: string) => void = writeSync,
): Supervisor | undefined {
  const watchdogMs = watchdogIn(env, pid);
  const descriptor = Number(env['DORPEL_NOTIFY_FD'] ?? Number.NaN);
  if (Number.isInteger(descriptor)) return { watchdogMs, tell: (lines) => write(descriptor, lines) };
  if (watchdogMs !== undefined) throw new UnheardError();
  return undefined;
}

/** sd_watchdog_enabled(3): microseconds, and for which process they are meant. */
function watchdogIn({ WATCHDOG_USEC: microseconds, WATCHDOG_PID: meant }: Environment, pid: number) {
  if (!microseconds || (meant !== undefined && Number(meant) !== pid)) return undefined;
  const milliseconds = Number(microseconds) / 1000;
  return milliseconds > 0 ? milliseconds : undefined;
}
