import { SensorError } from '../model/errors.ts';
import { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Edge } from './gpio.ts';

const LIMIT = 65_536;

/** Edges that were seen, oldest first, and the one taker that waits for the next. */
export class EdgeQueue {
  readonly #bell: Bell;
  #edges: Edge[] = [];
  #overflowed = false;
  #failure: SensorError | undefined;

  constructor(clock: Clock) {
    this.#bell = new Bell(clock);
  }

  push(edge: Edge): void {
    if (this.#edges.length < LIMIT) this.#edges.push(edge);
    else this.#overflowed = true;
    this.#bell.ring();
  }

  /** From here on edges may have been missed: the taker is told, once, after the edges that were seen before. */
  fail(failure: SensorError): void {
    this.#failure = failure;
    this.#bell.ring();
  }

  /**
   * The oldest edge; undefined if none comes within `withinMs`. SensorError `implausible` if more came than anybody
   * took: edges were missed then, and a count of them would be invented.
   */
  async take(withinMs: number, signal?: AbortSignal): Promise<Edge | undefined> {
    if (this.#overflowed) {
      this.#edges = [];
      this.#overflowed = false;
      throw new SensorError('implausible', `more than ${LIMIT} edges came at once: is the input floating?`);
    }
    const isIdle = this.#edges.length === 0 && !this.#failure;
    if (isIdle && withinMs > 0) await this.#bell.wait(withinMs, signal);
    return this.#edges.shift() ?? this.#failed();
  }

  #failed(): undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }
}
