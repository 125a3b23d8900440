import type { CursorState } from './cursor.ts';
import type { Database, Statement } from './database.ts';
import { cursorsIn } from './opening.ts';
import { CommitWriter } from './write-commit.ts';

/** A row of any table, by its columns' names. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** All rows of a small table. */
export function rowsOf(db: Database, table: string): readonly StoredRow[] {
  return db.prepare(`SELECT * FROM ${table} ORDER BY id`).all() as StoredRow[];
}

export type NamedCursor = readonly [name: string, state: CursorState];

/** Writes rows of a table, with those columns that both the table and the first row have; the id is answered. */
export function inserter(db: Database, table: string): (row: StoredRow) => number {
  let statement: Statement | undefined;
  return (row) => {
    statement ??= db.prepare(insertion(db, table, row));
    return Number(statement.run(row).lastInsertRowid);
  };
}

function insertion(db: Database, table: string, row: StoredRow): string {
  const known = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all() as string[];
  const columns = known.filter((name) => name in row);
  return `INSERT INTO ${table} (${columns}) VALUES (${columns.map((name) => `@${name}`)})`;
}

/** The cursors of all uplinks that the file knows. */
export function cursorsOf(db: Database): readonly NamedCursor[] {
  const names = db.prepare('SELECT name FROM uplink').pluck().all() as string[];
  return Object.entries(cursorsIn(db, names));
}

/** Writes cursors as a commit does. */
export function writeCursors(db: Database, cursors: readonly NamedCursor[]): void {
  const nothing = { delete: [], rows: [], devices: [], memories: {} };
  new CommitWriter(db, []).write({ ...nothing, cursors: Object.fromEntries(cursors) }, 0);
}

/** No row has had a higher id. */
export function newestIdIn(db: Database, cursors: readonly NamedCursor[]): number {
  const newest = db.prepare('SELECT max(id) FROM message').pluck().get() as number | null;
  const noted = cursors.flatMap(([, { settled, unsure }]) => [...settled, ...unsure]);
  return Math.max(newest ?? 0, ...noted.map(({ to }) => to));
}
