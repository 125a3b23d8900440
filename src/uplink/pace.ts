import type { Clock } from '../hal/clock.ts';
import type { Row } from '../store/outbox.ts';
import type { Message } from './uplink.ts';

/** How fast a backlog is told at most. */
export type DrainRate =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'bits' | 'readings'; readonly perSecond: number };

/** What a message takes on the line beside its payload: topic, properties, the headers of TCP/IP. */
const OVERHEAD_BYTES = 160;

/** Keeps to a rate: after each message it waits for as long as the message is worth. */
export class Pace {
  readonly #rate: DrainRate;
  readonly #clock: Clock;
  #nextMs = 0;

  constructor(rate: DrainRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Resolves when the next message may go. */
  async turn(signal: AbortSignal): Promise<void> {
    const waitMs = this.#nextMs - this.#clock.uptimeMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  told(message: Message, rows: readonly Row[]): void {
    if (this.#rate.kind === 'unlimited') return;
    const cost =
      this.#rate.kind === 'bits' ? (Buffer.byteLength(message.payload) + OVERHEAD_BYTES) * 8 : readingsOf(rows);
    this.#nextMs = Math.max(this.#nextMs, this.#clock.uptimeMs()) + (cost / this.#rate.perSecond) * 1000;
  }
}

function readingsOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { content }) => sum + content.split('"n":').length - 1, 0);
}
