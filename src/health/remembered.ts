import type { Quality } from '../model/quality.ts';
import type { Quantity } from '../model/quantity.ts';
import type { StreamHistory, StreamStatus } from './status.ts';

const RECENT_VALUES = 120;
const TREND_VALUES = 60;
const SPAN_MS = 5 * 60_000;
/** A day. */
const SPANS = 288;
/** Numbers per span: lowest, sum, highest, count. Flat, because there are a hundred streams. */
const WIDTH = 4;

interface Seen {
  readonly value: number | null;
  readonly quality: Quality;
  readonly why: string | undefined;
  readonly uptimeMs: number;
}

/** What one stream has said lately: in memory, for whoever looks. */
export class Remembered {
  readonly #quantity: Quantity;
  #last: Seen | undefined;
  #values: number[] = [];
  #uptimesMs: number[] = [];
  readonly #spans: number[] = [];
  /** The number since boot of the first span that is kept. */
  #firstSpan = 0;

  constructor(quantity: Quantity) {
    this.#quantity = quantity;
  }

  see(seen: Seen): void {
    this.#last = seen;
    if (seen.value === null) return;
    this.#values.push(seen.value);
    this.#uptimesMs.push(seen.uptimeMs);
    if (this.#values.length >= 2 * RECENT_VALUES) {
      this.#values = this.#values.slice(-RECENT_VALUES);
      this.#uptimesMs = this.#uptimesMs.slice(-RECENT_VALUES);
    }
    this.#add(Math.floor(seen.uptimeMs / SPAN_MS), seen.value);
  }

  /** Undefined before it has said anything. */
  status(uptimeMs: number): StreamStatus | undefined {
    if (!this.#last) return undefined;
    const { value, quality, why } = this.#last;
    return {
      quantity: this.#quantity,
      value,
      quality,
      ...(why === undefined ? {} : { why }),
      ageSeconds: ago(uptimeMs, this.#last.uptimeMs),
      trend: this.#values.slice(-TREND_VALUES),
    };
  }

  history(uptimeMs: number): Omit<StreamHistory, 'device'> {
    const from = Math.max(0, this.#values.length - RECENT_VALUES);
    const recent = this.#values.slice(from).map((value, index) => {
      return { agoSeconds: ago(uptimeMs, this.#uptimesMs[from + index] ?? uptimeMs), value };
    });
    const spans = Array.from({ length: this.#spans.length / WIDTH }, (_, index) => {
      const [lowest = 0, sum = 0, highest = 0, count = 0] = this.#spans.slice(index * WIDTH, (index + 1) * WIDTH);
      const middleMs = (this.#firstSpan + index + 0.5) * SPAN_MS;
      return { agoSeconds: ago(uptimeMs, middleMs), lowest, mean: sum / count, highest, count };
    });
    const filled = spans.filter(({ count }) => count > 0).map(({ count: _, ...span }) => span);
    return { quantity: this.#quantity, recent, spans: filled };
  }

  /** A late value belongs to an earlier span; one from before the first that is kept is not shown. */
  #add(span: number, value: number): void {
    if (this.#spans.length === 0) this.#firstSpan = span;
    while (this.#firstSpan + this.#spans.length / WIDTH <= span) {
      this.#spans.push(Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0);
      if (this.#spans.length <= SPANS * WIDTH) continue;
      this.#spans.splice(0, WIDTH);
      this.#firstSpan += 1;
    }
    const at = (span - this.#firstSpan) * WIDTH;
    if (at < 0) return;
    const [lowest = 0, sum = 0, highest = 0, count = 0] = this.#spans.slice(at, at + WIDTH);
    this.#spans.splice(at, WIDTH, Math.min(lowest, value), sum + value, Math.max(highest, value), count + 1);
  }
}

const ago = (uptimeMs: number, thenMs: number): number => Math.max(0, Math.round((uptimeMs - thenMs) / 1000));
