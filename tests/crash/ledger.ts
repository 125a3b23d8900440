import { NumberSet, type Range } from '../../src/model/number-set.ts';
import { UPLINKS } from './observed.ts';

/** Numbers of the newest epoch, per device. */
export type Numbers = Readonly<Record<string, readonly Range[]>>;

/** What the traced program says of itself. */
export type Mark =
  | { readonly is: 'starting' | 'stopping' | 'stopped' | 'watch' }
  | { readonly is: 'opened'; readonly epoch: string }
  /** About to be appended, up to the last; durable, or told to all, says the outbox. */
  | { readonly is: 'begun' | 'kept'; readonly numbers: Numbers }
  /** Ready to be told to a platform; told, and about to be acknowledged. */
  | {
      readonly is: 'leased' | 'settled';
      readonly uplink: string;
      readonly ids: readonly Range[];
      readonly numbers: Numbers;
      /** What the losses among them say. */
      readonly lost: Numbers;
    };

type Sets = Readonly<Record<string, NumberSet>>;

/** How one platform has been told. */
export interface Told {
  /** Ids of rows. */
  readonly leased: NumberSet;
  readonly settled: NumberSet;
  /** Of the settled, those that a commit came after. */
  readonly noted: NumberSet;
  /** Per device. */
  readonly numbers: Sets;
  readonly settledNumbers: Sets;
  /** As lost. */
  readonly settledLost: Sets;
}

/** What had been promised and done up to a moment. */
export interface Ledger {
  readonly epoch: string;
  /** Per device. */
  readonly begun: Sets;
  readonly kept: Sets;
  readonly told: Readonly<Record<string, Told>>;
  /** What was settled when the newest append began. */
  readonly settledBefore: Readonly<Record<string, NumberSet>>;
  /** Of the newest run. */
  readonly state: 'none' | 'starting' | 'opened' | 'kept' | 'stopping' | 'stopped';
  /** False while only the way to the interesting place is gone. */
  readonly isWatched: boolean;
}

export const emptyLedger: Ledger = {
  ...{ epoch: '', begun: {}, kept: {}, told: {}, settledBefore: {}, state: 'none', isWatched: true },
};

const none = new NumberSet();
const nothing: Told = { leased: none, settled: none, noted: none, numbers: {}, settledNumbers: {}, settledLost: {} };

const both = (one: NumberSet, ranges: readonly Range[]) => new NumberSet([...one.ranges, ...ranges]);

function added(sets: Sets, numbers: Numbers): Sets {
  const more = Object.entries(numbers).map(([name, ranges]) => [name, both(sets[name] ?? none, ranges)]);
  return { ...sets, ...Object.fromEntries(more) };
}

/** The ledger after a mark. */
export function noted(ledger: Ledger, mark: Mark): Ledger {
  switch (mark.is) {
    case 'starting':
    case 'stopping':
    case 'stopped':
      return { ...ledger, state: mark.is };
    case 'watch':
      return { ...ledger, isWatched: true };
    case 'opened':
      if (ledger.epoch !== '' && ledger.epoch !== mark.epoch)
        throw new Error('the program that was not cut has a new epoch');
      return { ...ledger, epoch: mark.epoch, state: 'opened' };
    case 'begun':
      return { ...ledger, begun: added(ledger.begun, mark.numbers), settledBefore: settledIn(ledger) };
    case 'kept':
      return { ...ledger, kept: added(ledger.kept, mark.numbers), told: allNoted(ledger), state: 'kept' };
    case 'leased':
    case 'settled':
      return {
        ...ledger,
        told: { ...ledger.told, [mark.uplink]: toldMore(ledger.told[mark.uplink] ?? nothing, mark) },
      };
  }
}

const settledIn = ({ told }: Ledger) =>
  Object.fromEntries(Object.entries(told).map(([uplink, { settled }]) => [uplink, settled]));

/** A settling is durable with the next commit. */
const allNoted = ({ told, settledBefore }: Ledger) =>
  Object.fromEntries(
    Object.entries(told).map(([uplink, one]) => [uplink, { ...one, noted: settledBefore[uplink] ?? none }]),
  );

function toldMore(told: Told, { is, ids, numbers, lost }: Extract<Mark, { readonly uplink: string }>): Told {
  if (is === 'leased') return { ...told, leased: both(told.leased, ids), numbers: added(told.numbers, numbers) };
  return {
    ...told,
    settled: both(told.settled, ids),
    settledNumbers: added(told.settledNumbers, numbers),
    settledLost: added(told.settledLost, lost),
  };
}

/** Numbers of a device that every platform has had, or (`settledLost`) knows to be lost. */
export function toldToAll({ told }: Ledger, device: string, as: 'settledNumbers' | 'settledLost'): NumberSet {
  const [first, ...others] = UPLINKS.map((uplink) => told[uplink]?.[as][device] ?? none);
  return others.reduce((shared, one) => new NumberSet(shared.shared(one)), first ?? none);
}
