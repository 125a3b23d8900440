import type { SensorFault } from '../../model/errors.ts';

/**
 * One step of a recorded or written conversation, as `vectors.yaml` holds it. Bytes are hex; milliseconds are numbers.
 * A driver that does anything else, or in another order, or waits otherwise, fails the playback.
 */
export type Step =
  | { readonly write: string } // the driver sends these bytes
  | { readonly read: string } // and gets these
  | { readonly writeRead: readonly [string, string] } // both, with a repeated start
  | { readonly sleep: number } // the driver waits for so long
  | { readonly silence: number } // serial: the driver listens for so long, and hears nothing
  | { readonly error: SensorFault } // the next transfer fails so
  | { readonly edge: 0 | 1; readonly at: number } // GPIO: the line changes at so many ms
  | { readonly quiet: number } // GPIO: nothing happens until so many ms
  | { readonly level: 0 | 1 }; // GPIO: the driver asks for the level

/** Walks through the steps; each call takes the next one and checks that it is of the kind that the driver asks for. */
export class Script {
  readonly #steps: readonly Step[];
  #next = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** The next step if it has `key`; an Error that shows both otherwise. */
  take<K extends string>(key: K, did: string): Extract<Step, { readonly [P in K]: unknown }> {
    const step = this.#steps[this.#next];
    if (!step || !(key in step)) {
      const expected = step ? JSON.stringify(step) : 'nothing more';
      throw new Error(`step ${this.#next + 1}: expected ${expected}, driver did ${did}`);
    }
    this.#next += 1;
    return step as Extract<Step, { readonly [P in K]: unknown }>;
  }

  /** True, and the step is taken, if the next step injects a failure. */
  failure(): SensorFault | undefined {
    const step = this.#steps[this.#next];
    if (!step || !('error' in step)) return undefined;
    this.#next += 1;
    return step.error;
  }

  peek(): Step | undefined {
    return this.#steps[this.#next];
  }

  get isOver(): boolean {
    return this.#next >= this.#steps.length;
  }

  /** Throws if the driver left steps undone. */
  done(): void {
    if (!this.isOver) {
      throw new Error(`step ${this.#next + 1}: driver stopped before ${JSON.stringify(this.#steps[this.#next])}`);
    }
  }
}
