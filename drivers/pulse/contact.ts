import type { Edge } from '../../src/driver-kit.ts';

/**
 * The rule of what a pulse is: a change to active counts if the line was inactive, without a break, for at least the
 * debounce time before it. Contacts bounce when they close and when they open, but rest only between two pulses; so
 * each gap within the bounce must be shorter than the debounce time, not the bounce as a whole, and a pulse is counted
 * when it begins, however long the contact then stays closed.
 */
export class Contact {
  readonly #debounceMs: number;
  #isActive = false;
  #inactiveSinceMs = Number.NEGATIVE_INFINITY;

  constructor(debounceMs: number) {
    this.#debounceMs = debounceMs;
  }

  /** True if a pulse begins with `edge`. Of two edges to one level the second is bounce: the one between was missed. */
  begins({ level, uptimeMs }: Edge): boolean {
    const wasActive = this.#isActive;
    this.#isActive = level === 1;
    if (!this.#isActive) this.#inactiveSinceMs = uptimeMs;
    return this.#isActive && !wasActive && uptimeMs - this.#inactiveSinceMs >= this.#debounceMs;
  }
}
