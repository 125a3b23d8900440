/**
 * Framing: bytes from the line to whole telegrams. Headings in quotes are those of the P1 Companion Standard.
 *
 * "Representation of P1 telegram": `/` and an identification, an empty line, one line per object, `!` and, since
 * DSMR 4.0, a checksum over all from `/` to `!`. A line that is tapped starts in the middle of a telegram, and a cable
 * of some metres past other cables loses bytes; so every start below is a guess until the end has been seen.
 */
import { crc16 } from '../../src/driver-kit.ts';
import { type CosemObject, objectsOf, versionOf } from './obis.ts';

/** A telegram that came over whole. */
export interface Telegram {
  /** The first line without its `/`. */
  readonly identification: string;
  readonly objects: readonly CosemObject[];
}

/** Bytes that were no telegram: one that was damaged, or a stretch in which none began. */
export interface Damage {
  readonly fault: 'checksum' | 'implausible';
  /** What was wrong. No bytes: a telegram holds the number of somebody's meter. */
  readonly why: string;
}

export type Heard = { readonly telegram: Telegram } | { readonly damage: Damage };

/** When a telegram needs a checksum; one that has a wrong checksum is never taken. */
export type ChecksumRule = 'auto' | 'required' | 'none';

const SLASH = 0x2f;
const EXCLAMATION_MARK = 0x21;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The longest we know of, Belgian with 13 monthly peaks and a text of 1024 characters (two digits each), takes 4 KiB. */
export const LIMIT_BYTES = 8192;

/** So many bytes without a start are as good as a telegram that was missed. */
export const NOISE_BYTES = 1024;

// Some meters leave out leading zeros of the checksum, some write it in lower case, some end it with a NUL.
const END = /^!([0-9a-f]{0,4})\0?(?:\r?\n)?$/i;

/** Finds the telegrams in a stream of bytes, however it is cut into chunks. */
export class TelegramReader {
  readonly #rule: ChecksumRule;
  readonly #held = new Uint8Array(LIMIT_BYTES);
  /** How much of `#held` is in use; 0 while no telegram has begun. */
  #length = 0;
  #lineAt = 0;
  #lineBeforeAt = 0;
  #noiseBytes = 0;
  #meterHasChecksums = false;

  constructor(rule: ChecksumRule) {
    this.#rule = rule;
  }

  /** What came to an end within `chunk`, in order. */
  feed(chunk: Uint8Array): Heard[] {
    const heard: Heard[] = [];
    for (const byte of chunk) {
      const ended = this.#take(byte);
      if (ended) heard.push(ended);
    }
    return heard;
  }

  #take(byte: number): Heard | undefined {
    const character = byte & 0x7f;
    // Inside a line `/` may be part of a text message; what it is there, `#lineEnded` finds out.
    if (character === SLASH && (this.#length === 0 || this.#lineAt === this.#length || this.#isInLastLine)) {
      return this.#begin(byte);
    }
    if (this.#length === 0) return this.#noise();
    if (this.#length === LIMIT_BYTES) return this.#drop(`no end within ${LIMIT_BYTES} bytes`);
    this.#held[this.#length++] = byte;
    return character === LINE_FEED ? this.#lineEnded() : undefined;
  }

  /** A `/` where a telegram begins. What was held until now is over: cut short, or whole but for its line feed. */
  #begin(byte: number): Heard | undefined {
    const before = this.#isInLastLine ? this.#judge() : this.#length > 0 ? this.#drop('no end') : undefined;
    this.#held[0] = byte;
    this.#length = 1;
    this.#lineAt = 0;
    this.#lineBeforeAt = 0;
    this.#noiseBytes = 0;
    return before;
  }

  #lineEnded(): Heard | undefined {
    if (this.#isInLastLine) return this.#judge();
    const damage = this.#isEmptyLine ? this.#beginAgain() : undefined;
    this.#lineBeforeAt = this.#lineAt;
    this.#lineAt = this.#length;
    return damage;
  }

  /**
   * Only the identification is followed by an empty line. So a `/` in the line before it is where the telegram begins,
   * and what is held before that is the rest of one whose end was lost, or noise.
   */
  #beginAgain(): Heard | undefined {
    const line = this.#text(this.#lineBeforeAt, this.#lineAt);
    const slashAt = line.lastIndexOf('/');
    const startAt = this.#lineBeforeAt + slashAt;
    // A bracket after it: the `/` stands in a text message.
    if (slashAt < 0 || startAt === 0 || line.includes(')', slashAt)) return undefined;
    this.#held.copyWithin(0, startAt, this.#length);
    this.#length -= startAt;
    this.#lineAt -= startAt;
    return damaged('no end');
  }

  /** The last line is in: is this a telegram? */
  #judge(): Heard {
    const characters = this.#held.subarray(0, this.#length);
    if (!isSevenBit(characters)) return this.#drop('wrong parity');
    const [, written] = END.exec(this.#text(this.#lineAt, this.#length)) ?? [];
    if (written === undefined) return this.#drop('a damaged last line');

    const [identification = '', ...lines] = this.#text(1, this.#lineAt).split(/\r?\n/);
    const { objects, areAll } = objectsOf(lines);
    if (written === '') {
      if (!this.#mayLackChecksum(objects, areAll)) return this.#drop('no checksum');
    } else {
      const computed = crc16(characters.subarray(0, this.#lineAt + 1), 0);
      if (Number.parseInt(written, 16) !== computed) return this.#drop('a wrong checksum');
      this.#meterHasChecksums = true;
    }
    this.#length = 0;
    return { telegram: { identification, objects } };
  }

  /**
   * DSMR 2.2 and 3.0 have no checksum, and no object that tells their version either. A meter that did send one once
   * always does. Without it, a line that is not an object is the only sign of damage.
   */
  #mayLackChecksum(objects: readonly CosemObject[], areAll: boolean): boolean {
    if (this.#rule === 'required' || !areAll) return false;
    if (this.#rule === 'none') return true;
    return !this.#meterHasChecksums && /^(DSMR [0-3].*)?$/.test(versionOf(objects) ?? '');
  }

  #noise(): Heard | undefined {
    this.#noiseBytes += 1;
    if (this.#noiseBytes < NOISE_BYTES) return undefined;
    this.#noiseBytes = 0;
    return { damage: { fault: 'implausible', why: `no start within ${NOISE_BYTES} bytes` } };
  }

  #drop(why: string): Heard {
    this.#length = 0;
    return damaged(why);
  }

  get #isInLastLine(): boolean {
    return this.#length > this.#lineAt && this.#character(this.#lineAt) === EXCLAMATION_MARK;
  }

  /** The line just ended holds nothing. */
  get #isEmptyLine(): boolean {
    const size = this.#length - this.#lineAt;
    return size === 1 || (size === 2 && this.#character(this.#lineAt) === CARRIAGE_RETURN);
  }

  #character(index: number): number {
    return (this.#held[index] ?? 0) & 0x7f;
  }

  /** Decoding as ASCII leaves the eighth bit out. */
  #text(from: number, to: number): string {
    return Buffer.from(this.#held.subarray(from, to)).toString('ascii');
  }
}

function damaged(why: string): Heard {
  return { damage: { fault: 'checksum', why } };
}

/**
 * "Transfer speed and character formatting": DSMR 2.2 and 3.0 send 7 bits and even parity. On a line that was opened
 * as 8N1 the parity stands in the eighth bit, where it still serves as the only check that these meters have.
 */
function isSevenBit(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80) || bytes.every(hasEvenParity);
}

function hasEvenParity(byte: number): boolean {
  let folded = byte ^ (byte >> 4);
  folded ^= folded >> 2;
  folded ^= folded >> 1;
  return (folded & 1) === 0;
}
