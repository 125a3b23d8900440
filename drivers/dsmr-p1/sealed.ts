/**
 * Encrypted telegrams, as meters in Luxembourg (Smarty) send them: each is one sealed message, without a mark where it
 * begins or ends. Headings in quotes are those of the Smarty P1 specification.
 *
 * "P1 port encryption": `DB`, the length 8 and the system title, `82` and the length of what follows, `30` (encrypted
 * and authenticated), a frame counter of 4 bytes, the telegram encrypted with AES-128-GCM, and 12 bytes of tag.
 */
import { bytes, sealed, unsealed } from '../../src/driver-kit.ts';
import { type ChecksumRule, type Heard, LIMIT_BYTES, NOISE_BYTES, TelegramReader } from './telegram.ts';

const START = 0xdb;
const TITLE_LENGTH = 8;
const LONG_LENGTH = 0x82;
const ENCRYPTED_AND_AUTHENTICATED = 0x30;

// DB, 08, title, 82, two bytes of length
const HEADER_BYTES = 2 + TITLE_LENGTH + 3;
const COUNTER_BYTES = 4;
const TAG_BYTES = 12;

/** "Additional authenticated data": the security byte, and the authentication key, the same for every meter. */
const ASSOCIATED = bytes('30 00112233445566778899aabbccddeeff');

/** What may be a sealed telegram: where it begins among the held bytes, and how long it says it is. */
interface Candidate {
  readonly at: number;
  readonly size: number;
}

/** Finds and opens sealed telegrams in a stream of bytes, however it is cut into chunks. */
export class SealedReader {
  readonly #key: Uint8Array;
  readonly #rule: ChecksumRule;
  #held: Uint8Array = new Uint8Array();
  /** Up to here `#held` has been searched for starts. */
  #searched = 0;
  #candidates: Candidate[] = [];
  #noiseBytes = 0;

  constructor(key: Uint8Array, rule: ChecksumRule) {
    this.#key = key;
    this.#rule = rule;
  }

  /** What came to an end within `chunk`, in order. */
  feed(chunk: Uint8Array): Heard[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    this.#search();
    const heard: Heard[] = [];
    for (let next = this.#complete(); next; next = this.#complete()) heard.push(...this.#open(next));
    const noise = this.#forget();
    return noise ? [...heard, noise] : heard;
  }

  #search(): void {
    for (; this.#searched + HEADER_BYTES < this.#held.length; this.#searched += 1) {
      const size = sealedSize(this.#held, this.#searched);
      if (size !== undefined) this.#candidates.push({ at: this.#searched, size });
    }
  }

  /** The first candidate that is there to its end. One before it may still wait for an end that a damaged length names. */
  #complete(): Candidate | undefined {
    return this.#candidates.find(({ at, size }) => at + size <= this.#held.length);
  }

  #open(candidate: Candidate): Heard[] {
    const { at, size } = candidate;
    const telegram = unsealedTelegram(this.#held.subarray(at, at + size), this.#key);
    if (!telegram) {
      this.#candidates = this.#candidates.filter((other) => other !== candidate);
      // Its bytes are accounted for; they are not noise as well.
      this.#noiseBytes = -size;
      return [damaged('it cannot be decrypted')];
    }
    // What begins before it never came to its end; what begins inside it only looked like a start.
    const cut = this.#candidates.filter((other) => other.at < at).map(() => damaged('no end'));
    this.#candidates = this.#candidates.filter((other) => other.at >= at + size);
    this.#searched = Math.max(this.#searched, at + size);
    this.#drop(at + size);
    this.#noiseBytes = 0;
    const inside = new TelegramReader(this.#rule).feed(telegram);
    return [...cut, ...(inside.length > 0 ? inside : [damaged('no telegram inside')])];
  }

  /** Lets go of what cannot be part of a telegram any more. */
  #forget(): Heard | undefined {
    const until = Math.min(this.#searched, this.#candidates[0]?.at ?? this.#searched);
    this.#noiseBytes += until;
    this.#drop(until);
    if (this.#noiseBytes < NOISE_BYTES) return undefined;
    this.#noiseBytes = 0;
    return { damage: { fault: 'implausible', why: `no encrypted telegram within ${NOISE_BYTES} bytes` } };
  }

  #drop(count: number): void {
    this.#held = this.#held.subarray(count);
    this.#searched = Math.max(0, this.#searched - count);
    this.#candidates = this.#candidates.map(({ at, size }) => ({ at: at - count, size }));
  }
}

/** True if a sealed telegram may begin within `chunk`: it takes the place of a hint that a key is needed. */
export function looksSealed(chunk: Uint8Array): boolean {
  return chunk.some((byte, at) => byte === START && sealedSize(chunk, at) !== undefined);
}

/** The size of the sealed telegram that may begin at `at`; undefined if none does. */
function sealedSize(held: Uint8Array, at: number): number | undefined {
  const byte = (offset: number) => held[at + offset] ?? 0;
  if (byte(0) !== START || byte(1) !== TITLE_LENGTH || byte(HEADER_BYTES - 3) !== LONG_LENGTH) return undefined;
  if (byte(HEADER_BYTES) !== ENCRYPTED_AND_AUTHENTICATED) return undefined;
  const size = (byte(HEADER_BYTES - 2) << 8) | byte(HEADER_BYTES - 1);
  return size > 1 + COUNTER_BYTES + TAG_BYTES && size <= LIMIT_BYTES ? HEADER_BYTES + size : undefined;
}

function unsealedTelegram(message: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const textAt = HEADER_BYTES + 1 + COUNTER_BYTES;
  const title = message.subarray(2, 2 + TITLE_LENGTH);
  const nonce = Buffer.concat([title, message.subarray(HEADER_BYTES + 1, textAt)]);
  return unsealed(message.subarray(textAt), { key, nonce, associated: ASSOCIATED, tagLength: TAG_BYTES });
}

/** A telegram as a meter seals it: for the simulated part. */
export function sealedMessage(
  telegram: Uint8Array,
  { key, counter }: { readonly key: Uint8Array; readonly counter: number },
): Uint8Array {
  const title = Buffer.from('DRP00001');
  const count = Buffer.alloc(COUNTER_BYTES);
  count.writeUInt32BE(counter);
  const nonce = Buffer.concat([title, count]);
  const body = sealed(telegram, { key, nonce, associated: ASSOCIATED, tagLength: TAG_BYTES });
  const size = 1 + COUNTER_BYTES + body.length;
  const header = [START, TITLE_LENGTH, ...title, LONG_LENGTH, size >> 8, size & 0xff, ENCRYPTED_AND_AUTHENTICATED];
  return Buffer.concat([Uint8Array.from(header), count, body]);
}

function damaged(why: string): Heard {
  return { damage: { fault: 'checksum', why } };
}
