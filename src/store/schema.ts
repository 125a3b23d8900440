import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { sync } from './disk.ts';

/**
 * `PRAGMA user_version`: major × 100 + minor. A program opens every file of its own major, whatever its minor: a new
 * minor may only add tables, and columns that may be left out. So a release opens the outbox of the next one.
 */
export const SCHEMA_VERSION = 102;
/** `PRAGMA application_id`: "Dorp", so that a foreign database is recognised. */
export const APPLICATION_ID = 0x446f7270;

/** A device stands once per epoch, with the numbers that it was given in it; the newest epoch is the one that counts. */
const SCHEMA = `
  CREATE TABLE epoch (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE run (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, started_at INTEGER NOT NULL, stopped_at INTEGER) STRICT;
  CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    name TEXT NOT NULL,
    head INTEGER NOT NULL DEFAULT 0,
    durable_until INTEGER,
    memory TEXT,
    UNIQUE (epoch, name)
  ) STRICT;
  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind INTEGER NOT NULL DEFAULT 0, -- 0: observation, 1: loss
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    clock TEXT NOT NULL,
    duration_s REAL,
    content TEXT NOT NULL
  ) STRICT;
  CREATE TABLE uplink (name TEXT PRIMARY KEY, settled INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** What each minor has added; a program of an earlier one leaves it out, so every column has a default. */
const ADDED: Readonly<Record<number, string>> = {
  101: `
    -- 0: low, 1: normal, 2: high, 3: alert
    ALTER TABLE message ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
    -- Every number up to here is kept, or has been. NULL: up to the head.
    ALTER TABLE device ADD COLUMN complete INTEGER;
    -- The first id of the run; NULL: written by a program that does not note it.
    ALTER TABLE run ADD COLUMN first_id INTEGER;
    -- Ids between the oldest row and the newest that have no row.
    ALTER TABLE run ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
    -- Ranges of ids, in JSON: settled above the prefix; sent, perhaps arrived.
    ALTER TABLE uplink ADD COLUMN beyond TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE uplink ADD COLUMN unsure TEXT NOT NULL DEFAULT '[]';
    -- A session has begun, and its end is not noted.
    ALTER TABLE uplink ADD COLUMN sending INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE uplink ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
    -- How this file took another one's place, until that has been told.
    CREATE TABLE recovery (reason TEXT NOT NULL, carried INTEGER NOT NULL, lost INTEGER NOT NULL) STRICT;
  `,
  102: `
    -- The last readings of the device's counters, in JSON.
    ALTER TABLE device ADD COLUMN counters TEXT;
  `,
};

/** What every file of this major can be asked. */
export const EXPECTED: Readonly<Record<string, string>> = {
  epoch: 'id, uuid',
  run: 'id, boot, started_at, stopped_at',
  device: 'id, epoch, name, head, durable_until, memory',
  uplink: 'name, settled',
  message: 'id, device, sequence, kind, run, at, uptime_ms, clock, duration_s, content',
};

/** What stands in for a file on a disk that takes nothing (refuge.ts) has one table more. */
export const REFUGE =
  'CREATE TABLE refuge (first_id INTEGER NOT NULL, first_run INTEGER NOT NULL, carried TEXT NOT NULL) STRICT';

/** True for such a file. */
export function isRefuge(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'refuge'").get() !== undefined;
}

/** Where a new database is made until it is whole. */
const unfinished = (path: string) => `${path}.unfinished`;
/** A new database that is whole, on its way to its place. */
export const finished = (path: string) => `${path}.finished`;

/**
 * Makes a database with an epoch of its own at `finished(path)`: whole or not at all, so that a power cut leaves no file
 * that looks like damage. `fill` comes before the new epoch is begun.
 */
export function makeDatabase(path: string, fill: (db: Database) => void = () => undefined): void {
  for (const suffix of ['', '-journal', '-wal']) rmSync(unfinished(path) + suffix, { force: true });
  const db = openDatabase(unfinished(path));
  try {
    // A commit of a few seconds touches little: small pages write 40 % fewer bytes than SQLite's 4096 (npm run bench).
    // It must stand before the file gets its first page.
    db.pragma('page_size = 1024');
    db.pragma('synchronous = OFF');
    db.pragma('journal_mode = MEMORY');
    db.exec(SCHEMA);
    addTo(db, 100);
    fill(db);
    beginEpoch(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
  }
  sync(unfinished(path));
  renameSync(unfinished(path), finished(path));
  sync(dirname(path));
}

/** Brings a file of an earlier minor up to ours, whole or not at all; a later one is left as it is. */
export function migrate(db: Database): void {
  db.transaction(() => addTo(db, db.pragma('user_version', { simple: true }) as number)).immediate();
}

function addTo(db: Database, version: number): void {
  for (const [minor, sql] of Object.entries(ADDED)) if (Number(minor) > version) db.exec(sql);
  if (version < SCHEMA_VERSION) db.pragma(`user_version = ${SCHEMA_VERSION}`);
}

/** Counts anew; what the devices remember goes on. */
function beginEpoch(db: Database): void {
  const before = db.prepare('SELECT max(id) FROM epoch').pluck().get();
  const { lastInsertRowid } = db.prepare('INSERT INTO epoch (uuid) VALUES (?)').run(randomUUID());
  db.prepare(
    `INSERT INTO device (epoch, name, memory, counters)
     SELECT ?, name, memory, counters FROM device
     WHERE epoch = ? AND (memory IS NOT NULL OR counters IS NOT NULL) ORDER BY id`,
  ).run(lastInsertRowid, before);
}
