import { SensorError } from '../model/errors.ts';
import { Bell } from './bell.ts';
import type { Clock } from './clock.ts';

const LIMIT_BYTES = 65_536;

/** Bytes that came in on a line, and the one reader that waits for them. */
export class Inbox {
  readonly #line: string;
  readonly #bell: Bell;
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #failure: SensorError | undefined;

  constructor(clock: Clock, line: string) {
    this.#line = line;
    this.#bell = new Bell(clock);
  }

  /** Takes what came in. What nobody reads for 64 KiB is chatter on an idle line: the oldest goes. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    while (this.#sizeBytes > LIMIT_BYTES) this.#sizeBytes -= this.#chunks.shift()?.length ?? 0;
    this.#bell.ring();
  }

  /** Ends this wait and every later one with `failure`, until `mend`. */
  fail(failure: SensorError): void {
    this.#failure = failure;
    this.#bell.ring();
  }

  mend(): void {
    this.#failure = undefined;
  }

  /** Forgets what came in unread. */
  discard(): void {
    this.#chunks = [];
    this.#sizeBytes = 0;
  }

  /** What came in since the last read, at least one byte; SensorError `timeout` if nothing comes within `withinMs`. */
  async read(withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#sizeBytes === 0 && !this.#failure) await this.#bell.wait(withinMs, signal);
    if (this.#failure) throw this.#failure;
    if (this.#sizeBytes === 0) throw new SensorError('timeout', `silence on ${this.#line} for ${withinMs} ms`);
    const first = this.#chunks[0];
    const all = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.discard();
    return all;
  }
}
