import { once } from 'node:events';
import type { Gateway } from '../gateway.ts';
import type { Log } from '../health/log.ts';
import { StoreError } from '../model/errors.ts';

/** Lets the gateway run until it is told to stop or its outbox fails, then does `after`: the exit code. */
export async function untilStopped(
  gateway: Gateway,
  stop: AbortSignal,
  log: Log,
  after: () => Promise<void> = async () => undefined,
): Promise<number> {
  const asked = stop.aborted ? Promise.resolve() : once(stop, 'abort');
  try {
    await Promise.race([gateway.ended, asked]);
  } catch (cause) {
    await after();
    if (!(cause instanceof StoreError)) throw cause;
    log('error', 'store-failed', `${cause.message}; ${cause.hint}`);
    // What failed once may fail again; the program must end all the same, to be started anew.
    await gateway.stop().catch(() => undefined);
    return 1;
  }
  await after();
  const { outbox } = await gateway.status();
  await gateway.stop();
  const waiting = Object.values(outbox.backlog).reduce((sum, rows) => sum + rows, 0);
  log('notice', 'stopped', `stopped; ${waiting} observations in the outbox go out at the next start`, { waiting });
  return 0;
}
