import type { Statement } from './database.ts';
import type { Row } from './outbox.ts';

/** A row's kind is its place here. */
export const KINDS = ['observation', 'loss'] as const;

/** Rows above an id, so many. */
export const SELECT_ROWS = `
  SELECT m.id, m.kind, d.name AS device, e.uuid AS epoch, m.sequence, m.at, m.clock, m.duration_s AS durationSeconds, m.content
  FROM message m JOIN device d ON d.id = m.device JOIN epoch e ON e.id = d.epoch WHERE m.id > ? ORDER BY m.id LIMIT ?
`;

interface StoredRow extends Omit<Row, 'kind' | 'durationSeconds'> {
  readonly kind: 0 | 1;
  readonly durationSeconds: number | null;
}

/** Rows with ids above `after`, oldest first. */
export function readRows(select: Statement, after: number, limit: number): Row[] {
  return (select.all(after, limit) as StoredRow[]).map(({ kind, durationSeconds, ...row }) => ({
    ...row,
    kind: KINDS[kind],
    ...(durationSeconds === null ? {} : { durationSeconds }),
  }));
}
