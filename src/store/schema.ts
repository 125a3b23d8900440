import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, openDatabase } from './database.ts';

/**
 * `PRAGMA user_version`: major × 100 + minor. A program opens every file of its own major, whatever its minor: a new
 * minor may only add tables, and columns that may be left out. So a release opens the outbox of the next one.
 */
export const SCHEMA_VERSION = 100;
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

/** What every file of this major can be asked. */
export const EXPECTED: Readonly<Record<string, string>> = {
  epoch: 'id, uuid',
  run: 'id, boot, started_at, stopped_at',
  device: 'id, epoch, name, head, durable_until, memory',
  uplink: 'name, settled',
  message: 'id, device, sequence, kind, run, at, uptime_ms, clock, duration_s, content',
};

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
    fill(db);
    beginEpoch(db);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
  }
  sync(unfinished(path));
  renameSync(unfinished(path), finished(path));
  sync(dirname(path));
}

/** Counts anew; what the devices remember goes on. */
function beginEpoch(db: Database): void {
  const before = db.prepare('SELECT max(id) FROM epoch').pluck().get();
  const { lastInsertRowid } = db.prepare('INSERT INTO epoch (uuid) VALUES (?)').run(randomUUID());
  db.prepare(
    `INSERT INTO device (epoch, name, memory)
     SELECT ?, name, memory FROM device WHERE epoch = ? AND memory IS NOT NULL ORDER BY id`,
  ).run(lastInsertRowid, before);
}

/** Makes a file's bytes, or a directory's names, survive a power cut. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
