import { statSync } from 'node:fs';
import type { Commit, Committed, FileStats } from './commit.ts';
import { type Database, isDamage, openDatabase, type Statement, type Transaction } from './database.ts';
import { noteDamage, wasStopped } from './inspect.ts';
import type { LastRun, Recovery, Row } from './outbox.ts';
import { KINDS, readRows, SELECT_ROWS } from './read-rows.ts';
import { makeSound, type SqliteFileOptions } from './recover.ts';

/** Rows cleared away in one commit: enough to keep up, few enough not to hold it up. */
const CLEAR_AT_MOST = 5000;
/** Rows are cleared when so many are settled: a page is rewritten once, not at each acknowledgement. */
const CLEAR_FROM = 500;

interface Epoch {
  readonly id: number;
  readonly uuid: string;
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
  readonly #db: Database;
  readonly #epochId: number;
  readonly #runId: number;
  readonly #devices = new Map<string, DeviceHead>();
  readonly #commit: Transaction<(commit: Commit) => Committed>;
  readonly #statements = new Map<string, Statement>();
  #nextId: number;
  #oldestId: number;

  /** Opens the file, or the one that takes its place. */
  static open(options: SqliteFileOptions): SqliteFile {
    const recovered = makeSound(options);
    const db = openDatabase(options.path);
    try {
      return new SqliteFile(db, recovered, options);
    } catch (cause) {
      db.close();
      if (recovered || !isDamage(cause)) throw cause;
      // In a page that was not looked at before: once more, and with the knowledge of it.
      noteDamage(options.path, cause);
      return SqliteFile.open(options);
    }
  }

  private constructor(db: Database, recovered: Recovery | undefined, options: SqliteFileOptions) {
    this.#db = db;
    this.#prepareFile();
    const epoch = this.#db.prepare('SELECT id, uuid FROM epoch ORDER BY id DESC LIMIT 1').get() as Epoch;
    this.epoch = epoch.uuid;
    this.#epochId = epoch.id;
    this.#loadDevices();
    this.memories = this.#memories();
    this.lastRun = this.#lastRun(recovered);
    this.settled = this.#openUplinks(options.uplinks);
    const { oldest, newest } = this.#db.prepare('SELECT min(id) AS oldest, max(id) AS newest FROM message').get() as {
      oldest: number | null;
      newest: number | null;
    };
    // Ids are never used twice: cleared rows lie below a cursor, so the next id lies above every cursor and every row.
    this.#nextId = Math.max(newest ?? 0, ...Object.values(this.settled), 0) + 1;
    this.#oldestId = oldest ?? this.#nextId;
    this.#commit = this.#db.transaction((commit: Commit) => this.#write(commit));
    // Last: what was read before may have shown damage, and a run that has begun leaves its mark.
    const inserted = this.#db
      .prepare('INSERT INTO run (boot, started_at) VALUES (?, ?)')
      .run(options.bootId, options.startedAt);
    this.#runId = Number(inserted.lastInsertRowid);
    // The file itself says that a run has begun: should its log vanish, the next start knows that there was one.
    this.#db.pragma('wal_checkpoint(PASSIVE)');
  }

  /** The id of the newest row there ever was. */
  get newestId(): number {
    return this.#nextId - 1;
  }

  /** Everything or nothing; durable when it returns. */
  commit(commit: Commit): Committed {
    try {
      const committed = this.#noticing(() => this.#commit.immediate(commit));
      this.#nextId += commit.rows.length;
      return committed;
    } catch (cause) {
      this.#loadDevices();
      throw cause;
    }
  }

  /** Rows with ids above `after`, oldest first. */
  read(after: number, limit: number): Row[] {
    return this.#noticing(() => readRows(this.#statement(SELECT_ROWS), after, limit));
  }

  stats(): FileStats {
    const { at } = this.#statement('SELECT max(durable_until) AS at FROM device').get() as { at: number | null };
    return {
      heads: Object.fromEntries(Array.from(this.#devices, ([name, { head }]) => [name, head])),
      // Ids are dense, but for what could not be carried over: counting rows is a subtraction.
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
    db.pragma('journal_mode = WAL');
    // FULL, not better-sqlite3's NORMAL: with NORMAL a power cut may take back the last commits (sqlite.org, "WAL").
    db.pragma('synchronous = FULL');
    // 4 MiB: checkpoints are the moment at which a card that lies about syncing can do harm; few and large ones, then.
    db.pragma('wal_autocheckpoint = 4000');
    // Takes the write lock now, so that a second gateway is refused at its start and not at its first commit.
    db.transaction(() => undefined).immediate();
  }

  #loadDevices(): void {
    this.#devices.clear();
    const rows = this.#db
      .prepare('SELECT id, name, head FROM device WHERE epoch = ?')
      .all(this.#epochId) as (DeviceHead & { name: string })[];
    for (const { name, id, head } of rows) this.#devices.set(name, { id, head });
  }

  #lastRun(recovered: Recovery | undefined): LastRun {
    const durableUntil = this.#db.prepare('SELECT max(durable_until) FROM device').pluck().get() as number | null;
    return {
      wasClean: recovered === undefined && wasStopped(this.#db),
      ...(durableUntil === null ? {} : { durableUntil }),
      ...(recovered ? { recovered } : {}),
    };
  }

  #memories(): Record<string, string> {
    const rows = this.#db.prepare('SELECT name, memory FROM device WHERE epoch = ? AND memory IS NOT NULL');
    const found = rows.all(this.#epochId) as { name: string; memory: string }[];
    return Object.fromEntries(found.map(({ name, memory }) => [name, memory]));
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
        `INSERT INTO message (id, device, sequence, kind, run, at, uptime_ms, clock, duration_s, content)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        this.#nextId + index,
        device.id,
        device.head,
        KINDS.indexOf(row.kind),
        this.#runId,
        row.at,
        row.uptimeMs,
        row.clock,
        row.durationSeconds ?? null,
        row.content,
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
    this.#statement('DELETE FROM message WHERE id <= ?').run(last);
    this.#oldestId = last + 1;
  }

  #device(name: string): DeviceHead {
    const known = this.#devices.get(name);
    if (known) return known;
    const { lastInsertRowid } = this.#statement('INSERT INTO device (epoch, name) VALUES (?, ?)').run(
      this.#epochId,
      name,
    );
    const device = { id: Number(lastInsertRowid), head: 0 };
    this.#devices.set(name, device);
    return device;
  }

  /** Damage that shows while the gateway runs is noted beside the file: the next start, which is soon, sees to it. */
  #noticing<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      if (isDamage(cause)) noteDamage(this.#db.name, cause);
      throw cause;
    }
  }

  #statement(sql: string): Statement {
    const prepared = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
