import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { NumberSet, type Range } from '../../src/model/number-set.ts';
import { commitOf } from '../../src/store/batch.ts';
import type { CursorState } from '../../src/store/cursor.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { lossRows, newRow } from '../../src/store/new-row.ts';
import { openFile } from '../../src/store/open-file.ts';
import type { Row } from '../../src/store/outbox.ts';
import type { SqliteFile } from '../../src/store/sqlite-file.ts';
import type { Image } from './disk.ts';
import { observed, UPLINKS } from './observed.ts';
import { OUTBOX, writeImage } from './workloads.ts';

/** What was found of one device in one epoch. */
export interface Held {
  readonly observations: NumberSet;
  /** Declared lost, or about to be; and the numbers of the declarations. */
  readonly lost: NumberSet;
}

/** What an outbox that was opened after a power cut holds. */
export interface Found {
  /** Why it could not be opened, read or gone on with. */
  readonly failure?: string;
  readonly epoch: string;
  readonly wasClean: boolean;
  readonly durableUntil: number;
  /** The reason why a recovery was called for. */
  readonly recovered?: string;
  /** Per epoch and device. */
  readonly held: Readonly<Record<string, Held>>;
  /** Rows twice, out of order, or with other bytes than were appended. */
  readonly wrong: readonly string[];
  /** The last number used, or reserved, of each device of the newest epoch. */
  readonly heads: Readonly<Record<string, number>>;
  readonly cursors: Readonly<Record<string, CursorState>>;
  /** Something must be declared before it can be gone on. */
  readonly isOwing: boolean;
  /** Per epoch, a digest of its rows, losses included. */
  readonly digests: Readonly<Record<string, string>>;
  /** What lies in quarantine: a name for each pair of a file and its log. */
  readonly quarantined: readonly string[];
}

const NOTHING: Found = {
  ...{ epoch: '', wasClean: false, durableUntil: 0, held: {}, wrong: [], heads: {}, cursors: {}, isOwing: false },
  ...{ digests: {}, quarantined: [] },
};
/** Later than whatever was traced. */
const AT = Date.UTC(2090, 0, 1);
const ALL = { from: 1, to: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };

/** Opens an outbox as a power cut left it, looks at everything, goes on with it, and closes it. */
export function tried(image: Image, root: string): Found {
  writeImage(root, image);
  const path = join(root, OUTBOX);
  // As openSqliteOutbox does, before its thread does the rest.
  mkdirSync(dirname(path), { recursive: true });
  try {
    const found = opened(path);
    const failure = failureOf(path);
    return { ...found, quarantined: quarantinedIn(join(dirname(path), 'quarantine')), ...failure };
  } catch (cause) {
    return { ...NOTHING, failure: String(cause) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** As the outbox's thread does, on its own disk: a power cut has emptied the memory. */
function opened(path: string): Found {
  const memoryDirectory = join(dirname(path), 'memory');
  const file = openFile({ path, uplinks: UPLINKS, bootId: 'after', startedAt: AT, memoryDirectory }, () => undefined);
  const { epoch, lastRun, devices, cursors, owed } = file.opened;
  const { recovered, wasClean, durableUntil = 0 } = lastRun;
  const rows = file.read(ALL);
  const wrong = [...wrongIn(rows), ...wentOnWith(file)];
  file.close(AT);
  const epochs = [...new Set(rows.map((row) => row.epoch))];
  const heads = devices.filter((device) => device.epoch === epoch).map(({ name, head }) => [name, head]);
  const held = heldIn(rows);
  for (const { device, epoch: of, lost } of owed) addLost(held, `${of} ${device}`, lost);
  return {
    ...NOTHING,
    ...{ epoch, wasClean, durableUntil, held, wrong, cursors, isOwing: owed.length > 0 },
    heads: Object.fromEntries(heads),
    ...(recovered ? { recovered: recovered.reason } : {}),
    digests: Object.fromEntries(epochs.map((one) => [one, digestOf(rows.filter((row) => row.epoch === one))])),
  };
}

/** Declares what it owes and keeps one observation, as the outbox does; they must be there then. */
function wentOnWith(file: SqliteFile): string[] {
  const { epoch, devices, newestId, owed } = file.opened;
  const ledger = new Ledger(epoch, devices, { lastId: newestId });
  const { instant } = observed('a', 1);
  const losses = owed.flatMap(({ epoch: of, ...loss }) =>
    lossRows({ ...loss, instant }).map((row) => ledger.give(row, of)),
  );
  const next = (ledger.heads('given')['a'] ?? 0) + 1;
  const rows = [...losses, ledger.give(newRow(observed('a', next)))];
  const durable = { rows, passed: rows, isLast: false };
  const rest = { taken: [], memories: {}, cursors: {}, cleared: [], plan: undefined, isCut: false };
  file.commit(commitOf({ durable, devices: ledger.due(durable), ...rest }));
  const there = file.read({ ...ALL, from: newestId + 1 }).map(({ id, sequence }) => `${id}/${sequence}`);
  const given = rows.map(({ id, sequence }) => `${id}/${sequence}`);
  return there.join() === given.join() ? [] : [`goes on with ${there}, not with ${given}`];
}

function wrongIn(rows: readonly Row[]): string[] {
  const last = new Map<string, number>();
  return rows.flatMap((row) => {
    const { epoch, device, sequence, kind } = row;
    const key = `${epoch} ${device}`;
    const before = last.get(key) ?? 0;
    last.set(key, sequence);
    return [
      ...(sequence <= before ? [`${key}: ${sequence} after ${before}`] : []),
      ...(kind === 'observation' && !isAsAppended(row) ? [`${key}: ${sequence} is not what was appended`] : []),
    ];
  });
}

function heldIn(rows: readonly Row[]): Record<string, Held> {
  const held: Record<string, Held> = {};
  for (const { epoch, device, sequence, kind, content } of rows) {
    const key = `${epoch} ${device}`;
    const lost = kind === 'loss' ? [{ from: sequence, to: sequence }, ...(JSON.parse(content) as Range[])] : [];
    addLost(held, key, lost);
    if (kind === 'observation') held[key]?.observations.add(sequence);
  }
  return held;
}

function addLost(held: Record<string, Held>, key: string, lost: readonly Range[]): void {
  held[key] ??= { observations: new NumberSet(), lost: new NumberSet() };
  held[key].lost.addAll({ ranges: lost });
}

function isAsAppended({ device, sequence, at, clock, content }: Row): boolean {
  const expected = newRow(observed(device, sequence));
  return at === expected.at && clock === expected.clock && content === expected.content;
}

const digestOf = (rows: readonly Row[]) =>
  digest(rows.map(({ device, sequence, kind, content }) => `${device} ${sequence} ${kind} ${content}\n`).join(''));

/** A short name for bytes. */
export const digest = (bytes: Buffer | string): string => createHash('sha1').update(bytes).digest('base64');

/** SQLite's own check of the whole file. */
function failureOf(path: string): { failure?: string } {
  const db = new Database(path, { readonly: true });
  const said = db.pragma('integrity_check(1)', { simple: true }) as string;
  db.close();
  return said === 'ok' ? {} : { failure: `integrity_check: ${said}` };
}

/** A name for a database file and its log, where there is one with something in it. */
export const pairName = (file: Buffer | string | undefined, log: Buffer | string | undefined): string =>
  [file, log].map((one) => (Buffer.isBuffer(one) && one.length > 0 ? digest(one) : 'none')).join(' ');

function quarantinedIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => {
    if (name.startsWith('unfinished')) return name;
    const path = join(folder, name, 'outbox.db');
    const [file, log] = [path, `${path}-wal`].map((one) => (existsSync(one) ? readFileSync(one) : undefined));
    return pairName(file, log);
  });
}
