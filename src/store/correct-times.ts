import type { Range } from '../model/number-set.ts';
import type { Database } from './database.ts';

/** A row whose time is by a clock that nobody had set. */
export interface Untimed {
  readonly id: number;
  readonly uptimeMs: number;
}

/** Rows to be given the time that the clock says now. */
export interface Correction {
  readonly ranges: readonly Range[];
  /** UTC milliseconds at uptime 0. */
  readonly bootAt: number;
}

/** Rows of a range that have no time yet, oldest first. */
export function untimedIn(db: Database, { from, to }: Range): Untimed[] {
  return db
    .prepare(
      `SELECT id, uptime_ms AS uptimeMs FROM message
       WHERE id BETWEEN ? AND ? AND clock = 'unsynced' AND uptime_ms >= 0 ORDER BY id`,
    )
    .all(from, to) as Untimed[];
}

/** What a correction came to. */
export interface Corrected {
  readonly rows: number;
  /** By how much the first of them was moved. */
  readonly byMs: number;
}

const WHICH = `id BETWEEN @from AND @to AND clock != 'ntp' AND uptime_ms >= 0`;

/** Gives the rows the time that their uptime stands for. All or none. */
export function correctTimes(db: Database, { ranges, bootAt }: Correction): Corrected {
  const moved = db.prepare(`SELECT uptime_ms + @bootAt - at FROM message WHERE ${WHICH} LIMIT 1`).pluck();
  const update = db.prepare(`UPDATE message SET at = uptime_ms + @bootAt, clock = 'ntp' WHERE ${WHICH}`);
  return db.transaction(() => {
    let [rows, byMs] = [0, 0];
    for (const range of ranges) {
      const how = { ...range, bootAt };
      byMs ||= (moved.get(how) as number | undefined) ?? 0;
      rows += update.run(how).changes;
    }
    return { rows, byMs };
  })();
}
