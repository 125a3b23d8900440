import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { freeBytes, isFull } from './disk.ts';

const CHUNK_BYTES = 65_536;
const PARTS = 8;

/**
 * A file that holds nothing but room on the disk. On a full disk SQLite can neither insert nor delete, for either needs
 * room in its log: with some of this given back, it can.
 */
export class Ballast {
  /** What is given back at a time: others may be waiting for room, too. */
  readonly partBytes: number;
  readonly #path: string;
  readonly sizeBytes: number;

  constructor(outbox: string, sizeBytes: number) {
    this.#path = `${outbox}.ballast`;
    this.sizeBytes = sizeBytes;
    this.partBytes = Math.ceil(sizeBytes / PARTS);
  }

  /** Takes the room that is missing, if as much as the whole stays free then; false where it is not there. */
  take(): boolean {
    const missingBytes = this.sizeBytes - this.#takenBytes;
    if (missingBytes <= 0) return true;
    if (freeBytes(dirname(this.#path)) < missingBytes + this.sizeBytes) return false;
    try {
      this.#append(missingBytes);
      return true;
    } catch (cause) {
      if (isFull(cause)) return false;
      throw cause;
    }
  }

  /** Gives back a part; false where none is left. */
  shed(): boolean {
    const takenBytes = this.#takenBytes;
    if (takenBytes > 0) truncateSync(this.#path, Math.max(0, takenBytes - this.partBytes));
    return takenBytes > 0;
  }

  get #takenBytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  #append(bytes: number): void {
    const file = openSync(this.#path, 'a');
    try {
      // A file system may keep zeros, or the same bytes again, without giving them a place.
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let left = bytes; left > 0; ) left -= writeSync(file, randomFillSync(chunk), 0, Math.min(left, CHUNK_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
