import type { Lane, Row } from '../store/outbox.ts';
import { type Channel, RANK } from './channel.ts';
import type { Describing } from './describing.ts';
import type { DrainDelay } from './drain-delay.ts';
import { Pace } from './pace.ts';
import type { RefusedRows } from './refused-rows.ts';
import type { Selection } from './selection.ts';
import type { Tellable } from './tellable.ts';
import { Throttle } from './throttle.ts';
import type { Message, Outcome } from './uplink.ts';

/** What the lanes of a session share. */
export interface Shared {
  readonly channel: Channel;
  readonly selection: Selection;
  readonly describing: Describing;
  readonly refused: RefusedRows;
  readonly drainDelay: DrainDelay;
}

/** Rows leased at a time. Where so many wait, there is a backlog, and it is told in batches. */
const LEASE_ROWS = 500;
/** A row older than this when it is sent is marked as history. */
const HISTORY_MS = 5 * 60_000;

/** Tells what the outbox has, each lane for itself, over one session. */
export class Lanes {
  readonly #told: Tellable;
  readonly #shared: Shared;
  readonly #throttle: Throttle;
  readonly #pace: Pace;
  #isDraining = false;

  constructor(told: Tellable, shared: Shared) {
    this.#told = told;
    this.#shared = shared;
    this.#throttle = new Throttle(shared.channel.places);
    this.#pace = new Pace(told.drainRate ?? { kind: 'unlimited' }, told.clock);
  }

  /** Tells the rows of a lane as they come; ends only when `until` is aborted, or the outbox fails. */
  async run(lane: Lane, until: AbortSignal): Promise<void> {
    const { outbox, name } = this.#told;
    for (;;) {
      await this.#shared.refused.room(lane, until);
      const rows = await outbox.lease(name, lane, LEASE_ROWS, until);
      let next = 0;
      try {
        const isMany = rows.length === LEASE_ROWS;
        if (lane === 'backlog') await this.#beginDraining(isMany, until);
        const isTogether = this.#told.batches !== 'never' && (isMany || (lane === 'backlog' && this.#isDraining));
        while (next < rows.length) {
          const some = rows.slice(next, next + (isTogether ? this.#throttle.rows : 1));
          await this.#tellSome(some, lane, until);
          next += some.length;
        }
      } finally {
        this.#giveBack(rows.slice(next));
      }
    }
  }

  /** Tells one row, by itself. */
  async tell(row: Row, until: AbortSignal): Promise<void> {
    await this.#publish([row], 'live', until);
  }

  /** What waited for long can wait a little longer: gateways that were cut off together do not all begin at once. */
  async #beginDraining(isMany: boolean, until: AbortSignal): Promise<void> {
    if (!isMany) this.#shared.drainDelay.reset();
    else if (!this.#isDraining) await this.#shared.drainDelay.turn(until);
    this.#isDraining ||= isMany;
  }

  async #tellSome(rows: readonly Row[], lane: Lane, until: AbortSignal): Promise<void> {
    const wanted = this.#wanted(rows);
    if (wanted.length === 0) return;
    if (lane !== 'backlog') {
      await this.#publish(wanted, lane, until);
      return;
    }
    await this.#pace.turn(until);
    await this.#throttle.take(until);
    let isUnderWay = false;
    try {
      isUnderWay = await this.#publish(wanted, lane, until);
    } finally {
      if (!isUnderWay) this.#throttle.free();
    }
  }

  /** Of rows that were leased, those that the platform gets, in the form that it gets them. */
  #wanted(rows: readonly Row[]): readonly Row[] {
    const { outbox, name } = this.#told;
    const { selection, refused } = this.#shared;
    const unwanted = rows.filter(({ device }) => !selection.wants(device)).map(({ id }) => id);
    if (unwanted.length > 0) outbox.acknowledge(name, unwanted);
    const wanted = rows.filter(({ device }) => selection.wants(device));
    return refused.tellable(wanted.map((row) => selection.of(row)));
  }

  /** Resolves as soon as the rows are under way; false where they are too many for one message: they come again. */
  async #publish(rows: readonly Row[], lane: Lane, until: AbortSignal): Promise<boolean> {
    const { channel, describing } = this.#shared;
    for (const row of rows) await describing.before(row, RANK[lane], until);
    const message = await this.#encoded(rows, lane);
    if (rows.length > 1 && !channel.takes(message)) {
      this.#throttle.tooLarge(rows.length);
      this.#giveBack(rows);
      return false;
    }
    await channel.room(RANK[lane], until);
    if (lane === 'backlog') this.#pace.told(message, rows);
    void channel.hand(message, (outcome, tookMs) => {
      if (lane === 'backlog') this.#drained(outcome, tookMs);
      this.#answered(rows, outcome);
    });
    return true;
  }

  async #encoded(rows: readonly Row[], lane: Lane): Promise<Message> {
    const { encoding, batches, clock } = this.#told;
    const [first] = rows;
    const message =
      first && rows.length === 1
        ? encoding.row(first)
        : batches === 'deflate'
          ? await encoding.deflated(rows)
          : encoding.batch(rows);
    const now = clock.now();
    // Of several rows the oldest counts.
    const isHistory = first !== undefined && now - first.at > HISTORY_MS;
    const properties = {
      sent: new Date(now).toISOString(),
      ...(isHistory ? { hist: '1' } : {}),
      ...(lane === 'alert' ? { lane } : {}),
    };
    return { ...message, properties };
  }

  #drained(outcome: Outcome, tookMs: number): void {
    if (outcome.kind === 'accepted') this.#throttle.answered(tookMs - this.#shared.channel.quickestMs);
    this.#throttle.free();
  }

  #answered(rows: readonly Row[], outcome: Outcome): void {
    const { outbox, name } = this.#told;
    const { refused } = this.#shared;
    const [first] = rows;
    if (!first || outcome.kind === 'unavailable') return;
    if (outcome.kind === 'accepted') {
      outbox.acknowledge(
        name,
        rows.map(({ id }) => id),
      );
      if (rows.length === 1) refused.accepted(first);
    } else if (rows.length === 1) {
      refused.refused(first, outcome);
    } else {
      // They come again in smaller batches, or alone: then it shows which of them it was.
      this.#throttle.refused(rows.length, outcome.fault);
      this.#giveBack(rows);
    }
  }

  #giveBack(rows: readonly Row[]): void {
    const { outbox, name } = this.#told;
    if (rows.length === 0) return;
    outbox.giveBack(
      name,
      rows.map(({ id }) => id),
    );
  }
}
