import { setMaxListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import type { Clock } from '../../src/hal/clock.ts';
import { type Message, type Outcome, type Session, type Uplink, UplinkError } from '../../src/uplink/uplink.ts';
import type { Seen } from './feed.ts';
import type { ShapedLine } from './shaped-line.ts';

/** A message that reached the platform. */
export interface Arrived extends Message {
  /** Milliseconds of uptime, where the line takes time; else 0. */
  readonly atMs: number;
}

/** A platform whose answers the test decides. */
export class FakeUplink implements Uplink {
  readonly name: string;
  /** Every message handed over, in order, over all sessions. */
  readonly sent: Message[] = [];
  /** Every message that came over the line. */
  readonly arrived: Arrived[] = [];
  /** Every message of which the gateway heard that it was accepted. */
  readonly answered: Message[] = [];
  readonly wills: Message[] = [];
  maxInFlight = 20;
  maxPayloadBytes: number | undefined;
  mostInFlight = 0;
  connects = 0;
  ended = 0;
  dropped = 0;
  /** The next attempts to connect fail while this is set. */
  isAway = false;
  /** What becomes of a message; undefined leaves it unanswered. */
  answer: (message: Message) => Outcome | undefined = () => ({ kind: 'accepted' });
  /** Where an answer alone proves nothing. */
  prove: Session['prove'];
  /** The line to the platform; absent: a turn of the event loop there and back. */
  line: { readonly shape: ShapedLine; readonly clock: Clock } | undefined;
  #inFlight = new Set<(outcome: Outcome) => void>();
  #lost = new AbortController();

  constructor(name = 'city') {
    this.name = name;
  }

  get seen(): Seen[] {
    return this.sent.map(seenAs);
  }

  get isConnected(): boolean {
    return this.connects > 0 && !this.isAway && !this.#lost.signal.aborted;
  }

  async connect(will: Message): Promise<Session> {
    this.connects += 1;
    if (this.isAway) throw new UplinkError('the platform is away', '');
    this.wills.push(will);
    const lost = new AbortController();
    // Each message under way listens.
    setMaxListeners(0, lost.signal);
    this.#lost = lost;
    return {
      maxInFlight: this.maxInFlight,
      ...(this.maxPayloadBytes === undefined ? {} : { maxPayloadBytes: this.maxPayloadBytes }),
      ...(this.prove ? { prove: this.prove } : {}),
      lost: lost.signal,
      publish: (message) => (lost.signal.aborted ? Promise.resolve({ kind: 'unavailable' }) : this.#publish(message)),
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
      void this.#carry(message, settle).catch(() => settle({ kind: 'unavailable' }));
    });
  }

  /** There and back; rejects where the connection is lost on the way. */
  async #carry(message: Message, settle: (outcome: Outcome) => void): Promise<void> {
    const { signal } = this.#lost;
    if (this.line) {
      const { shape, clock } = this.line;
      await clock.sleep(shape.delayMs(Buffer.byteLength(message.payload) + message.topic.length + 80), signal);
    }
    this.arrived.push({ ...message, atMs: this.line?.clock.uptimeMs() ?? 0 });
    const outcome = this.answer(message);
    if (!outcome) return;
    // An answer takes a turn of the event loop at least, as a network does.
    if (this.line) await this.line.clock.sleep(this.line.shape.roundTripMs / 2, signal);
    else await turn();
    if (signal.aborted) return;
    if (outcome.kind === 'accepted') this.answered.push(message);
    settle(outcome);
  }
}

/** The message as a subscriber sees it, once it is inflated. */
export function seenAs({ topic, payload }: Message): Seen {
  if (!topic.endsWith('/-/batch-deflate')) return { topic, payload: String(payload) };
  return { topic: topic.replace('-deflate', ''), payload: String(inflateSync(Buffer.from(payload))) };
}
