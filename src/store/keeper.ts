import type { Clock } from '../hal/clock.ts';
import { NumberSet, type Range } from '../model/number-set.ts';
import { PRIORITIES } from '../model/observation.ts';
import type { ClockWait } from './clock-wait.ts';
import type { KeptRow } from './commit.ts';
import type { Cursors } from './cursors.ts';
import type { Ledger } from './ledger.ts';
import { type Declaration, declarations } from './losses.ts';
import { lossRows, type NewRow } from './new-row.ts';
import type { StoreEvent } from './outbox.ts';
import { type Held, Pending } from './pending.ts';
import type { Recent } from './recent.ts';
import { Waiters } from './waiters.ts';

/** How soon a commit is wanted: when it is time, at once, or at once and with every row there is. */
export type Haste = 'soon' | 'now' | 'all';

/** What a keeper keeps in, and by which rules. */
export interface KeeperOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly cursors: Cursors;
  readonly recent: Recent;
  /** Rows are told at once, and kept only if not everybody has them after a period. */
  readonly isAfterAck: boolean;
  readonly clockWait: Pick<ClockWait, 'timed' | 'note'>;
  readonly report: (event: StoreEvent) => void;
  /** There is something to commit. */
  readonly ask: (haste: Haste) => void;
}

/** When so many rows wait, they are committed without waiting for the time to come. */
const COMMIT_ROWS = 2000;
/** Rows that wait in memory while nothing can be written; of more the lowest and oldest are given up … */
const PENDING_AT_MOST = 20_000;
/** … so many at a time: few losses, each of many rows. */
const GIVEN_UP = PENDING_AT_MOST / 16;

/** Below this is every id. */
const ALL = Number.POSITIVE_INFINITY;

interface Keeping extends Pick<Held, 'resolve' | 'reject'> {
  readonly epoch?: string;
  readonly isUrgent?: boolean;
}

/** Numbers rows and holds them until they are durable. */
export class Keeper {
  readonly pending = new Pending();
  /** Woken when there may be more to lease. */
  readonly changed = new Waiters();
  readonly #with: KeeperOptions;
  #leasableId: number;
  #failure: unknown;

  constructor(options: KeeperOptions) {
    this.#with = options;
    this.#leasableId = options.ledger.lastId;
  }

  /** Rows up to this id may be told. */
  get leasableId(): number {
    return this.#leasableId;
  }

  /** The last id given. */
  get lastId(): number {
    return this.#with.ledger.lastId;
  }

  /** Numbers a row; resolves when it is durable (or told to all, where that will do). */
  keep(row: NewRow): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#hold(this.#with.clockWait.timed(row), { resolve, reject }));
  }

  /** Keeps losses; `isUrgent`: the next commit has them, whatever else it has. */
  async declare(declared: readonly Declaration[], { isUrgent = false } = {}): Promise<void> {
    const { clock } = this.#with;
    const instant = { at: Math.floor(clock.now()), uptimeMs: Math.floor(clock.uptimeMs()), clock: clock.state() };
    const kept = declared.flatMap(({ epoch, ...loss }) =>
      lossRows({ ...loss, instant }).map(
        (row) => new Promise<void>((resolve, reject) => this.#hold(row, { epoch, isUrgent, resolve, reject })),
      ),
    );
    await Promise.all(kept);
  }

  /** An uplink has settled these; true where one of them stands in the file. */
  settled(ids: readonly number[]): boolean {
    const { cursors, ledger } = this.#with;
    let isStored = false;
    for (const id of ids) {
      const held = this.pending.find(id);
      if (!held || held.isStored) isStored = true;
      else if (!held.isTold && cursors.isSettledByAll(id)) {
        held.isTold = true;
        held.resolve();
      }
    }
    ledger.pass(this.#shift());
    return isStored;
  }

  /** These rows are durable. */
  stored(taken: readonly Held[]): void {
    const { recent, cursors, isAfterAck } = this.#with;
    for (const held of taken) held.isStored = true;
    const passed = this.#shift();
    if (!isAfterAck) recent.add(passed);
    this.#advance(passed.at(-1)?.id);
    if (!recent.isEmpty) recent.trim(cursors.firstOpen(recent.oldestId), isAfterAck ? this.pending.firstId : ALL);
    for (const { resolve } of taken) resolve();
  }

  /** Changes rows that are not in the file yet, or on their way to it; how many are not is answered. */
  change(ranges: readonly Range[], change: (row: KeptRow) => KeptRow): number {
    const among = new NumberSet(ranges);
    let count = 0;
    for (const held of this.pending.all) {
      const { row } = held;
      if (!among.has(row.id)) continue;
      held.row = change(row);
      if (held.row !== row && !held.isStored && !held.isUnderWay) count += 1;
    }
    return count;
  }

  /**
   * Takes over rows that an outbox could not keep: under their own ids, in their order. The number of a row that nobody can
   * have seen is given anew.
   */
  adopt(rows: readonly Held[]): void {
    const { ledger, cursors, clockWait, recent, isAfterAck } = this.#with;
    const open = rows.filter(({ isStored, isTold }) => !isStored && !isTold);
    for (const held of open) {
      held.row = cursors.isTouched(held.row.id) ? ledger.keepNumber(held.row) : ledger.giveNumber(held.row);
      this.pending.push(held);
      clockWait.note(held.row, this);
      if (held.row.priority === 'alert') for (const cursor of cursors.all.values()) cursor.alert(held.row.id);
    }
    if (open[0]) this.#leasableId = open[0].row.id - 1;
    if (!isAfterAck) return;
    recent.add(open.map(({ row }) => row));
    this.#advance();
  }

  /** The promise cannot be kept: nothing more is accepted, and nothing that waits will come. */
  fail(failure: unknown): void {
    this.#failure ??= failure;
    for (const { isStored, reject } of this.pending.all) if (!isStored) reject(failure);
  }

  #hold(row: NewRow, { epoch, isUrgent = false, resolve, reject }: Keeping): void {
    const { ledger, clock, recent, isAfterAck, cursors, clockWait, ask } = this.#with;
    const kept = ledger.give(row, epoch);
    const state = { isStored: false, isTold: false, isUnderWay: false };
    this.pending.push({ row: kept, sinceMs: clock.uptimeMs(), isUrgent, ...state, resolve, reject });
    clockWait.note(kept, this);
    const isAlert = kept.priority === 'alert';
    if (isAlert) for (const cursor of cursors.all.values()) cursor.alert(kept.id);
    if (isAfterAck) {
      recent.add([kept]);
      this.#advance();
      if (ledger.isShort(kept)) ask('now');
    }
    if (this.pending.length > PENDING_AT_MOST) this.#giveUpSome();
    ask(isAlert || this.pending.waiting >= COMMIT_ROWS ? 'all' : 'soon');
  }

  #shift(): KeptRow[] {
    const passed = this.pending.front(new Set());
    this.pending.shift(passed.length);
    return passed;
  }

  /** Moves the border of what may be told: to what is durable, or to where numbers are reserved. */
  #advance(durableId: number | undefined = undefined): void {
    const { isAfterAck, ledger } = this.#with;
    const before = this.#leasableId;
    if (isAfterAck) {
      const first = this.pending.all.find(({ row }) => row.id > before && !ledger.isReserved(row));
      this.#leasableId = first ? first.row.id - 1 : ledger.lastId;
    } else this.#leasableId = durableId ?? before;
    if (this.#leasableId > before) this.changed.wake();
  }

  /** Too much waits, and nothing can be written: the lowest and oldest become losses, which wait in their place. */
  #giveUpSome(): void {
    const { cursors, recent, report } = this.#with;
    const free = this.pending.all.filter(
      ({ row, isStored, isTold, isUrgent, isUnderWay }) =>
        !isStored && !isTold && !isUrgent && !isUnderWay && !cursors.isLeased(row.id),
    );
    const given = PRIORITIES.flatMap((one) => free.filter(({ row }) => row.priority === one)).slice(0, GIVEN_UP);
    const [last] = given.slice(-1);
    if (!last) return;
    const ids = given.map(({ row }) => row.id);
    this.pending.remove(new Set(given));
    recent.remove(new Set(ids));
    const declared = declarations(
      given.map(({ row }) => row),
      cursors.all,
      'quota',
    );
    cursors.lose(ids);
    const settle = (how: (held: Held) => void) => {
      for (const held of given) how(held);
    };
    this.declare(declared).then(
      () => settle(({ resolve }) => resolve()),
      (cause) => settle(({ reject }) => reject(cause)),
    );
    report({ event: 'dropped', count: given.length, priority: last.row.priority });
  }
}
