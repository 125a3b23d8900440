import type { Clock } from '../hal/clock.ts';
import { Slots } from './slots.ts';
import { unlessAborted } from './unless-aborted.ts';
import { type Message, type Outcome, refusal, type Session } from './uplink.ts';

/** Who is next where places are few. */
export const RANK = { alert: 0, live: 1, backlog: 2 } as const;

/** What goes over a session, and who hears of it. */
export interface Channelled {
  readonly session: Session;
  /** Messages under way at most; the platform's own limit counts too. */
  readonly maxInFlight: number;
  readonly clock: Clock;
  /** Hears what became of each message. */
  heard(message: Message, outcome: Outcome): void;
}

/** What became of a message, and after how long. */
export type Answered = (outcome: Outcome, tookMs: number) => void;

const PACKET_TOO_LARGE = 0x95;

/** The messages under way in one session. */
export class Channel {
  readonly #with: Channelled;
  readonly #slots: Slots;
  /** Messages under way at most. */
  readonly places: number;
  /** While the path is being proved: what was said to be taken, but may not have been. */
  #held: (() => void)[] | undefined;
  #quickestMs = Number.POSITIVE_INFINITY;

  constructor(channelled: Channelled) {
    this.#with = channelled;
    this.places = Math.max(1, Math.min(channelled.maxInFlight, channelled.session.maxInFlight));
    this.#slots = new Slots(this.places);
  }

  get inFlight(): number {
    return this.#slots.taken;
  }

  /** The quickest answer so far: the way there and back, without what waits on it. */
  get quickestMs(): number {
    return this.#quickestMs;
  }

  /** Whether the message is within what the platform takes. */
  takes({ payload }: Message): boolean {
    return Buffer.byteLength(payload) <= (this.#with.session.maxPayloadBytes ?? Number.POSITIVE_INFINITY);
  }

  /** Resolves when there is room for a message, and keeps it: `hand` one over, or `leave`. */
  async room(rank: number, until: AbortSignal): Promise<void> {
    await this.#slots.take(until, rank);
  }

  leave(): void {
    this.#slots.free();
  }

  /** Resolves when nothing is under way. */
  empty(): Promise<void> {
    return this.#slots.empty();
  }

  /** Hands a message over, in the room that was kept for it. It is on its way when this returns. */
  hand(message: Message, answered?: Answered): Promise<Outcome> {
    const { clock, heard } = this.#with;
    const handedMs = clock.uptimeMs();
    return this.#publish(message).then((outcome) => {
      const tookMs = clock.uptimeMs() - handedMs;
      if (outcome.kind === 'accepted') this.#quickestMs = Math.min(this.#quickestMs, tookMs);
      const settle = () => {
        answered?.(outcome, tookMs);
        heard(message, outcome);
      };
      if (this.#held && outcome.kind === 'accepted') this.#held.push(settle);
      else settle();
      this.#slots.free();
      return outcome;
    });
  }

  /** Proves the path with a message; what is answered meanwhile counts when that has come back, or not at all. */
  async prove(message: Message, until: AbortSignal): Promise<void> {
    await this.room(RANK.live, until);
    this.#held = [];
    try {
      await unlessAborted(Promise.resolve(this.#with.session.prove?.(message, until)), until);
      const held = this.#held;
      this.#held = undefined;
      for (const settle of held) settle();
    } finally {
      this.leave();
    }
  }

  async #publish(message: Message): Promise<Outcome> {
    if (this.takes(message)) return this.#with.session.publish(message);
    return refusal(PACKET_TOO_LARGE, 'larger than the platform takes: not sent');
  }
}
