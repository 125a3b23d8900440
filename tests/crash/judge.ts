import { countOf, NumberSet } from '../../src/model/number-set.ts';
import { type Ledger, toldToAll } from './ledger.ts';
import { observed, UPLINKS } from './observed.ts';
import type { Found } from './trial.ts';

/** What a recovery must come to, wherever it is cut. */
export interface Damaged {
  /** The damaged file and its log, which must lie in quarantine together in the end. */
  readonly file: string;
  /** Per epoch before the recovery, what is carried over and declared where nothing is cut. */
  readonly digests: Readonly<Record<string, string>>;
}

/** How the runs went. */
export interface Setting {
  readonly damaged: Damaged | undefined;
  /** Observations were told before they were kept. */
  readonly isToldFirst: boolean;
}

/**
 * What may be wrong with a state. Corrupt: it does not open, is not whole, holds what nobody appended, has a number that
 * nobody accounts for, or is put aside without need. Reused: a number that was told or kept is given again. Untrue: what
 * it says of the run before, or of what a platform has had. Unkept: a damaged file is not in quarantine, whole, with its
 * log. Untold: a recovery that was cut has been done, and nobody hears of it.
 */
export const FAULTS = ['corrupt', 'reused', 'untrue', 'unkept', 'untold'] as const;
export type Fault = (typeof FAULTS)[number];

/** What is wrong with a state, in words, and how many acknowledged appends are lost. */
export interface Verdict {
  readonly faults: readonly { readonly fault: Fault; readonly what: string }[];
  readonly lost: number;
}

const none = new NumberSet();

/** Compares what was found after a power cut with what had been promised before it. */
export function judged(found: Found, ledger: Ledger, setting: Setting): Verdict {
  const words: Readonly<Record<Fault, readonly string[]>> =
    found.failure === undefined
      ? {
          corrupt: corruptIn(found, ledger, setting),
          reused: reusedIn(found, ledger),
          untrue: [...untrueIn(found, ledger, setting), ...mistoldIn(found, ledger, setting)],
          unkept: unkeptIn(found, setting),
          untold: untoldIn(found, ledger, setting),
        }
      : { corrupt: [found.failure], reused: [], untrue: [], unkept: [], untold: [] };
  const faults = FAULTS.flatMap((fault) => words[fault].map((what) => ({ fault, what })));
  return { faults, lost: lostIn(found, ledger) };
}

const heldOf = ({ held }: Found, { epoch }: Ledger, device: string) => held[`${epoch} ${device}`];

function corruptIn(found: Found, ledger: Ledger, { damaged }: Setting): string[] {
  const corrupt = [...found.wrong, ...inventedIn(found, ledger), ...holesIn(found, ledger)];
  // Until the first observation is kept, it is told again.
  const mayTell = damaged && Object.keys(ledger.kept).length === 0;
  if (found.recovered !== undefined && !mayTell) corrupt.push(`put aside as ${found.recovered}`);
  for (const [epoch, digest] of Object.entries(damaged?.digests ?? {})) {
    if (found.digests[epoch] !== digest) corrupt.push(`not what is carried over of ${epoch}`);
  }
  return corrupt;
}

/** Acknowledged appends that are neither there nor with all the platforms. */
function lostIn(found: Found, ledger: Ledger): number {
  return Object.entries(ledger.kept).reduce((lost, [device, kept]) => {
    const there = heldOf(found, ledger, device)?.observations ?? none;
    const away = toldToAll(ledger, device, 'settledNumbers');
    return lost + countOf(kept.ranges.flatMap((range) => there.gaps(range)).flatMap((range) => away.gaps(range)));
  }, 0);
}

/** Each number up to the last must be there, with all the platforms, or declared lost. */
function holesIn(found: Found, ledger: Ledger): string[] {
  if (found.epoch !== ledger.epoch) return [];
  return Object.entries(found.heads).flatMap(([device, head]) => {
    const held = heldOf(found, ledger, device);
    const told = (['settledNumbers', 'settledLost'] as const).map((as) => toldToAll(ledger, device, as));
    const known = new NumberSet();
    for (const one of [...told, held?.observations, held?.lost]) if (one) known.addAll(one);
    const holes = known.gaps({ from: 1, to: head });
    return holes.map(({ from, to }) => `${device} ${from}-${to} of ${head} are not accounted for`);
  });
}

function inventedIn(found: Found, ledger: Ledger): string[] {
  return Object.entries(found.held).flatMap(([key, { observations }]) => {
    const [of, device = ''] = key.split(' ');
    if (of !== ledger.epoch) return [];
    const begun = ledger.begun[device] ?? none;
    const invented = observations.ranges.flatMap((range) => begun.gaps(range));
    return invented.map(({ from, to }) => `${device} ${from}-${to} were never appended`);
  });
}

/** A number that somebody knows must not be given once more. */
function reusedIn(found: Found, ledger: Ledger): string[] {
  if (found.epoch !== ledger.epoch) return [];
  const known = [ledger.kept, ...Object.values(ledger.told).map(({ numbers }) => numbers)];
  return known.flatMap((sets) =>
    Object.entries(sets).flatMap(([device, { last = 0 }]) => {
      const head = found.heads[device] ?? 0;
      return head < last ? [`${device} goes on after ${head}; ${last} is used`] : [];
    }),
  );
}

/** What it says of the run before must be so. */
function untrueIn(found: Found, { kept, state }: Ledger, { damaged, isToldFirst }: Setting): string[] {
  const untrue: string[] = [];
  if (state === 'stopped' && !found.wasClean) untrue.push('a clean stop is called unclean');
  if (state === 'stopped' && found.isOwing) untrue.push('a clean stop leaves numbers in doubt');
  if ((state === 'opened' || state === 'kept') && found.wasClean) untrue.push('a power cut is called a clean stop');
  if (damaged && found.recovered !== undefined && found.wasClean) untrue.push('a recovery is called a clean stop');
  const newest = Math.max(
    0,
    ...Object.entries(kept).map(([device, { last = 0 }]) => observed(device, last).instant.at),
  );
  if (!isToldFirst && found.durableUntil < newest && Object.keys(kept).length > 0)
    untrue.push('durable for longer than it says');
  return untrue;
}

/** The cursors must not claim more than was told, nor less than a commit has noted. */
function mistoldIn(found: Found, { epoch, told }: Ledger, { isToldFirst }: Setting): string[] {
  if (found.epoch !== epoch) return [];
  return UPLINKS.flatMap((uplink) => {
    const cursor = found.cursors[uplink];
    const { leased = none, settled = none, noted = none } = told[uplink] ?? {};
    const known = new NumberSet(cursor?.settled ?? []);
    const doubtful = new NumberSet([...known.ranges, ...(cursor?.unsure ?? [])]);
    const invented = known.ranges.flatMap((range) => settled.gaps(range)).length > 0;
    const isForgotten = !isToldFirst && noted.ranges.flatMap((range) => known.gaps(range)).length > 0;
    const isSure = !cursor?.isSending && leased.ranges.flatMap((range) => doubtful.gaps(range)).length > 0;
    return [
      ...(invented ? [`${uplink} is said to have what it has not`] : []),
      ...(isForgotten ? [`what ${uplink} has is forgotten`] : []),
      ...(isSure ? [`${uplink} is said not to have what it may have`] : []),
    ];
  });
}

function unkeptIn({ quarantined }: Found, { damaged }: Setting): string[] {
  return [
    ...(damaged && !quarantined.includes(damaged.file) ? ['the damaged file is gone'] : []),
    ...(quarantined.length > (damaged ? 2 : 0) ? ['too much is in quarantine'] : []),
    ...quarantined.filter((name) => name.startsWith('unfinished')),
  ];
}

function untoldIn({ recovered }: Found, { epoch }: Ledger, { damaged }: Setting): string[] {
  return damaged && epoch === '' && recovered === undefined ? ['nobody is told of the recovery'] : [];
}
