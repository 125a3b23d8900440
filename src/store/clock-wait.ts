import type { Clock } from '../hal/clock.ts';
import { NumberSet, type Range } from '../model/number-set.ts';
import type { KeptRow } from './commit.ts';
import type { Correction, Untimed } from './correct-times.ts';
import type { Cursors } from './cursors.ts';
import type { FileThread } from './file-thread.ts';
import type { Keeper } from './keeper.ts';
import type { NewRow } from './new-row.ts';
import type { StoreEvent } from './outbox.ts';
import type { Recent } from './recent.ts';

/** What waits for the clock, and for how long. */
export interface ClockWaitOptions {
  readonly clock: Clock;
  /** When the clock has been unknown for so long, rows are told as they are. */
  readonly waitMs: number;
  /** The first id of this boot: uptimes before it count from another moment. */
  readonly bootFromId: number;
  readonly thread: FileThread;
  readonly cursors: Cursors;
  readonly recent: Recent;
  readonly report: (event: StoreEvent) => void;
}

/** How often the clock is looked at while rows wait for it. */
const LOOK_MS = 1000;
/** Ids in one transaction that corrects. */
const CORRECT_IDS = 5000;

/**
 * Rows from before the clock was set wait, and get their time when it is: as long as nobody can have been told. Alerts do
 * not wait: they are told at once, as what they are.
 */
export class ClockWait {
  /** Ids that must not be told yet. */
  readonly held = new NumberSet();
  readonly #with: ClockWaitOptions;
  readonly #over = new AbortController();
  /** Since when the clock has been unknown, by the rows that say so: their uptime. */
  #unknownSinceMs: number | undefined;
  /** The first id that may have no time by a clock that is set. */
  #fromId: number;
  #isNeeded: boolean;
  #isLooking = false;
  #correcting: Promise<void> | undefined;
  /** Decided on, and not all of it is durable: it keeps its time base, whenever that comes. */
  #open: Correction | undefined;

  constructor(options: ClockWaitOptions, lastId: number) {
    this.#with = options;
    this.#fromId = options.bootFromId;
    this.#isNeeded = options.bootFromId <= lastId;
  }

  /** Before the first lease: rows of earlier runs since the board was started wait like new ones. */
  async begin(keeper: Keeper, lastId: number): Promise<void> {
    const { clock, thread, cursors } = this.#with;
    if (!this.#isNeeded) return;
    if (clock.state() === 'unsynced') {
      const untimed = await thread.ask('untimed', { from: this.#fromId, to: lastId });
      for (const row of untimed) if (!cursors.isTouched(row.id)) this.#hold(row);
      this.#look(keeper);
    } else await this.observe(keeper);
  }

  /** The time that a row is known to have by now. */
  timed(row: NewRow): NewRow {
    const { clock } = this.#with;
    const isFinal = row.clock === 'ntp' || row.uptimeMs < 0 || clock.state() !== 'ntp';
    return isFinal ? row : corrected(row, this.#bootAt());
  }

  /** A new row: it waits where its time is not known. */
  note(row: KeptRow, keeper: Keeper): void {
    if (row.clock === 'ntp' || row.uptimeMs < 0) {
      if (this.#isNeeded && row.clock === 'ntp') void this.observe(keeper);
      return;
    }
    this.#isNeeded = true;
    if (row.clock !== 'unsynced' || this.#with.clock.state() !== 'unsynced') return;
    if (row.priority !== 'alert') this.#hold(row);
    this.#look(keeper);
  }

  /** Acts on what the clock is now known to be. */
  async observe(keeper: Keeper): Promise<void> {
    const { clock } = this.#with;
    const state = this.#open ? 'ntp' : clock.state();
    if (state === 'ntp') {
      this.#correcting ??= this.#correct(keeper).finally(() => {
        this.#correcting = undefined;
      });
      await this.#correcting;
      return;
    }
    const isKnown = state === 'rtc';
    if (!isKnown && clock.uptimeMs() < this.#untilMs) return;
    if (isKnown) this.#unknownSinceMs = undefined;
    if (this.held.isEmpty) return;
    this.held.clear();
    keeper.changed.wake();
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#correcting;
  }

  get #untilMs(): number {
    return (this.#unknownSinceMs ?? Number.POSITIVE_INFINITY) + this.#with.waitMs;
  }

  #hold({ id, uptimeMs }: Untimed): void {
    this.#unknownSinceMs ??= uptimeMs;
    if (this.#with.clock.uptimeMs() < this.#untilMs) this.held.add(id);
  }

  /** Looks at the clock as long as rows wait for it. */
  #look(keeper: Keeper): void {
    if (this.#isLooking || this.held.isEmpty || this.#over.signal.aborted) return;
    this.#isLooking = true;
    const again = async () => {
      await this.#with.clock.sleep(LOOK_MS, this.#over.signal);
      await this.observe(keeper);
    };
    again().then(
      () => {
        this.#isLooking = false;
        this.#look(keeper);
      },
      () => undefined, // stopped
    );
  }

  #bootAt(): number {
    const { clock } = this.#with;
    return Math.round(clock.now() - clock.uptimeMs());
  }

  async #correct(keeper: Keeper): Promise<void> {
    const { cursors, recent } = this.#with;
    if (!this.#open) {
      const within = { from: this.#fromId, to: keeper.lastId };
      this.#open = { ranges: cursors.untouched(within), bootAt: this.#bootAt() };
      this.#fromId = within.to + 1;
      this.#isNeeded = false;
    }
    const { ranges, bootAt } = this.#open;
    this.#unknownSinceMs = undefined;
    // Kept back until the file says the same as the memory: what is told must not change any more.
    this.held.clear();
    this.held.addAll({ ranges });
    let byMs = 0;
    const change = (row: KeptRow): KeptRow => {
      const after = row.clock === 'ntp' || row.uptimeMs < 0 ? row : corrected(row, bootAt);
      byMs ||= after.at - row.at;
      return after;
    };
    const fresh = keeper.change(ranges, change);
    for (const range of ranges) recent.change(range, change);
    await this.#correctFile({ fresh, byMs }, keeper);
  }

  async #correctFile({ fresh, byMs }: { fresh: number; byMs: number }, keeper: Keeper): Promise<void> {
    const { thread, report } = this.#with;
    let [rows, shift] = [fresh, byMs];
    for (;;) {
      const open = this.#open;
      if (!open) return;
      const [first, ...rest] = open.ranges;
      if (!first) break;
      const part: Range = { from: first.from, to: Math.min(first.to, first.from + CORRECT_IDS - 1) };
      const done = await thread.ask('correct', { ranges: [part], bootAt: open.bootAt }).catch(() => undefined);
      if (!done) return this.#look(keeper); // tried again while they wait
      rows += done.rows;
      shift ||= done.byMs;
      this.held.remove(part.from, part.to);
      const left = part.to < first.to ? [{ from: part.to + 1, to: first.to }] : [];
      this.#open = { ...open, ranges: [...left, ...rest] };
      keeper.changed.wake();
    }
    this.#open = undefined;
    if (rows > 0) report({ event: 'clock-known', rows, byMs: shift });
  }
}

/** The row with the time that its uptime stands for. */
function corrected<R extends NewRow>(row: R, bootAt: number): R {
  return { ...row, at: row.uptimeMs + bootAt, clock: 'ntp' };
}
