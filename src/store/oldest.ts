import type { Cursor } from './cursor.ts';
import type { FileThread } from './file-thread.ts';
import type { Row } from './outbox.ts';
import type { Recent } from './recent.ts';

interface Known {
  readonly id: number;
  readonly at: number;
}

/** Ranges in which a row is looked for: of those that were dropped nothing is left. */
const LOOKS = 4;

/** When the oldest row was measured that waits for an uplink: read once for as long as that row is the first. */
export class Oldest {
  readonly #thread: Pick<FileThread, 'ask'>;
  readonly #recent: Recent;
  readonly #known = new Map<string, Known>();

  constructor({ thread, recent }: { readonly thread: Pick<FileThread, 'ask'>; readonly recent: Recent }) {
    this.#thread = thread;
    this.#recent = recent;
  }

  /** UTC milliseconds; undefined where nothing waits. */
  async at(uplink: string, cursor: Cursor, newestId: number): Promise<number | undefined> {
    const waiting = cursor.settled.gaps({ from: 1, to: newestId });
    const known = this.#known.get(uplink);
    if (known && waiting[0] && known.id >= waiting[0].from && !cursor.isSettled(known.id)) return known.at;
    for (const { from, to } of waiting.slice(0, LOOKS)) {
      const row = await this.#first(from, to);
      if (!row) continue;
      // Of a clock that is not known the times may still be corrected.
      if (row.clock !== 'unsynced') this.#known.set(uplink, { id: row.id, at: row.at });
      return row.at;
    }
    return undefined;
  }

  async #first(from: number, to: number): Promise<Row | undefined> {
    const [recent] = this.#recent.within({ from, to }, 1);
    if (from >= this.#recent.oldestId) return recent;
    const [read] = await this.#thread.ask('read', { from, to, limit: 1 });
    return read ?? recent;
  }
}
