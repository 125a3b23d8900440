import { atMost, type Clock } from '../hal/clock.ts';
import type { Outbox, Row } from '../store/outbox.ts';
import type { Descriptor } from './descriptor.ts';
import type { Encoding } from './encodings/encoding.ts';
import type { GatewayState } from './gateway-state.ts';
import { Slots } from './slots.ts';
import type { Message, Outcome, Session } from './uplink.ts';

/** What is told, to whom, and how. */
export interface Tellable {
  /** The uplink's name: the outbox keeps a cursor for it. */
  readonly name: string;
  readonly outbox: Outbox;
  readonly encoding: Encoding;
  readonly clock: Clock;
  /** Messages under way at most; the platform's own limit counts too. */
  readonly maxInFlight: number;
  /** Whether a backlog is told in batches or row by row. */
  readonly batches: 'backlog' | 'never';
  /** The devices of this configuration. */
  descriptors(): readonly Descriptor[];
  /** The descriptor of a device with at least these streams: a row may be from an earlier configuration. */
  describe(device: string, streams: readonly string[]): Descriptor;
  state(isOnline: boolean): Promise<GatewayState>;
  /** Hears what became of each message. */
  heard(message: Message, outcome: Outcome): void;
}

const STATE_EVERY_MS = 60_000;
/** Rows leased at a time. Where so many wait, there is a backlog, and it is told in batches. */
const LEASE_ROWS = 500;
/** Rows in one batch: some 30 kB, below what every broker takes (FROST 8 kB excepted: `batches: never`). */
const BATCH_ROWS = 100;
/** After a refusal the platform is left alone for so long. The rows stay. */
const REFUSED_PAUSE_MS = 30_000;
/** A row older than this when it is sent is marked as history. */
const HISTORY_MS = 5 * 60_000;
/** When the gateway stops, what is under way may still be answered for so long. */
const LAST_ANSWERS_MS = 2000;
/** The names in an observation's readings, as the store wrote them; a loss has none. */
const STREAM_NAME = /"n":"([a-z0-9_]+)"/g;

/** All that is told over one session: state, descriptors, and every row that the outbox has. */
export class Telling {
  readonly #told: Tellable;
  readonly #session: Session;
  readonly #slots: Slots;
  /** Streams that this session has described, per device: an observation is never told before its descriptor. */
  #described = new Map<string, ReadonlySet<string>>();
  #isAnnouncing = true;
  /** Aborted when the platform refuses something: it ends the wait for rows, too. */
  #refusal = new AbortController();

  constructor(told: Tellable, session: Session) {
    this.#told = told;
    this.#session = session;
    this.#slots = new Slots(Math.max(1, Math.min(told.maxInFlight, session.maxInFlight)));
  }

  get inFlight(): number {
    return this.#slots.taken;
  }

  /** Describes every device again before the next row, or one device before its next row. */
  announce(device?: string): void {
    if (device === undefined) this.#isAnnouncing = true;
    else this.#described.delete(device);
  }

  /** Runs until the session is lost or `stop` is aborted; then leaves in good order where it still can. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, outbox, name } = this.#told;
    const over = AbortSignal.any([this.#session.lost, stop]);
    const state = this.#tellState(over);
    try {
      while (!over.aborted) {
        await this.#tellUntilRefused(over);
        if (!over.aborted) await this.#pause(over);
      }
    } catch (cause) {
      if (!over.aborted) throw cause;
    } finally {
      await state;
      await atMost(clock, LAST_ANSWERS_MS, this.#slots.empty());
      outbox.release(name);
    }
    if (!this.#session.lost.aborted) await atMost(clock, LAST_ANSWERS_MS, this.#leave());
    this.#session.drop();
  }

  async #tellUntilRefused(over: AbortSignal): Promise<void> {
    const until = AbortSignal.any([over, this.#refusal.signal]);
    try {
      while (!until.aborted) {
        if (this.#isAnnouncing) await this.#describeAll(until);
        await this.#tellRows(until);
      }
    } catch (cause) {
      if (!until.aborted) throw cause;
    }
  }

  async #tellRows(until: AbortSignal): Promise<void> {
    const { outbox, name, batches } = this.#told;
    const rows = await outbox.lease(name, LEASE_ROWS, until);
    const atOnce = batches === 'backlog' && rows.length === LEASE_ROWS ? BATCH_ROWS : 1;
    for (let from = 0; from < rows.length; from += atOnce) {
      await this.#tellTogether(rows.slice(from, from + atOnce), until);
      if (until.aborted) return;
    }
  }

  async #tellTogether(rows: readonly Row[], until: AbortSignal): Promise<void> {
    const { outbox, name, encoding } = this.#told;
    for (const row of rows) await this.#describeStreamsOf(row, until);
    const [first] = rows;
    if (!first || until.aborted) return;
    const message = rows.length === 1 ? encoding.row(first) : encoding.batch(rows);
    await this.#publish({ ...message, properties: this.#propertiesOf(first) }, until, (outcome) => {
      if (outcome.kind !== 'accepted') return;
      outbox.acknowledge(
        name,
        rows.map(({ id }) => id),
      );
    });
  }

  /** Rows that were refused, and those after them, are told again after a while: nothing is lost by waiting. */
  async #pause(over: AbortSignal): Promise<void> {
    const { clock, outbox, name } = this.#told;
    await this.#slots.empty();
    outbox.release(name);
    await clock.sleep(REFUSED_PAUSE_MS, over);
    this.#refusal = new AbortController();
  }

  /** Of several rows the oldest counts. */
  #propertiesOf(row: Row): Record<string, string> {
    const now = this.#told.clock.now();
    return { sent: new Date(now).toISOString(), ...(now - row.at > HISTORY_MS ? { hist: '1' } : {}) };
  }

  async #describeAll(until: AbortSignal): Promise<void> {
    this.#isAnnouncing = false;
    this.#described = new Map();
    for (const descriptor of this.#told.descriptors()) await this.#describe(descriptor, until);
  }

  async #describeStreamsOf(row: Row, until: AbortSignal): Promise<void> {
    const streams = Array.from(row.content.matchAll(STREAM_NAME), ([, stream]) => stream ?? '');
    const described = this.#described.get(row.device);
    if (described && streams.every((stream) => described.has(stream))) return;
    await this.#describe(this.#told.describe(row.device, streams), until);
  }

  async #describe(descriptor: Descriptor, until: AbortSignal): Promise<void> {
    this.#described.set(descriptor.device, new Set(descriptor.streams.map(({ quantity }) => quantity)));
    await this.#publish(this.#told.encoding.meta(descriptor), until);
  }

  async #tellState(over: AbortSignal): Promise<void> {
    const { encoding, clock } = this.#told;
    try {
      while (!over.aborted) {
        await this.#publish(encoding.state(await this.#told.state(true)), over);
        await clock.sleep(STATE_EVERY_MS, over);
      }
    } catch (cause) {
      if (!over.aborted) throw cause;
    }
  }

  async #leave(): Promise<void> {
    await this.#publish(this.#told.encoding.state(await this.#told.state(false)), this.#session.lost);
    await this.#slots.empty();
    await this.#session.end();
  }

  /** Resolves as soon as the message is under way, which `until` may end first; `settled` hears what became of it. */
  async #publish(message: Message, until: AbortSignal, settled?: (outcome: Outcome) => void): Promise<void> {
    await this.#slots.take(until);
    void this.#session.publish(message).then((outcome) => {
      if (outcome.kind === 'refused') this.#refusal.abort();
      settled?.(outcome);
      this.#told.heard(message, outcome);
      this.#slots.free();
    });
  }
}
