import type { LossReason, LostFor, LostRange } from '../model/loss.ts';
import { NumberSet } from '../model/number-set.ts';
import type { Row } from './outbox.ts';

/** A row that goes without having been told to everybody; of a loss, what it said is declared anew. */
export type Dropped = Pick<Row, 'id' | 'device' | 'epoch' | 'sequence' | 'kind' | 'content'>;

/** How one uplink stands to a row. */
export interface Standing {
  isSettled(id: number): boolean;
  isUnsure(id: number): boolean;
}

/** The losses of one device in one epoch, ready to be kept. */
export interface Declaration {
  readonly device: string;
  readonly epoch: string;
  readonly lost: readonly LostFor[];
}

/** No uplinks: nobody is told, but the numbers are accounted for. */
const NOBODY = '';

/**
 * What must be declared when these rows go: to each uplink what it has not had. Where nobody knows whether a platform
 * has a row, its number is called unclean, for which the feed lets a delivery count.
 */
export function declarations(
  dropped: readonly Dropped[],
  standings: ReadonlyMap<string, Standing>,
  reason: LossReason,
): Declaration[] {
  const devices = new Map<string, { readonly first: Dropped; readonly byUplink: Map<string, Lost> }>();
  const uplinks = standings.size > 0 ? [...standings] : [[NOBODY, undefined] as const];
  for (const row of dropped) {
    const key = `${row.epoch}/${row.device}`;
    const device = devices.get(key) ?? { first: row, byUplink: new Map(uplinks.map(([name]) => [name, new Lost()])) };
    devices.set(key, device);
    for (const [name, standing] of uplinks) {
      if (standing?.isSettled(row.id)) continue;
      const lost = device.byUplink.get(name);
      lost?.add({ from: row.sequence, to: row.sequence, reason: standing?.isUnsure(row.id) ? 'unclean' : reason });
      if (row.kind === 'loss') for (const range of rangesFor(name, row.content)) lost?.add(range);
    }
  }
  return Array.from(devices.values(), ({ first: { device, epoch }, byUplink }) => {
    return { device, epoch, lost: together(byUplink) };
  }).filter(({ lost }) => lost.length > 0);
}

/** The ranges that one uplink has lost, of a loss's stored content. */
export function rangesFor(uplink: string, content: string): LostRange[] {
  const kept = JSON.parse(content) as LostFor[];
  return kept.flatMap(({ only, ...range }) => (only === undefined || only.includes(uplink) ? [range] : []));
}

/** The numbers that one uplink has lost, by reason. */
class Lost {
  readonly #byReason = new Map<LossReason, NumberSet>();

  add({ from, to, reason }: LostRange): void {
    const numbers = this.#byReason.get(reason) ?? new NumberSet();
    numbers.add(from, to);
    this.#byReason.set(reason, numbers);
  }

  get ranges(): LostRange[] {
    const all = Array.from(this.#byReason, ([reason, { ranges }]) => ranges.map((range) => ({ ...range, reason })));
    return all.flat().toSorted((a, b) => a.from - b.from);
  }
}

/** One list for all uplinks: a range that every one of them has lost stands there once, without names. */
function together(byUplink: ReadonlyMap<string, Lost>): LostFor[] {
  const names = new Map<string, { readonly range: LostRange; readonly only: string[] }>();
  for (const [name, lost] of byUplink) {
    for (const range of lost.ranges) {
      const key = `${range.from}-${range.to} ${range.reason}`;
      const known = names.get(key) ?? { range, only: [] };
      known.only.push(name);
      names.set(key, known);
    }
  }
  return Array.from(names.values(), ({ range, only }) => (only.length === byUplink.size ? range : { ...range, only }));
}
