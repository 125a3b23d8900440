import type { Cursors } from './cursors.ts';
import type { FileThread } from './file-thread.ts';
import type { Keeper } from './keeper.ts';
import type { Ledger } from './ledger.ts';
import type { LossTally } from './loss-tally.ts';
import { oldestAt } from './oldest.ts';
import type { OutboxStats, Waiting } from './outbox.ts';
import type { Recent } from './recent.ts';
import type { Room } from './room.ts';

/** What is counted, and who knows it. */
export interface Counted {
  readonly thread: FileThread;
  readonly cursors: Cursors;
  readonly keeper: Keeper;
  readonly ledger: Ledger;
  readonly recent: Recent;
  readonly room: Room;
  readonly losses: LossTally;
  readonly quotaBytes?: number | undefined;
  readonly isAfterAck: boolean;
}

/** What an outbox in SQLite holds and has held, for whoever asks. */
export class Stats {
  readonly #of: Counted;

  constructor(counted: Counted) {
    this.#of = counted;
  }

  async read(): Promise<OutboxStats> {
    const { thread, cursors, keeper, ledger, losses, isAfterAck } = this.#of;
    const stats = await thread.ask('stats', undefined);
    const { leasableId } = keeper;
    const backlog = Array.from(cursors.all, ([name, cursor]) => [name, cursor.backlog(leasableId)] as const);
    return {
      ...stats,
      heads: ledger.heads(isAfterAck ? 'given' : 'complete'),
      backlog: Object.fromEntries(backlog),
      waiting: await this.#waiting(leasableId),
      losses: losses.counts,
      ...this.#quota(),
    };
  }

  async #waiting(newestId: number): Promise<Record<string, Waiting>> {
    const found = Array.from(this.#of.cursors.all, async ([name, cursor]) => {
      const lanes = cursor.lanes(newestId);
      const at = await oldestAt(cursor, newestId, this.#of);
      return [name, { ...lanes, ...(at === undefined ? {} : { oldestAt: at }) }] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }

  #quota(): Pick<OutboxStats, 'quotaBytes' | 'filled'> {
    const { quotaBytes, room } = this.#of;
    if (quotaBytes === undefined) return {};
    return { quotaBytes, ...(room.filled === undefined ? {} : { filled: room.filled }) };
  }
}
