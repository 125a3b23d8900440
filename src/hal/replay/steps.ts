import type { SensorFault } from '../../model/errors.ts';

/**
 * One step of a recorded or written conversation, as `vectors.yaml` holds it. Bytes are hex; milliseconds are numbers.
 * A driver that does anything else, or in another order, or waits otherwise, fails the playback.
 */
export type Step =
  | { readonly write: string } // the driver sends these bytes
  | { readonly read: string; readonly after?: number } // and gets these; serial: when it has listened for so many ms
  | { readonly writeRead: readonly [string, string] } // both, with a repeated start
  | { readonly sleep: number } // the driver waits for so long
  | { readonly silence: number } // serial: the driver listens for so long, and hears nothing
  | { readonly error: SensorFault } // the next transfer fails so
  | { readonly file: string; readonly text: string | null } // 1-Wire: the driver reads id/file, and gets this; null: none
  | { readonly edge: 0 | 1; readonly at: number; readonly line?: number } // GPIO: the line changes at so many ms
  | { readonly quiet: number } // GPIO: nothing happens until so many ms
  | { readonly level: 0 | 1; readonly line?: number }; // GPIO: the driver asks for the level; of a further line: 1, 2 …

type StepWith<K extends string> = Extract<Step, { readonly [P in K]: unknown }>;

function has<K extends string>(step: Step, key: K): step is StepWith<K> {
  return key in step;
}

/** The driver and the conversation do not go together: it did something else than the next step has. */
export class Mismatch extends Error {}

/** Walks through the steps; each call takes the next one and checks that it is what the driver does. */
export class Script {
  #steps: readonly Step[];
  #next = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** The next step if it has `key` and `isSame` agrees; a Mismatch that shows both otherwise. */
  take<K extends string>(key: K, did: string, isSame: (step: StepWith<K>) => boolean = () => true): StepWith<K> {
    const step = this.#steps[this.#next];
    if (!step || !has(step, key) || !isSame(step)) throw this.mismatch(did);
    this.#next += 1;
    return step;
  }

  /** The Mismatch that names the next step, what it holds, and what the driver did instead. */
  mismatch(did: string): Mismatch {
    const step = this.peek();
    return new Mismatch(
      `step ${this.#next + 1}: expected ${step ? JSON.stringify(step) : 'nothing more'}, driver did ${did}`,
    );
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

  /** Goes on with these steps, counted from 1 again. Throws if the driver left earlier ones undone. */
  follow(steps: readonly Step[]): void {
    this.done();
    this.#steps = steps;
    this.#next = 0;
  }

  get isOver(): boolean {
    return this.#next >= this.#steps.length;
  }

  /** Throws if the driver left steps undone. */
  done(): void {
    if (!this.isOver) {
      throw new Mismatch(`step ${this.#next + 1}: driver stopped before ${JSON.stringify(this.#steps[this.#next])}`);
    }
  }
}
