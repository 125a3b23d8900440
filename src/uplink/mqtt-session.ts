import type { Clock } from '../hal/clock.ts';
import type { Credentials } from './credentials.ts';
import { seeItComeBack } from './mqtt-canary.ts';
import { type Connected, type MqttOptions, patienceMs } from './mqtt-client.ts';
import { explain, type Failure, SESSION_TAKEN_OVER, whereTo } from './mqtt-explain.ts';
import { LARGEST_PACKET_BYTES, publishBytes } from './mqtt-packet-size.ts';
import { type Message, type Outcome, refusal, type Session, UplinkError } from './uplink.ts';

/** A session's surroundings. */
export interface Standing {
  readonly options: MqttOptions & { readonly canary?: boolean };
  readonly clock: Clock;
  readonly credentials: Credentials;
  /** Whether a session with newer credentials is on its way: then it is ours that takes this one's place. */
  isBeingReplaced(): boolean;
}

/** MQTT 5, 3.3.4: a broker that names no Receive Maximum takes 65,535. */
const RECEIVE_MAXIMUM_DEFAULT = 65_535;

const PACKET_TOO_LARGE = 0x95;

/** A broker shows at once what it has accepted; one of many nodes may need a moment. */
const COMES_BACK_WITHIN_MS = 30_000;

/** One connection to a broker, QoS 1. */
export class MqttSession implements Session {
  readonly maxInFlight: number;
  readonly fingerprint: string;
  readonly prove?: (message: Message, signal: AbortSignal) => Promise<void>;
  readonly #maxPacketBytes: number;
  readonly #client: Connected['client'];
  readonly #standing: Standing;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #pending = new Set<(outcome: Outcome) => void>();
  readonly #closed: () => void;
  #failure: Failure | undefined;
  /** What the broker said when it ended the session: that counts more than what the network said after it. */
  #reason: Failure | undefined;
  /** Why we gave it up ourselves. */
  #givenUp: UplinkError | undefined;
  /** When the last message was answered, or the first one handed over that waits. */
  #answeredMs = 0;

  constructor(standing: Standing, { client, connack: { properties = {} } }: Connected) {
    this.maxInFlight = properties.receiveMaximum ?? RECEIVE_MAXIMUM_DEFAULT;
    this.#maxPacketBytes = properties.maximumPacketSize ?? LARGEST_PACKET_BYTES;
    this.fingerprint = standing.credentials.fingerprint;
    this.#standing = standing;
    this.#client = client;
    const { protocol, canary = true } = standing.options;
    if (protocol === '3.1.1' && canary) this.prove = (message, signal) => this.#prove(message, signal);
    client.on('error', (error) => {
      this.#failure = error;
    });
    client.on('disconnect', ({ reasonCode = 0 }) => this.#disconnected(reasonCode));
    this.#closed = () => this.#lose();
    client.once('close', this.#closed);
    void this.#watchAnswers();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  publish(message: Message): Promise<Outcome> {
    const { options, clock } = this.#standing;
    const bytes = publishBytes(message, options.protocol);
    if (bytes > this.#maxPacketBytes) {
      // MQTT 5, 3.2.2.3.6: the broker would end the session, and the next one, and so on.
      const text = `Packet too large: ${bytes} bytes, the broker takes ${this.#maxPacketBytes}`;
      return Promise.resolve(refusal(PACKET_TOO_LARGE, text));
    }
    return new Promise((resolve) => {
      const settle = (outcome: Outcome) => {
        this.#pending.delete(settle);
        resolve(outcome);
      };
      if (this.lost.aborted) return settle({ kind: 'unavailable' });
      if (this.#pending.size === 0) this.#answeredMs = clock.uptimeMs();
      this.#pending.add(settle);
      this.#client.publish(message.topic, message.payload, publishOptions(options, message), (error) => {
        this.#answeredMs = clock.uptimeMs();
        settle(outcomeOf(error));
      });
    });
  }

  async end(): Promise<void> {
    if (this.lost.aborted) return;
    this.#ended.abort();
    this.#client.off('close', this.#closed);
    await this.#client.endAsync();
  }

  drop(): void {
    this.#client.stream.destroy();
  }

  #disconnected(reasonCode: number): void {
    const isOurs = reasonCode === SESSION_TAKEN_OVER && this.#standing.isBeingReplaced();
    this.#reason = isOurs
      ? new Error('our own next session takes its place')
      : Object.assign(new Error('the broker ended the session'), { code: reasonCode });
    // MQTT 5, 3.14.4: whoever is told so closes the connection; the library waits for the broker to do it.
    this.drop();
  }

  #lose(): void {
    this.#lost.abort(this.#givenUp ?? explain(this.#standing.options, this.#reason ?? this.#failure));
    this.#client.end(true);
    for (const settle of this.#pending) settle({ kind: 'unavailable' });
  }

  #giveUp(what: string, hint: string, cause: Error): void {
    this.#givenUp ??= new UplinkError(`${whereTo(this.#standing.options)}: ${what}`, hint, { cause });
    this.#client.off('close', this.#closed);
    this.#lose();
  }

  /** A broker that answers pings but no messages: MQTT never sends anything twice while a connection stands. */
  async #watchAnswers(): Promise<void> {
    const { clock, options } = this.#standing;
    const over = AbortSignal.any([this.lost, this.#ended.signal]);
    // A dead line shows in its pings: it is given the time to do so.
    const patience = 1.5 * patienceMs(options);
    while (!over.aborted) {
      // Ends early when it is over; the loop sees it.
      await clock.sleep(patience / 3, over).catch(() => undefined);
      if (this.#pending.size === 0 || clock.uptimeMs() - this.#answeredMs < patience) continue;
      const hint = 'the broker takes messages and acknowledges none: is it overloaded, is its disk full?';
      this.#giveUp(`nothing was acknowledged for ${patience / 1000} s`, hint, new Error('no PUBACK'));
      return;
    }
  }

  async #prove(message: Message, signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#standing;
    const until = AbortSignal.any([signal, this.lost]);
    const unproved = {
      client: this.#client,
      clock,
      patienceMs: Math.min(COMES_BACK_WITHIN_MS, patienceMs(options)),
      publish: (canary: Message) => this.publish(canary),
    };
    try {
      await unlessAborted(until, seeItComeBack(unproved, message));
    } catch (cause) {
      if (until.aborted) throw until.reason;
      const { topic } = message;
      const hint = `let it write ${topic.replace(/\/-\/[^/]*$/, '')}/# and read ${topic}, or set canary: false`;
      this.#giveUp(`the broker did not show ${topic} again: ${(cause as Error).message}`, hint, cause as Error);
      throw this.#givenUp;
    }
  }
}

/** Resolves or rejects as `work` does; rejects as soon as the signal is aborted. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
}

function publishOptions({ protocol }: MqttOptions, { payload, isRetained, contentType, properties }: Message) {
  const base = { qos: 1, retain: isRetained } as const;
  if (protocol !== 5) return base;
  // MQTT 5, 3.3.2.3.2: true is a promise that the payload is UTF-8, which a broker may check.
  const payloadFormatIndicator = typeof payload === 'string';
  return {
    ...base,
    properties: { contentType, payloadFormatIndicator, ...(properties ? { userProperties: properties } : {}) },
  };
}

/** An error with a reason code is the broker's answer (MQTT 5, 3.4.2.1); any other means that there was none. */
function outcomeOf(error: Failure | null | undefined): Outcome {
  if (!error) return { kind: 'accepted' };
  if (typeof error.code !== 'number') return { kind: 'unavailable' };
  return refusal(error.code, error.message);
}
