import type { Row } from '../store/outbox.ts';
import { Rest } from './rest.ts';

/** What is to be done now. */
export interface Due {
  /** Rows to tell once more: each is one of those that rest. */
  readonly tries: readonly Row[];
  /** Ids to give back: they are leased again, and met again. */
  readonly again: readonly number[];
  /** Rows whose time is up. */
  readonly declare: readonly Row[];
}

/** Single rows that rest while their device goes on; where there are more, it is the device that rests. */
const SINGLE_ROWS_AT_MOST = 50;

/**
 * What a platform refuses without saying that it always will. The topic that was refused rests, whole: its rows are set
 * aside, and one of them is told now and then, until it is taken or the row has waited for too long. A row that is
 * refused while others of its device are taken rests alone. Pure: it says what is to be done.
 */
export class Refusals {
  readonly #refusedForMs: number;
  readonly #rests = new Map<string, Rest>();
  readonly #single = new Map<number, Rest>();
  #newestId = 0;

  constructor(refusedForMs: number) {
    this.#refusedForMs = refusedForMs;
  }

  /** How many rows are set aside. */
  get aside(): number {
    return [...this.#rests.values(), ...this.#single.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Topics that rest, by device: `hall-air`, `hall-air/loss`. */
  get resting(): readonly string[] {
    return [...this.#rests.keys()];
  }

  /** What to do with a row that was leased. */
  meet(row: Row, nowMs: number): 'tell' | 'aside' | 'declare' {
    this.#newestId = Math.max(this.#newestId, row.id);
    const rest = this.#single.get(row.id) ?? this.#rests.get(row.device) ?? this.#rests.get(keyOf(row));
    if (!rest) return 'tell';
    rest.mark(nowMs, this.#newestId);
    if (rest.isOver(row)) return 'declare';
    rest.keep(row, keyOf(row) === rest.key);
    return 'aside';
  }

  /** The platform refused a row that was told alone. */
  refused(row: Row, nowMs: number): void {
    const key = keyOf(row);
    const known = this.#single.get(row.id) ?? this.#rests.get(key);
    const rest = known ?? this.#rest(row, nowMs);
    if (!known) this.#rests.set(key, rest);
    rest.mark(nowMs, this.#newestId);
    rest.refused(row, nowMs);
  }

  /** The platform took a row; gives the ids that can go again. */
  accepted(row: Row, nowMs: number): readonly number[] {
    this.#single.delete(row.id);
    const rest = this.#rests.get(keyOf(row));
    if (!rest?.isTrying(row)) return [];
    this.#rests.delete(rest.key);
    const { first } = rest;
    if (!first || first.id === row.id || this.#single.size >= SINGLE_ROWS_AT_MOST) return rest.empty(row);
    const single = this.#rest(row, rest.sinceMs);
    single.mark(rest.sinceMs, first.id);
    single.keep(first, true);
    single.tryAt(nowMs);
    this.#single.set(first.id, single);
    return rest.empty(row).filter((id) => id !== first.id);
  }

  due(nowMs: number): Due {
    const due = { tries: [] as Row[], again: [] as number[], declare: [] as Row[] };
    for (const rest of [...this.#rests.values(), ...this.#single.values()]) {
      rest.mark(nowMs, this.#newestId);
      const { again, declare } = rest.expired(nowMs);
      due.again.push(...again);
      due.declare.push(...declare);
      for (const { id } of declare) this.#single.delete(id);
      if (rest.isSpent(nowMs)) this.#forget(rest);
      const next = rest.next(nowMs);
      if (typeof next === 'number') due.again.push(next);
      else if (next) due.tries.push(next);
    }
    return due;
  }

  /** The session is over: all that rests is open again. How long it has rested is not forgotten. */
  over(): readonly number[] {
    return [...this.#rests.values(), ...this.#single.values()].flatMap((rest) => [...rest.empty()]);
  }

  #rest(row: Row, nowMs: number): Rest {
    return new Rest({ key: keyOf(row), mostMs: this.#refusedForMs, isOfLosses: row.kind === 'loss' }, nowMs);
  }

  #forget(rest: Rest): void {
    if (this.#rests.get(rest.key) === rest) this.#rests.delete(rest.key);
    for (const [id, single] of this.#single) if (single === rest) this.#single.delete(id);
  }
}

/** Observations and losses go to topics of their own: one may be refused and the other taken. */
function keyOf({ kind, device }: Row): string {
  return kind === 'loss' ? `${device}/loss` : device;
}
