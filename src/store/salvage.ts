import type { LossReason, LostRange } from '../model/loss.ts';
import { type Database, isDamage, isForeign } from './database.ts';
import { wasStopped } from './inspect.ts';
import { lostJson } from './new-row.ts';
import { rangesIn } from './opening.ts';

/** Ids that are read at a time; where one of them cannot be read, halves of it, and so on. */
const CHUNK = 2000;
/** Reads that may fail: more, and what is left counts as unreadable, so that a start stays a matter of seconds. */
const FAILURES_AT_MOST = 50_000;
/**
 * Where the log is damaged, numbers behind the last known one may have been used, up to what fits in a log of 4 MiB
 * (see `wal_autocheckpoint`). They are declared; nothing else is ever told under them.
 */
const UNKNOWN_NUMBERS = 100_000;

const MESSAGE_COLUMNS = 'id, device, sequence, kind, run, at, uptime_ms, clock, duration_s, content, priority'.split(
  ', ',
);

/** What a rescue came to. */
export interface Rescue {
  readonly carried: number;
  readonly lost: number;
}

export const emptyRescue: Rescue = { carried: 0, lost: 0 };

interface How {
  /** UTC milliseconds. */
  readonly at: number;
  /** False: the heads in the file may be older than the last ones. */
  readonly isLogWhole: boolean;
}

/** A device of an old epoch: its last number, and how far its rows have been found. */
interface Device {
  readonly id: number;
  readonly head: number;
  sequence: number;
  rowId: number;
  readonly lost: LostRange[];
}

interface StoredMessage {
  readonly id: number;
  readonly device: number;
  readonly sequence: number;
}

/** What the small tables say; without them no row can be told from another. */
interface Known {
  readonly devices: ReadonlyMap<number, Device>;
  /** Every row up to here is settled by all uplinks. */
  readonly settled: number;
  /** No uplink has noted a row behind this one. */
  readonly told: number;
  readonly newestId: number;
  readonly wasClean: boolean;
}

/** Takes over what can be read: rows under their own keys and ids, memories, cursors. The rest is declared lost. */
export function rescue(from: Database, to: Database, how: How): Rescue {
  const known = readable(() => smallTables(from, to, how));
  if (!known) return emptyRescue;
  const carried = carryRows(from, to, known);
  let id = known.newestId;
  let lost = 0;
  for (const device of known.devices.values()) {
    found(device, { id: known.newestId + 1, device: device.id, sequence: device.head + 1 }, { ...known, carried });
    const head = device.head + (how.isLogWhole ? 0 : UNKNOWN_NUMBERS);
    if (head > device.head) device.lost.push({ from: device.head + 1, to: head, reason: 'unclean' });
    if (device.lost.length === 0) continue;
    id += 1;
    declare(to, { id, device: device.id, sequence: head + 1, at: how.at, content: lostJson(device.lost) });
    lost += device.lost.reduce((sum, range) => sum + range.to - range.from + 1, 0);
  }
  return { carried, lost };
}

/** What `read` gives, or undefined where the pages for it are damaged. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (isDamage(cause) || isForeign(cause)) return undefined;
    throw cause;
  }
}

interface StoredCursor {
  readonly settled: number;
  readonly beyond: string;
  readonly unsure: string;
}

/** The columns of a table that the damaged file has: an earlier release's has fewer. */
function columnsOf(from: Database, table: string, wanted: readonly string[]): string {
  const has = from.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  return wanted.filter((name) => has.includes(name)).join(', ');
}

/** Copies all rows of a small table; they are answered. */
function carryTable<T>(from: Database, to: Database, { table, columns }: { table: string; columns: string[] }): T[] {
  const names = columnsOf(from, table, columns);
  const rows = from.prepare(`SELECT ${names} FROM ${table}`).all();
  const insert = to.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.replaceAll(/\w+/g, '@$&')})`);
  for (const row of rows) insert.run(row);
  return rows as T[];
}

function smallTables(from: Database, to: Database, { at }: How): Known {
  carryTable(from, to, { table: 'epoch', columns: ['id', 'uuid'] });
  const deviceColumns = ['id', 'epoch', 'name', 'head', 'durable_until', 'memory', 'counters'];
  const rows = carryTable<{ id: number; head: number }>(from, to, { table: 'device', columns: deviceColumns });
  readable(() => carryTable(from, to, { table: 'run', columns: ['id', 'boot', 'started_at', 'first_id'] }));
  // Ended by this, as it were: a run without an end means a log that is not empty.
  to.prepare('UPDATE run SET stopped_at = ?').run(at);
  const cursorColumns = ['name', 'settled', 'beyond', 'unsure', 'sending', 'gone'];
  const carry = () => carryTable<StoredCursor>(from, to, { table: 'uplink', columns: cursorColumns });
  const cursors = readable(carry) ?? [];
  const settled = cursors.map((cursor) => cursor.settled);
  const devices = rows.map(({ id, head }): [number, Device] => [id, { id, head, sequence: 0, rowId: 0, lost: [] }]);
  return {
    devices: new Map(devices),
    settled: settled.length > 0 ? Math.min(...settled) : 0,
    told: Math.max(0, ...cursors.map(lastNoted)),
    // Each id went with one number.
    newestId: devices.reduce((sum, [, { head }]) => sum + head, 0),
    wasClean: readable(() => wasStopped(from)) ?? false,
  };
}

/** The highest id of which an uplink notes anything. */
function lastNoted({ settled, beyond = '[]', unsure = '[]' }: StoredCursor): number {
  const [above, doubtful] = [rangesIn(beyond), rangesIn(unsure)];
  if (!above || !doubtful) return Number.POSITIVE_INFINITY;
  return Math.max(settled, ...[...above, ...doubtful].map(({ to }) => to));
}

/** Copies every row that can be read, in the order of their ids; the count of those that are not settled. */
function carryRows(from: Database, to: Database, known: Known): number {
  const columns = columnsOf(from, 'message', MESSAGE_COLUMNS);
  const select = from.prepare(
    `SELECT ${columns} FROM message
     WHERE id BETWEEN ? AND ? AND kind IN (0, 1) AND clock IN ('ntp', 'rtc', 'unsynced') AND json_valid(content)
     AND at BETWEEN 0 AND 8640000000000000 ORDER BY id`,
  );
  const insert = to.prepare(`INSERT INTO message (${columns}) VALUES (${columns.replaceAll(/\w+/g, '@$&')})`);
  let carried = 0;
  const take = (row: StoredMessage) => {
    const device = known.devices.get(row.device);
    // Garbage can look like a row: numbers rise, and none is above the head.
    if (!device || row.sequence <= device.sequence || row.sequence > device.head) return;
    found(device, row, { ...known, carried });
    insert.run(row);
    if (row.id > known.settled) carried += 1;
  };
  const read = (first: number, last: number) => select.all(first, last) as StoredMessage[];
  // A few settled ones, too, where they are still there: they say up to which number all is settled.
  const first = Math.max(1, known.settled - CHUNK);
  to.transaction(() => inChunks({ first, last: known.newestId }, read, take))();
  return carried;
}

/** Reads ids from `first` to `last` in order, around what cannot be read. */
function inChunks(
  { first, last }: { readonly first: number; readonly last: number },
  read: (first: number, last: number) => readonly StoredMessage[],
  take: (row: StoredMessage) => void,
): void {
  let failures = 0;
  const halve = (from: number, to: number): void => {
    const rows = readable(() => read(from, to));
    for (const row of rows ?? []) take(row);
    if (rows) return;
    failures += 1;
    if (from === to || failures > FAILURES_AT_MOST) return;
    const middle = (from + to) >> 1;
    halve(from, middle);
    halve(middle + 1, to);
  };
  for (let from = first; from <= last; from += CHUNK) halve(from, Math.min(last, from + CHUNK - 1));
}

/** Notes a row of a device, and what must have stood between it and the row before. */
function found(device: Device, row: StoredMessage, known: Known & { readonly carried: number }): void {
  const { settled, told, wasClean, carried } = known;
  if (row.id > settled) {
    // What is not settled has an id above `settled`, and so many of those have not been read.
    const missing = row.id - 1 - settled - carried;
    const atLeast = device.rowId >= settled ? 0 : row.sequence - missing;
    const from = Math.max(device.sequence + 1, atLeast);
    // Whoever may have been told already decides: the platform counts a delivery of what is called unclean.
    const reason: LossReason = wasClean && device.rowId >= told ? 'corrupt' : 'unclean';
    if (from < row.sequence) device.lost.push({ from, to: row.sequence - 1, reason });
  }
  device.sequence = row.sequence;
  device.rowId = row.id;
}

interface Declaration {
  readonly id: number;
  readonly device: number;
  readonly sequence: number;
  readonly at: number;
  readonly content: string;
}

/** The loss has the next number of the epoch whose numbers are lost: no other message will have it. */
function declare(to: Database, declaration: Declaration): void {
  to.prepare(
    `INSERT INTO message (id, device, sequence, kind, run, at, uptime_ms, clock, content, priority)
     VALUES (@id, @device, @sequence, 1, 0, @at, 0, 'unsynced', @content, 0)`,
  ).run(declaration);
  to.prepare('UPDATE device SET head = ? WHERE id = ?').run(declaration.sequence, declaration.device);
}
