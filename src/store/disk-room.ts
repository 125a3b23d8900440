import { dirname } from 'node:path';
import { Ballast } from './ballast.ts';
import type { Database } from './database.ts';
import { freeBytes, isDead, isFull } from './disk.ts';

/** What is said of the disk's room: once when it is gone, once when it is back. */
export type RoomEvent = { readonly event: 'disk-full' } | { readonly event: 'disk-has-room' };

export interface DiskRoomOptions {
  /** The database file. */
  readonly path: string;
  readonly ballastBytes: number;
  report(event: RoomEvent): void;
}

/** No commit needs so much. */
const FREE_BYTES = 2 ** 21;

/**
 * The room on the disk, to which others write as well. While it is full the database does not grow: what is new goes
 * where something older was.
 */
export class DiskRoom {
  readonly #directory: string;
  readonly #ballast: Ballast;
  readonly #report: (event: RoomEvent) => void;
  #db: Database | undefined;
  #maxPages = 0;
  #isFull = false;

  constructor({ path, ballastBytes, report }: DiskRoomOptions) {
    this.#directory = dirname(path);
    this.#ballast = new Ballast(path, ballastBytes);
    this.#report = report;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** From now on it is about this database, which has its limit for a disk with room. */
  attach(db: Database): void {
    this.#db = db;
    this.#maxPages = db.pragma('max_page_count', { simple: true }) as number;
    this.#limit();
  }

  /** Sees whether there is room: for the ballast and, where that was not so, for as much again. */
  look(): void {
    const isRoom = this.#ballast.take() && (!this.#isFull || freeBytes(this.#directory) >= this.#ballast.sizeBytes);
    this.#note(!isRoom);
  }

  /**
   * Runs `act`, and makes room on the disk for it as long as there is some to make. SQLite says of its own limit, too, that
   * the disk is full: `isOwnLimit` tells.
   */
  makingRoom<T>(act: () => T, isOwnLimit: () => boolean = () => false): T {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return act();
      } catch (cause) {
        if (!this.#isDiskFull(cause) || isOwnLimit()) throw cause;
        if (!this.#isFull) this.#freeze();
        else if (!isFirst && !this.#ballast.shed()) throw cause;
        else this.emptyLog();
      }
    }
  }

  /** Once all that is in the log has its place in the file, the file needs no more room. */
  #freeze(): void {
    this.#note(true);
    while (!this.emptyLog() && this.#ballast.shed());
  }

  /** SQLite says the same where its own limit is reached; what it tried to write takes its room until it tries again. */
  #isDiskFull(cause: unknown): boolean {
    const isShort = freeBytes(this.#directory) < FREE_BYTES;
    return isFull(cause) ? isShort || this.#isFull : isShort && isDead(cause);
  }

  #note(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#limit();
    this.#report({ event: isFull ? 'disk-full' : 'disk-has-room' });
  }

  #limit(): void {
    const pages = this.#isFull ? this.#db?.pragma('page_count', { simple: true }) : this.#maxPages;
    this.#db?.pragma(`max_page_count = ${pages}`);
  }

  /**
   * With all of it in the file, the log begins anew in the room that it has. False where it must wait for room on the disk.
   */
  emptyLog(): boolean {
    try {
      this.#db?.pragma('wal_checkpoint(PASSIVE)');
      return true;
    } catch (cause) {
      if (!this.#isDiskFull(cause)) throw cause;
      return false;
    }
  }
}
