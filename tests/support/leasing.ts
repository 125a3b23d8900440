import { setImmediate as turn } from 'node:timers/promises';
import { LANES, type Lane, type Outbox, type Row } from '../../src/store/outbox.ts';

type Leasing = Pick<Outbox, 'lease' | 'stats'>;

/** The rows of a lane that can be had now, at most `limit`; none where one would have to wait. */
export async function leaseNow(outbox: Leasing, uplink: string, lane: Lane, limit: number): Promise<readonly Row[]> {
  const stop = new AbortController();
  const leased = outbox.lease(uplink, lane, limit, stop.signal).catch((cause) => {
    if (!stop.signal.aborted) throw cause;
    return [];
  });
  // The thread answers in order: what was asked of it before is answered when this is.
  for (let round = 0; round < 2; round += 1) {
    await outbox.stats();
    await turn();
  }
  stop.abort();
  return leased;
}

/** The next rows of any lane, alerts first, at most `limit`. */
export async function leaseAny(outbox: Leasing, uplink: string, limit: number): Promise<readonly Row[]> {
  for (const lane of LANES) {
    const rows = await leaseNow(outbox, uplink, lane, limit);
    if (rows.length > 0) return rows;
  }
  return [];
}

/** The ids of rows, as the outbox wants them back. */
export const idsOf = (rows: readonly Row[]): number[] => rows.map(({ id }) => id);
