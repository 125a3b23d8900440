import type { Memory } from '../hal/memory.ts';
import { SensorError } from '../model/errors.ts';

/** Whole numbers that outlive a restart: counts that never go back. They are kept as text, one space between two. */
export class KeptCounts {
  readonly #memory: Memory;
  readonly #size: number;
  #counts: readonly number[] | undefined;
  #kept: string | undefined;

  constructor(memory: Memory, size: number) {
    this.#memory = memory;
    this.#size = size;
  }

  /** The counts; what is already at hand is not read again. Nothing kept is zeros; SensorError `implausible` if damaged. */
  async load(): Promise<readonly number[]> {
    if (this.#counts) return this.#counts;
    const text = await this.#memory.load();
    const counts = text === undefined ? Array<number>(this.#size).fill(0) : this.#parsed(text);
    this.#kept = text;
    this.#counts = counts;
    return counts;
  }

  /** Keeps the counts, if they are others than before; they stay at hand even where they cannot be kept. */
  async save(counts: readonly number[]): Promise<void> {
    this.#counts = counts;
    const text = counts.join(' ');
    if (text === this.#kept) return;
    await this.#memory.save(text);
    this.#kept = text;
  }

  #parsed(text: string): number[] {
    const counts = text.split(' ').map(Number);
    const isSound = /^\d+( \d+)*$/.test(text) && counts.every(Number.isSafeInteger) && counts.length === this.#size;
    if (isSound) return counts;
    throw new SensorError('implausible', `what is remembered is "${text}", not ${this.#size} whole numbers: forget it`);
  }
}
