import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { ClockState } from '../model/observation.ts';
import type { NewRow } from './new-row.ts';
import type { LastRun, OutboxStats, Row } from './outbox.ts';

/** `PRAGMA user_version` of the schema below. A program opens its own version and, later, the ones before it. */
const SCHEMA_VERSION = 1;
/** `PRAGMA application_id`: "Dorp", so that a foreign database is recognised. */
const APPLICATION_ID = 0x446f7270;

const SCHEMA = `
  CREATE TABLE gateway (epoch TEXT NOT NULL) STRICT;
  CREATE TABLE run (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, started_at INTEGER NOT NULL, stopped_at INTEGER) STRICT;
  CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL DEFAULT 0,
    durable_until INTEGER,
    memory TEXT
  ) STRICT;
  CREATE TABLE observation (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    uptime_ms INTEGER NOT NULL,
    clock TEXT NOT NULL,
    duration_s REAL,
    readings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE uplink (name TEXT PRIMARY KEY, settled INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Rows cleared away in one commit: enough to keep up, few enough not to hold it up. */
const CLEAR_AT_MOST = 5000;
/** Rows are cleared when so many are settled: a page is rewritten once, not at each acknowledgement. */
const CLEAR_FROM = 500;

/** All that becomes durable together. */
export interface Commit {
  readonly rows: readonly NewRow[];
  readonly memories: Readonly<Record<string, string>>;
  /** Per uplink: every row up to this id is settled. */
  readonly settled: Readonly<Record<string, number>>;
}

/** What the commit gave to its rows: ids from `firstId` on, and a sequence number each. */
export interface Committed {
  readonly firstId: number;
  readonly sequences: readonly number[];
}

/** What the file knows of itself; what has been told to whom is known above it. */
export type FileStats = Omit<OutboxStats, 'backlog'>;

/** How to open the file. */
export interface SqliteFileOptions {
  readonly path: string;
  readonly uplinks: readonly string[];
  readonly bootId: string;
  /** UTC milliseconds. */
  readonly startedAt: number;
}

interface DeviceHead {
  readonly id: number;
  head: number;
}

/** The outbox's database file, synchronous: it lives in a thread of its own, where an fsync of 300 ms harms nobody. */
export class SqliteFile {
  readonly epoch: string;
  readonly lastRun: LastRun;
  readonly settled: Readonly<Record<string, number>>;
  readonly memories: Readonly<Record<string, string>>;
  readonly #db: Database.Database;
  readonly #runId: number;
  readonly #devices = new Map<string, DeviceHead>();
  readonly #commit: Database.Transaction<(commit: Commit) => Committed>;
  readonly #statements = new Map<string, Database.Statement>();
  #nextId: number;
  #oldestId: number;

  constructor(options: SqliteFileOptions) {
    this.#db = new Database(options.path, { timeout: 0 });
    this.#prepareFile();
    this.epoch = this.#db.prepare('SELECT epoch FROM gateway').pluck().get() as string;
    this.#loadDevices();
    this.memories = this.#memories();
    this.lastRun = this.#lastRun();
    const inserted = this.#db
      .prepare('INSERT INTO run (boot, started_at) VALUES (?, ?)')
      .run(options.bootId, options.startedAt);
    this.#runId = Number(inserted.lastInsertRowid);
    this.settled = this.#openUplinks(options.uplinks);
    const { oldest, newest } = this.#db
      .prepare('SELECT min(id) AS oldest, max(id) AS newest FROM observation')
      .get() as { oldest: number | null; newest: number | null };
    // Ids are never used twice: cleared rows lie below a cursor, so the next id lies above every cursor and every row.
    this.#nextId = Math.max(newest ?? 0, ...Object.values(this.settled), 0) + 1;
    this.#oldestId = oldest ?? this.#nextId;
    this.#commit = this.#db.transaction((commit: Commit) => this.#write(commit));
  }

  /** The id of the newest row there ever was. */
  get newestId(): number {
    return this.#nextId - 1;
  }

  /** Everything or nothing; durable when it returns. */
  commit(commit: Commit): Committed {
    try {
      const committed = this.#commit.immediate(commit);
      this.#nextId += commit.rows.length;
      return committed;
    } catch (cause) {
      this.#loadDevices();
      throw cause;
    }
  }

  /** Rows with ids above `after`, oldest first. */
  read(after: number, limit: number): Row[] {
    const rows = this.#db
      .prepare(
        `SELECT o.id, d.name AS device, o.sequence, o.at, o.clock, o.duration_s AS durationSeconds, o.readings
         FROM observation o JOIN device d ON d.id = o.device WHERE o.id > ? ORDER BY o.id LIMIT ?`,
      )
      .all(after, limit) as (Omit<Row, 'durationSeconds'> & { clock: ClockState; durationSeconds: number | null })[];
    return rows.map(({ durationSeconds, ...row }) => (durationSeconds === null ? row : { ...row, durationSeconds }));
  }

  stats(): FileStats {
    const { at } = this.#statement('SELECT max(durable_until) AS at FROM device').get() as { at: number | null };
    return {
      heads: Object.fromEntries(Array.from(this.#devices, ([name, { head }]) => [name, head])),
      // Ids are dense: counting rows is a subtraction.
      rows: this.#nextId - this.#oldestId,
      sizeBytes: sizeOf(this.#db.name) + sizeOf(`${this.#db.name}-wal`),
      ...(at === null ? {} : { durableUntil: at }),
    };
  }

  /** Marks the run as cleanly ended and closes; the last connection to close also empties the write-ahead log. */
  close(stoppedAt: number): void {
    this.#db.prepare('UPDATE run SET stopped_at = ? WHERE id = ?').run(stoppedAt, this.#runId);
    this.#db.close();
  }

  #prepareFile(): void {
    const db = this.#db;
    // One gateway per file: the lock is taken at the first read and held until the end. It also keeps the WAL index in
    // memory instead of a third file.
    db.pragma('locking_mode = EXCLUSIVE');
    const version = db.pragma('user_version', { simple: true }) as number;
    const application = db.pragma('application_id', { simple: true }) as number;
    const isNew = version === 0 && application === 0 && this.#isEmpty();
    if (!isNew && application !== APPLICATION_ID) throw new Error('the file is a database of another program');
    if (!isNew && version !== SCHEMA_VERSION) {
      throw new Error(`the file has schema version ${version}; this program knows ${SCHEMA_VERSION}`);
    }
    // A commit of a few seconds touches little: small pages write a third fewer bytes than SQLite's 4096 (npm run bench).
    // It must stand before the file gets its first page.
    db.pragma('page_size = 1024');
    db.pragma('journal_mode = WAL');
    // FULL, not better-sqlite3's NORMAL: with NORMAL a power cut may take back the last commits (sqlite.org, "WAL").
    db.pragma('synchronous = FULL');
    // 4 MiB: checkpoints are the moment at which a card that lies about syncing can do harm; few and large ones, then.
    db.pragma('wal_autocheckpoint = 4000');
    // Takes the write lock now, so that a second gateway is refused at its start and not at its first commit.
    db.transaction(() => (isNew ? this.#create() : undefined)).immediate();
  }

  #create(): void {
    this.#db.exec(SCHEMA);
    this.#db.prepare('INSERT INTO gateway (epoch) VALUES (?)').run(randomUUID());
    this.#db.pragma(`user_version = ${SCHEMA_VERSION}`);
    this.#db.pragma(`application_id = ${APPLICATION_ID}`);
  }

  #isEmpty(): boolean {
    return this.#db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  }

  #loadDevices(): void {
    this.#devices.clear();
    const rows = this.#db.prepare('SELECT id, name, head FROM device').all() as (DeviceHead & { name: string })[];
    for (const { name, id, head } of rows) this.#devices.set(name, { id, head });
  }

  #lastRun(): LastRun {
    const last = this.#db.prepare('SELECT stopped_at FROM run ORDER BY id DESC LIMIT 1').get() as
      | { stopped_at: number | null }
      | undefined;
    const durableUntil = this.#db.prepare('SELECT max(durable_until) FROM device').pluck().get() as number | null;
    return {
      wasClean: last === undefined || last.stopped_at !== null,
      ...(durableUntil === null ? {} : { durableUntil }),
    };
  }

  #memories(): Record<string, string> {
    const rows = this.#db.prepare('SELECT name, memory FROM device WHERE memory IS NOT NULL').all();
    return Object.fromEntries((rows as { name: string; memory: string }[]).map(({ name, memory }) => [name, memory]));
  }

  /** Cursors for the configured uplinks; one that left the config no longer holds rows back. */
  #openUplinks(names: readonly string[]): Record<string, number> {
    const db = this.#db;
    return db.transaction(() => {
      const known = db.prepare('SELECT name, settled FROM uplink').all() as { name: string; settled: number }[];
      for (const { name } of known) {
        if (!names.includes(name)) db.prepare('DELETE FROM uplink WHERE name = ?').run(name);
      }
      // A new uplink is told what is still here.
      for (const name of names) db.prepare('INSERT OR IGNORE INTO uplink (name, settled) VALUES (?, 0)').run(name);
      const now = db.prepare('SELECT name, settled FROM uplink').all() as { name: string; settled: number }[];
      return Object.fromEntries(now.map(({ name, settled }) => [name, settled]));
    })();
  }

  #write({ rows, memories, settled }: Commit): Committed {
    const touched = new Map<DeviceHead, number>();
    const sequences = rows.map((row, index) => {
      const device = this.#device(row.device);
      device.head += 1;
      touched.set(device, row.at);
      this.#statement(
        `INSERT INTO observation (id, device, sequence, run, at, uptime_ms, clock, duration_s, readings)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        this.#nextId + index,
        device.id,
        device.head,
        this.#runId,
        row.at,
        row.uptimeMs,
        row.clock,
        row.durationSeconds ?? null,
        row.readings,
      );
      return device.head;
    });
    for (const [device, at] of touched) {
      this.#statement('UPDATE device SET head = ?, durable_until = ? WHERE id = ?').run(device.head, at, device.id);
    }
    for (const [name, memory] of Object.entries(memories)) {
      this.#statement('UPDATE device SET memory = ? WHERE id = ?').run(memory, this.#device(name).id);
    }
    for (const [name, id] of Object.entries(settled)) {
      this.#statement('UPDATE uplink SET settled = ? WHERE name = ?').run(id, name);
    }
    if (Object.keys(settled).length > 0) this.#clear();
    return { firstId: this.#nextId, sequences };
  }

  /** Deletes, by range and lazily, what every uplink has settled. */
  #clear(): void {
    const { upTo } = this.#statement('SELECT min(settled) AS upTo FROM uplink').get() as { upTo: number };
    if (upTo - this.#oldestId < CLEAR_FROM) return;
    const last = Math.min(upTo, this.#oldestId + CLEAR_AT_MOST);
    this.#statement('DELETE FROM observation WHERE id <= ?').run(last);
    this.#oldestId = last + 1;
  }

  #device(name: string): DeviceHead {
    const known = this.#devices.get(name);
    if (known) return known;
    const { lastInsertRowid } = this.#statement('INSERT INTO device (name) VALUES (?)').run(name);
    const device = { id: Number(lastInsertRowid), head: 0 };
    this.#devices.set(name, device);
    return device;
  }

  #statement(sql: string): Database.Statement {
    const prepared = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
