import type { Range } from '../model/number-set.ts';
import type { Candidates, CandidatesAsked, Commit, DeviceNumbers, FileSize, FileStats } from './commit.ts';
import { type Corrected, type Correction, correctTimes, type Untimed, untimedIn } from './correct-times.ts';
import type { CursorState } from './cursor.ts';
import { type Database, isDamage, openDatabase } from './database.ts';
import { isDead, isFull, sizeOf } from './disk.ts';
import type { DiskRoom } from './disk-room.ts';
import { FileLimit } from './file-limit.ts';
import { comeHome } from './homecoming.ts';
import { noteDamage } from './inspect.ts';
import type { Declaration } from './losses.ts';
import { cursorsIn, devicesIn, lastRunOf, memoriesIn, owedBy } from './opening.ts';
import type { LastRun, Row, StoreEvent } from './outbox.ts';
import { readCandidates, readRows } from './read-rows.ts';
import { makeSound, type SqliteFileOptions } from './recover.ts';
import { forgetRecovery } from './recovery-note.ts';
import { borderOf } from './refuge.ts';
import { isRefuge, migrate } from './schema.ts';
import { placeOfSlate, takeFromSlate } from './slate.ts';
import { CommitWriter } from './write-commit.ts';

/** What a file says of itself when it is opened. */
export interface Opened {
  readonly epoch: string;
  readonly runId: number;
  readonly lastRun: LastRun;
  /** The id of the newest row there ever was. */
  readonly newestId: number;
  /** The id of the oldest row there is; above the newest where there is none. */
  readonly oldestId: number;
  /** Of the configured uplinks; one that is missing is new. */
  readonly cursors: Readonly<Record<string, CursorState>>;
  readonly devices: readonly DeviceNumbers[];
  readonly memories: Readonly<Record<string, string>>;
  /** What must be declared before anything else. */
  readonly owed: readonly Declaration[];
  /** The first id of this boot: rows from there on have an uptime that still counts. */
  readonly bootFromId: number;
  readonly size: FileSize;
  /** It stands in for a file on a disk that takes nothing. */
  readonly isRefuge: boolean;
}

/** What the file lies on. */
export interface Disk {
  readonly room: DiskRoom;
  report(event: StoreEvent): void;
}

/** The outbox's database file, synchronous: it lives in a thread of its own, where an fsync of 300 ms harms nobody. */
export class SqliteFile {
  readonly opened: Opened;
  readonly #db: Database;
  readonly #room: DiskRoom;
  readonly #limit: FileLimit;
  readonly #runId: number;
  readonly #ownFrom: number;
  readonly #writer: CommitWriter;
  readonly #commit: (commit: Commit) => number;
  #newestId: number;
  /** Counting them would be to read the whole file. */
  #rows: number;

  /** Opens the file, or the one that takes its place. */
  static open(options: SqliteFileOptions, disk: Disk): SqliteFile {
    const isNew = makeSound(options);
    const db = openDatabase(options.path);
    try {
      return new SqliteFile(db, disk, options);
    } catch (cause) {
      db.close();
      if (isNew || !isDamage(cause)) throw cause;
      // In a page that was not looked at before: once more, and with the knowledge of it.
      noteDamage(options.path, cause);
      return SqliteFile.open(options, disk);
    }
  }

  private constructor(db: Database, { room, report }: Disk, options: SqliteFileOptions) {
    this.#db = db;
    this.#room = room;
    this.#prepareFile();
    room.attach(db);
    room.makingRoom(() => migrate(db));
    if (room.makingRoom(() => comeHome(options, db))) report({ event: 'writable' });
    const slate = placeOfSlate(options.path, options.memoryDirectory);
    if (slate !== undefined) room.makingRoom(() => takeFromSlate(slate, db));
    this.#limit = new FileLimit(db, options.quotaBytes);
    room.attach(db);
    const epoch = db.prepare('SELECT uuid FROM epoch ORDER BY id DESC LIMIT 1').pluck().get() as string;
    const devices = devicesIn(db);
    const cursors = cursorsIn(db, options.uplinks);
    this.#ownFrom = isRefuge(db) ? borderOf(db).firstId : 1;
    const newUplinks = options.uplinks.filter((name) => !(name in cursors));
    // Ids are never used twice: cleared rows lie below a cursor, so the next id lies above every cursor and every row.
    const newest = db.prepare('SELECT max(id) FROM message').pluck().get() as number | null;
    const noted = Object.values(cursors).flatMap(({ settled, unsure }) => [...settled, ...unsure]);
    this.#newestId = Math.max(newest ?? 0, ...noted.map(({ to }) => to));
    const gone = db.prepare('SELECT gone FROM run ORDER BY id DESC LIMIT 1').pluck().get() as number | undefined;
    this.#rows = Math.max(0, this.#span() - (gone ?? 0));
    const read = {
      epoch,
      lastRun: lastRunOf(db),
      newestId: this.#newestId,
      oldestId: this.#oldestId(),
      cursors,
      devices,
      memories: memoriesIn(db),
      // Of the epochs that a refuge has copies from, the file on the disk declares.
      owed: owedBy(db, devices, newUplinks).filter((declared) => declared.epoch === epoch || !isRefuge(db)),
    };
    this.#writer = new CommitWriter(db, devices);
    const write = db.transaction((commit: Commit) => this.#writer.write(commit, this.#runId));
    this.#commit = (commit) => {
      try {
        return write.immediate(commit);
      } catch (cause) {
        this.#writer.forget();
        throw cause;
      }
    };
    // Last: what was read before may have shown damage, and a run that has begun leaves its mark.
    this.#runId = room.makingRoom(() => this.#beginRun(options));
    const bootFromId = db.prepare('SELECT min(first_id) FROM run WHERE boot = ?').pluck().get(options.bootId) as number;
    this.opened = { ...read, runId: this.#runId, bootFromId, size: this.#limit.size, isRefuge: isRefuge(db) };
    // The file itself says that a run has begun: should its log vanish, the next start knows that there was one.
    room.emptyLog();
    room.look();
  }

  /** Everything or nothing; durable when it returns. */
  commit(commit: Commit): FileSize {
    try {
      if (this.#room.isFull) this.#room.look();
      else this.#limit.keepLogShort();
      const isOwnLimit = () => commit.delete.length === 0 && this.#limit.isTooSmallFor(commit);
      const deleted = this.#noticing(() => this.#room.makingRoom(() => this.#commit(commit), isOwnLimit));
      this.#rows += commit.rows.length - deleted;
    } catch (cause) {
      throw this.#limit.explained(cause, commit);
    }
    this.#newestId = Math.max(this.#newestId, commit.rows.at(-1)?.[0] ?? 0);
    return this.#limit.size;
  }

  /** Rows of a range, oldest first. */
  read(range: Range & { readonly limit: number }): Row[] {
    return this.#noticing(() => readRows(this.#db, range));
  }

  /** Rows that may be dropped. */
  candidates(asked: CandidatesAsked): Candidates {
    // What a refuge has copies of is not its own to drop.
    const within = { from: Math.max(asked.within.from, this.#ownFrom), to: asked.within.to };
    if (within.from > within.to) return { rows: [], upTo: within.to };
    return this.#noticing(() => readCandidates(this.#db, { ...asked, within }));
  }

  /** Rows whose time is not known yet. */
  untimed(range: Range): Untimed[] {
    return this.#noticing(() => untimedIn(this.#db, range));
  }

  /** Gives rows their time, durably. */
  correct(correction: Correction): Corrected {
    return this.#noticing(() => this.#room.makingRoom(() => correctTimes(this.#db, correction)));
  }

  stats(): FileStats {
    const at = this.#db.prepare('SELECT max(durable_until) FROM device').pluck().get() as number | null;
    return {
      rows: this.#rows,
      sizeBytes: sizeOf(this.#db.name) + sizeOf(`${this.#db.name}-wal`),
      ...(at === null ? {} : { durableUntil: at }),
    };
  }

  /** Marks the run as cleanly ended and closes; the last connection to close also empties the write-ahead log. */
  close(stoppedAt: number): void {
    try {
      this.#noteStop(stoppedAt);
    } finally {
      this.#db.close();
    }
  }

  /** Closes when `save` has taken what can be read. */
  leave(save: (from: Database, newestId: number) => void, stoppedAt: number): void {
    save(this.#db, this.#newestId);
    try {
      // Should the disk have come to its senses, SQLite removes the log: that must not look like damage.
      this.#noteStop(stoppedAt);
    } catch (cause) {
      if (!isDead(cause) && !isFull(cause) && !isDamage(cause)) throw cause;
    } finally {
      this.#db.close();
    }
  }

  #noteStop(stoppedAt: number): void {
    const gone = Math.max(0, this.#span() - this.#rows);
    const note = this.#db.prepare('UPDATE run SET stopped_at = ?, gone = ? WHERE id = ?');
    this.#room.makingRoom(() => {
      // Whoever stops has been told how the run began.
      forgetRecovery(this.#db);
      note.run(stoppedAt, gone, this.#runId);
    });
  }

  #prepareFile(): void {
    const db = this.#db;
    // One gateway per file: the lock is taken at the first read and held until the end. It also keeps the WAL index in
    // memory instead of a third file.
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    // FULL, not better-sqlite3's NORMAL: with NORMAL a power cut may take back the last commits (sqlite.org, "WAL").
    db.pragma('synchronous = FULL');
    // Not better-sqlite3's 16 MB: in an outage they fill with pages that nobody looks at. A commit fits in these.
    db.pragma('cache_size = -4096');
    // Takes the write lock now, so that a second gateway is refused at its start and not at its first commit.
    db.transaction(() => undefined).immediate();
  }

  #beginRun({ bootId, startedAt }: SqliteFileOptions): number {
    const insert = this.#db.prepare('INSERT INTO run (boot, started_at, first_id, gone) VALUES (?, ?, ?, ?)');
    const gone = Math.max(0, this.#span() - this.#rows);
    return Number(insert.run(bootId, startedAt, this.#newestId + 1, gone).lastInsertRowid);
  }

  /** Ids from the oldest row to the newest. */
  #span(): number {
    return this.#newestId - this.#oldestId() + 1;
  }

  #oldestId(): number {
    const oldest = this.#db.prepare('SELECT min(id) FROM message').pluck().get() as number | null;
    return oldest ?? this.#newestId + 1;
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
}
