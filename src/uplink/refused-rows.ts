import type { Clock } from '../hal/clock.ts';
import type { Lane, Outbox, Row } from '../store/outbox.ts';
import type { Refusals } from './refusals.ts';
import type { Refusal } from './uplink.ts';

/** Whose rows are refused, and who hears of those that are given up. */
export interface Refusing {
  /** The uplink's name. */
  readonly name: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly refusals: Refusals;
  /** So many rows of a device are declared lost to this platform. */
  refusedForGood(device: string, count: number, reason: string): void;
}

const LOOK_EVERY_MS = 5000;
/** Rows that are declared together: one loss, however many there are. */
const DECLARE_ROWS = 500;
/** Rows set aside at most: beyond it the backlog waits, and beyond twice as many what is new. They lie in the outbox. */
const ASIDE_ROWS = 100_000;

/** What becomes of rows that a platform refuses, during one session: they never hold up the others. */
export class RefusedRows {
  readonly #with: Refusing;
  #doomed: Row[] = [];
  readonly #reasons = new Map<string, string>();

  constructor(refusing: Refusing) {
    this.#with = refusing;
  }

  /** Resolves when there is room to set more rows of this lane aside. */
  async room(lane: Lane, until: AbortSignal): Promise<void> {
    const { refusals, clock } = this.#with;
    const most = lane === 'backlog' ? ASIDE_ROWS : 2 * ASIDE_ROWS;
    while (lane !== 'alert' && refusals.aside >= most) await clock.sleep(LOOK_EVERY_MS, until);
    if (this.#doomed.length >= DECLARE_ROWS) await this.#declare();
  }

  /** Of rows that were leased, those that can be told. */
  tellable(rows: readonly Row[]): readonly Row[] {
    const { refusals, clock } = this.#with;
    return rows.filter((row) => {
      const what = refusals.meet(row, clock.uptimeMs());
      if (what === 'declare') this.#doomed.push(row);
      return what === 'tell';
    });
  }

  accepted(row: Row): void {
    const { refusals, clock } = this.#with;
    this.#giveBack(refusals.accepted(row, clock.uptimeMs()));
  }

  /** A refused loss is never given up at once: its declaration would be a loss again. */
  refused(row: Row, { reason, fault }: Refusal): void {
    this.#reasons.set(row.device, reason);
    if (fault && row.kind !== 'loss') this.#doomed.push(row);
    else this.#with.refusals.refused(row, this.#with.clock.uptimeMs());
  }

  /** Tries again what rests and declares what is given up, until `until` is aborted. */
  async run(until: AbortSignal, tell: (row: Row) => Promise<void>): Promise<void> {
    const { clock, refusals } = this.#with;
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, until);
      const { tries, again, declare } = refusals.due(clock.uptimeMs());
      this.#doomed.push(...declare);
      this.#giveBack(again);
      await this.#declare();
      for (const row of tries) await tell(row);
    }
  }

  /** The session is over. What the platform has refused it surely has not. */
  over(): void {
    this.#giveBack([...this.#with.refusals.over(), ...this.#doomed.splice(0).map(({ id }) => id)]);
  }

  async #declare(): Promise<void> {
    const { outbox, name, refusedForGood } = this.#with;
    const rows = this.#doomed.splice(0);
    if (rows.length === 0) return;
    await outbox.refuse(name, rows);
    const counts = new Map<string, number>();
    for (const { device, kind } of rows) {
      if (kind === 'observation') counts.set(device, (counts.get(device) ?? 0) + 1);
    }
    for (const [device, count] of counts) refusedForGood(device, count, this.#reasons.get(device) ?? '');
  }

  #giveBack(ids: readonly number[]): void {
    if (ids.length > 0) this.#with.outbox.giveBack(this.#with.name, ids);
  }
}
