import { createHash } from 'node:crypto';

const BYTES = 16;
const NUMBERS_ON_PAGE = 256;

/** What was delivered under each number, as 128 bits of its SHA-1: a month of payloads does not fit in memory. */
export class Fingerprints {
  readonly #pages = new Map<number, Buffer>();

  /** Keeps the fingerprint of what came first under `number`. */
  keep(number: number, text: string): void {
    const index = Math.floor(number / NUMBERS_ON_PAGE);
    const page = this.#pages.get(index) ?? Buffer.alloc(NUMBERS_ON_PAGE * BYTES);
    this.#pages.set(index, page);
    page.set(fingerprint(text), (number % NUMBERS_ON_PAGE) * BYTES);
  }

  /** Whether `text` is, byte for byte, what was kept under `number`. */
  isSame(number: number, text: string): boolean {
    const at = (number % NUMBERS_ON_PAGE) * BYTES;
    const kept = this.#pages.get(Math.floor(number / NUMBERS_ON_PAGE))?.subarray(at, at + BYTES);
    return kept?.equals(fingerprint(text)) ?? false;
  }
}

function fingerprint(text: string): Buffer {
  return createHash('sha1').update(text, 'utf8').digest().subarray(0, BYTES);
}
