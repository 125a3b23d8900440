import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import { NumberSet, type Range } from '../model/number-set.ts';
import { type Database, isDamage, openDatabase } from './database.ts';
import { freeBytes, isDead } from './disk.ts';
import { damageIn } from './inspect.ts';
import { placeFinished } from './quarantine.ts';
import { makeDatabase, REFUGE } from './schema.ts';
import { cursorsOf, inserter, newestIdIn, rowsOf, type StoredRow, writeCursors } from './transfer.ts';

/** The refuge's own quota: memory is small. */
export const REFUGE_BYTES = 32 * 2 ** 20;
/** Rows of the file on the disk may take so much of it … */
const CARRY_BYTES = REFUGE_BYTES / 4;
/** … counted so for each beside its text. */
const ROW_BYTES = 50;
/** Where nobody can read which ids the file on the disk has used, ids begin above all that it can have used. */
const FAR_ID = 2 ** 40;

/** Where the refuge's own rows begin. */
export interface Border {
  /** Rows and runs from here on are the refuge's own; the others are copies. */
  readonly firstId: number;
  readonly firstRun: number;
  /** Ids of the copies. */
  readonly carried: NumberSet;
}

/** What a refuge begins with. */
export interface Source {
  readonly uplinks: readonly string[];
  /** The file on the disk, as far as it can be read. */
  readonly from?: Database;
  /** Its newest id, if that is known. */
  readonly newestId?: number;
}

/**
 * Makes the refuge, with a new epoch: the disk cannot note which numbers are used from now on, and after a power cut the
 * file there goes on with the next ones. Its rows that are still to be told are copied under their own keys, as far as
 * they can be read and there is room, newest first; what is not copied waits on the disk.
 */
export function makeRefuge(refuge: string, { uplinks, from, newestId = FAR_ID }: Source): void {
  mkdirSync(dirname(refuge), { recursive: true, mode: 0o700 });
  makeDatabase(refuge, (to) => {
    const { firstId, firstRun, carried } = (from && copyInto(to, from)) ?? nothingInto(to, uplinks, newestId + 1);
    to.exec(REFUGE);
    to.prepare('INSERT INTO refuge VALUES (?, ?, ?)').run(firstId, firstRun, JSON.stringify(carried.ranges));
  });
  placeFinished(refuge);
}

/** As `makeRefuge`, from a file that cannot be opened where it is: SQLite would write beside it. It is copied first. */
export function makeRefugeFor(path: string, refuge: string, uplinks: readonly string[]): void {
  mkdirSync(dirname(refuge), { recursive: true, mode: 0o700 });
  const copied = `${refuge}.copy`;
  try {
    copyWhole(path, copied);
    // What is damaged is seen to when the disk can be written again.
    const from = existsSync(copied) && !damageIn(copied) ? openDatabase(copied) : undefined;
    try {
      makeRefuge(refuge, { uplinks, ...(from ? { from } : {}) });
    } finally {
      from?.close();
    }
  } finally {
    remove(copied);
  }
}

/** Reads what `makeRefuge` noted. */
export function borderOf(refuge: Database): Border {
  const noted = refuge.prepare('SELECT first_id AS firstId, first_run AS firstRun, carried FROM refuge').get() as {
    readonly firstId: number;
    readonly firstRun: number;
    readonly carried: string;
  };
  return { ...noted, carried: new NumberSet(JSON.parse(noted.carried) as Range[]) };
}

/** Removes a database with what belongs to it. */
export function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

function copyWhole(path: string, copied: string): void {
  const files = ['', '-wal'].filter((suffix) => existsSync(path + suffix));
  const bytes = files.reduce((sum, suffix) => sum + statSync(path + suffix).size, 0);
  if (2 * bytes > freeBytes(dirname(copied)) || 4 * bytes > freemem()) return;
  try {
    for (const suffix of files) copyFileSync(path + suffix, copied + suffix);
  } catch (cause) {
    if (!isDead(cause)) throw cause;
    remove(copied);
  }
}

function nothingInto(to: Database, uplinks: readonly string[], firstId: number): Border {
  const settled = firstId > 1 ? [{ from: 1, to: firstId - 1 }] : [];
  writeCursors(
    to,
    uplinks.map((name) => [name, { settled, unsure: [], isSending: false, gone: 0 }] as const),
  );
  return { firstId, firstRun: 1, carried: new NumberSet() };
}

/** Undefined where not even the small tables can be read. */
function copyInto(to: Database, from: Database): Border | undefined {
  const tables = readable(() => ['epoch', 'device', 'run'].map((name) => [name, rowsOf(from, name)] as const));
  const cursors = readable(() => cursorsOf(from));
  if (!tables || !cursors) return undefined;
  for (const [name, rows] of tables) {
    const insert = inserter(to, name);
    // Numbers that may or may not have been used are declared by the file on the disk alone.
    for (const row of rows) insert({ ...row, complete: null });
  }
  const firstId = newestIdIn(from, cursors) + 1;
  const settled = cursors.map(([, cursor]) => new NumberSet(cursor.settled));
  const carried = copyRows(from, to, settled.length > 0 ? settled : [new NumberSet()]);
  // What stays behind is not to be looked for here.
  const behind = carried.gaps({ from: 1, to: firstId - 1 });
  writeCursors(
    to,
    cursors.map(([name, cursor]) => {
      return [name, { ...cursor, settled: new NumberSet([...cursor.settled, ...behind]).ranges, gone: 0 }] as const;
    }),
  );
  const firstRun = Number(to.prepare('SELECT coalesce(max(id), 0) + 1 FROM run').pluck().get());
  const missing = firstId - (carried.first ?? firstId) - carried.size;
  to.prepare('UPDATE run SET gone = ? WHERE id = ?').run(missing, firstRun - 1);
  return { firstId, firstRun, carried };
}

/** The newest rows that are still to be told, as many as may be carried; their ids. */
function copyRows(from: Database, to: Database, settled: readonly NumberSet[]): NumberSet {
  const carried = new NumberSet();
  const insert = inserter(to, 'message');
  const first = Math.min(...settled.map((set) => set.endOf(1) + 1));
  let left = CARRY_BYTES;
  // What a dying disk does not give stays where it is.
  readable(() => {
    for (const row of from.prepare('SELECT * FROM message WHERE id >= ? ORDER BY id DESC').iterate(first)) {
      const { id, content } = row as { readonly id: number; readonly content: string };
      if (settled.every((set) => set.has(id))) continue;
      left -= content.length + ROW_BYTES;
      if (left < 0) break;
      insert(row as StoredRow);
      carried.add(id);
    }
  });
  return carried;
}

/** What `read` gives, or undefined where the disk does not. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (isDamage(cause) || isDead(cause)) return undefined;
    throw cause;
  }
}
