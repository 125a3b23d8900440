import type { Range } from '../model/number-set.ts';
import { PRIORITIES } from '../model/observation.ts';
import type { Candidates, CandidatesAsked } from './commit.ts';
import type { Database } from './database.ts';
import type { Dropped } from './losses.ts';
import type { Row } from './outbox.ts';

/** A row's kind is its place here. */
export const KINDS = ['observation', 'loss'] as const;

const SELECT_ROWS = `
  SELECT m.id, m.kind, d.name AS device, e.uuid AS epoch, m.sequence, m.at, m.clock, m.duration_s AS durationSeconds,
    m.priority, m.content
  FROM message m JOIN device d ON d.id = m.device JOIN epoch e ON e.id = d.epoch
  WHERE m.id BETWEEN ? AND ? ORDER BY m.id LIMIT ?
`;

/** What an observation says is of no interest once it is dropped; what a loss says is declared anew. */
const SELECT_CANDIDATES = `
  SELECT m.id, m.kind, d.name AS device, e.uuid AS epoch, m.sequence, CASE m.kind WHEN 1 THEN m.content ELSE '' END AS content
  FROM message m JOIN device d ON d.id = m.device JOIN epoch e ON e.id = d.epoch
  WHERE m.id BETWEEN @from AND @to AND m.priority = @priority
`;
const THINNED = `AND m.kind = 0 AND m.sequence % @thinning != 0`;

/** Ids looked at in one request: some megabytes of a card. */
const SCAN_IDS = 20_000;

interface StoredRow extends Omit<Row, 'kind' | 'durationSeconds' | 'priority'> {
  readonly kind: 0 | 1;
  readonly durationSeconds: number | null;
  readonly priority: number;
}

/** Rows of a range, oldest first. */
export function readRows(db: Database, { from, to, limit }: Range & { readonly limit: number }): Row[] {
  return (db.prepare(SELECT_ROWS).all(from, to, limit) as StoredRow[]).map(
    ({ kind, durationSeconds, priority, ...row }) => ({
      ...row,
      kind: KINDS[kind],
      priority: PRIORITIES[priority] ?? 'normal',
      ...(durationSeconds === null ? {} : { durationSeconds }),
    }),
  );
}

/** The oldest rows of a priority, as far as one look goes. */
export function readCandidates(db: Database, { priority, within, limit, thinning }: CandidatesAsked): Candidates {
  // Where much has been dropped, the next row may be far away.
  const first = db.prepare('SELECT min(id) FROM message WHERE id >= ?').pluck().get(within.from) as number | null;
  if (first === null || first > within.to) return { rows: [], upTo: within.to };
  const to = Math.min(within.to, first + SCAN_IDS - 1);
  const sql = `${SELECT_CANDIDATES} ${thinning === undefined ? '' : THINNED} ORDER BY m.id LIMIT @limit`;
  const found = db.prepare(sql).all({
    from: first,
    to,
    priority: PRIORITIES.indexOf(priority),
    limit,
    ...(thinning === undefined ? {} : { thinning }),
  }) as (Omit<Dropped, 'kind'> & { readonly kind: 0 | 1 })[];
  const rows = found.map(({ kind, ...row }) => ({ ...row, kind: KINDS[kind] }));
  return { rows, upTo: rows.length < limit ? to : (rows.at(-1)?.id ?? to) };
}
