import { type Message, type Outcome, type Session, type Uplink, UplinkError } from '../../src/uplink/uplink.ts';
import type { Seen } from './feed.ts';

/** A platform whose answers the test decides. */
export class FakeUplink implements Uplink {
  readonly name = 'city';
  /** Every message handed over, in order, over all sessions. */
  readonly sent: Message[] = [];
  readonly wills: Message[] = [];
  maxInFlight = 20;
  mostInFlight = 0;
  connects = 0;
  ended = 0;
  dropped = 0;
  /** The next attempts to connect fail while this is set. */
  isAway = false;
  /** What becomes of a message; undefined leaves it unanswered. */
  answer: (message: Message) => Outcome | undefined = () => ({ kind: 'accepted' });
  #inFlight = new Set<(outcome: Outcome) => void>();
  #lost = new AbortController();

  get seen(): Seen[] {
    return this.sent.map(({ topic, payload }) => ({ topic, payload: String(payload) }));
  }

  async connect(will: Message): Promise<Session> {
    this.connects += 1;
    if (this.isAway) throw new UplinkError('the platform is away', '');
    this.wills.push(will);
    this.#lost = new AbortController();
    return {
      maxInFlight: this.maxInFlight,
      lost: this.#lost.signal,
      publish: (message) => this.#publish(message),
      end: async () => {
        this.ended += 1;
      },
      drop: () => {
        this.dropped += 1;
      },
    };
  }

  /** Cuts the connection: what is unanswered becomes unavailable. */
  cut(why = new UplinkError('the line was cut', '')): void {
    this.#lost.abort(why);
    for (const settle of this.#inFlight) settle({ kind: 'unavailable' });
  }

  #publish(message: Message): Promise<Outcome> {
    this.sent.push(message);
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        this.#inFlight.delete(settle);
        resolve(outcome);
      };
      this.#inFlight.add(settle);
      this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight.size);
      const outcome = this.answer(message);
      // An answer takes a turn of the event loop, as a network does.
      if (outcome) setImmediate(() => settle(outcome));
    });
  }
}
