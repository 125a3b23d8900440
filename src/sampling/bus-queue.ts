import { atMost, type Clock } from '../hal/clock.ts';
import { BusError, SensorError } from '../model/errors.ts';
import type { Priority } from '../model/observation.ts';

/** How a conversation is to be had. */
export interface Turn {
  readonly device: string;
  readonly priority: Priority;
  /** So long it may take; then it is given up, and the next has its turn. */
  readonly deadlineMs: number;
  /** Takes the bus out of the hands of a conversation that was given up; resolves when it is free. */
  letGo(why: SensorError): Promise<void>;
}

interface Waiting extends Turn {
  readonly askedMs: number;
  begin(): Promise<void>;
  refuse(why: SensorError): void;
}

const HEAD_START_MS: Readonly<Record<Priority, number>> = { low: 0, normal: 5000, high: 10_000, alert: 15_000 };

// The kernel ends a transfer of its own accord after a second at most (i2c-bcm2835: the adapter's default time-out).
const HUNG_AFTER_MS = 1000;

/**
 * One conversation at a time on a bus. Of those that wait, the one that has waited longest is next, where each step of
 * priority counts as five seconds of waiting: so whoever waits is overtaken for a while, and never for ever.
 */
export class BusQueue {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  #stuck: BusError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Has `conversation` when its turn has come. SensorError `timeout` once it has taken longer than its deadline;
   * BusError while an earlier one hangs in a transfer that nothing can end.
   */
  run<T>(conversation: () => Promise<T>, turn: Turn): Promise<T> {
    if (this.#stuck) return Promise.reject(this.#stuck);
    return new Promise<T>((resolve, reject) => {
      const begin = async () => {
        try {
          resolve(await conversation());
        } catch (cause) {
          reject(cause);
        }
      };
      this.#waiting.push({ ...turn, askedMs: this.#clock.uptimeMs(), begin, refuse: reject });
      void this.#goOn();
    });
  }

  async #goOn(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#have(next);
    this.#isBusy = false;
  }

  #next(): Waiting | undefined {
    const dueMs = ({ askedMs, priority }: Waiting) => askedMs - HEAD_START_MS[priority];
    const next = this.#waiting.reduce<Waiting | undefined>(
      (best, one) => (best && dueMs(best) <= dueMs(one) ? best : one),
      undefined,
    );
    if (next) this.#waiting.splice(this.#waiting.indexOf(next), 1);
    return next;
  }

  async #have(turn: Waiting): Promise<void> {
    const { device, deadlineMs } = turn;
    let isOver = false;
    const talk = turn.begin().finally(() => {
      isOver = true;
    });
    await atMost(this.#clock, deadlineMs, talk);
    if (isOver) return;
    const why = new SensorError('timeout', `given up: it took longer than its deadline of ${deadlineMs} ms`);
    const free = turn.letGo(why);
    turn.refuse(why);
    await this.#untilFree(free, device);
  }

  /** A transfer that hangs holds the bus: those who wait are told so, now and until it comes back. */
  async #untilFree(free: Promise<void>, device: string): Promise<void> {
    let isFree = false;
    const freed = free.finally(() => {
      isFree = true;
    });
    await atMost(this.#clock, HUNG_AFTER_MS, freed);
    if (isFree) return;
    const hint = 'take the supply from its parts for a moment; if that does not help, restart the board';
    this.#stuck = new BusError(`a transfer for ${device} does not come back: ${hint}`);
    for (const { refuse } of this.#waiting.splice(0)) refuse(this.#stuck);
    await freed;
    this.#stuck = undefined;
  }
}
