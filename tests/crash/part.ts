/** Tries a part of the states of one recording; more than one process does so at a time. Prints a Tally. */
import { join } from 'node:path';
import { Chance } from './chance.ts';
import { type Cut, Disk, type Image } from './disk.ts';
import { type Damaged, type Fault, judged } from './judge.ts';
import { emptyLedger, type Ledger, type Mark, noted } from './ledger.ts';
import { type Recording, readRecording } from './record.ts';
import { type Dropped, Replay } from './replay.ts';
import { digest, type Found, pairName, tried } from './trial.ts';
import { OUTBOX, type Workload, workloads } from './workloads.ts';

/** What the parent asks for. */
export interface Task {
  readonly workload: string;
  readonly folder: string;
  readonly scratch: string;
  readonly seed: number;
  readonly dropped: Dropped;
  /** Cut at one in so many moments, whatever the workload says. */
  readonly oneIn: number;
  readonly part: number;
  readonly parts: number;
}

/** What so many states came to: how many have which fault, and how many acknowledged appends are lost in all of them. */
export interface Tally extends Readonly<Record<Fault, number>> {
  readonly calls: number;
  /** Moments at which the power may go; those at which it went. */
  readonly moments: number;
  readonly cuts: number;
  readonly states: number;
  readonly lost: number;
  /** Each fault in words: how often, and where first. */
  readonly words: Readonly<Record<string, { readonly count: number; readonly first: string }>>;
}

interface Moment {
  readonly call: number;
  readonly disk: Disk;
  readonly ledger: Ledger;
  /** What was done last. */
  readonly last: string;
  readonly isWrite: boolean;
}

/** Every moment at which the power may go: after each call that changes the disk, and after each promise. */
function* moments({ root, before, runs }: Recording, dropped: Dropped): Generator<Moment> {
  const disk = new Disk(before);
  let ledger = emptyLedger;
  let call = 0;
  for (const calls of runs) {
    const replay = new Replay(disk, { root, dropped });
    for (const one of calls) {
      const effect = replay.apply(one);
      if (effect === 'none') continue;
      if (typeof effect === 'object') ledger = noted(ledger, JSON.parse(effect.mark) as Mark);
      else call += 1;
      const last = typeof effect === 'object' ? effect.mark : one.name;
      yield { call, disk, ledger, last, isWrite: effect === 'write' };
    }
  }
}

/** Said of what can happen only where names are kept by the sync of their directory alone: not on ext4, say. */
const STRICT = ' (names in any order)';

class Part {
  readonly #task: Task;
  readonly #workload: Workload;
  readonly #chance: Chance;
  readonly #damaged: Damaged | undefined;
  readonly #found = new Map<string, Found>();
  readonly #digests = new WeakMap<Buffer, string>();
  readonly #words: Record<string, Tally['words'][string]> = {};
  /** The states with a fault, by their names: one state may stand for many moments. */
  readonly #faulty: Readonly<Record<Fault, Set<string>>> = {
    ...{ corrupt: new Set(), reused: new Set(), untrue: new Set(), unkept: new Set(), untold: new Set() },
  };
  readonly #lost = new Map<string, number>();
  #moments = 0;
  #writes = 0;
  #cuts = 0;

  constructor(task: Task, workload: Workload, damaged: Damaged | undefined) {
    this.#task = task;
    this.#workload = workload;
    this.#damaged = damaged;
    this.#chance = new Chance(task.seed);
  }

  cutAt(moment: Moment): void {
    const { oneIn, seed } = this.#task;
    const { oneIn: ofWrites = 1, oneInOfAll = 1 } = this.#workload;
    this.#moments += 1;
    if (moment.isWrite) this.#writes += 1;
    // A moment after a write is one of many; those around syncs, names and promises are fewer.
    const isDue = (count: number, every: number) => (count + seed) % every === 0;
    if (!isDue(this.#moments, oneIn * oneInOfAll) || (moment.isWrite && !isDue(this.#writes, ofWrites))) return;
    this.#cuts += 1;
    for (const cut of moment.disk.cuts(moment.isWrite)) this.#try(moment, cut);
  }

  tally(calls: number): Tally {
    const { corrupt, reused, untrue, unkept, untold } = this.#faulty;
    return {
      ...{ calls, moments: this.#moments, cuts: this.#cuts, states: this.#found.size, words: this.#words },
      ...{ corrupt: corrupt.size, reused: reused.size, untrue: untrue.size, unkept: unkept.size, untold: untold.size },
      lost: [...this.#lost.values()].reduce((sum, lost) => sum + lost, 0),
    };
  }

  #try(moment: Moment, cut: Cut): void {
    const image = moment.disk.image(cut, this.#chance);
    const name = this.#nameOf(image);
    // Every part makes all the states, which is quick, and tries its share of them, which is not.
    if (Number.parseInt(name.slice(0, 6), 16) % this.#task.parts !== this.#task.part) return;
    const found = this.#found.get(name) ?? tried(image, join(this.#task.scratch, name));
    this.#found.set(name, found);
    const { faults, lost } = judged(found, moment.ledger, {
      damaged: this.#damaged,
      isToldFirst: this.#workload.isToldFirst === true,
    });
    const where = `call ${moment.call} (${moment.last}), names: ${cut.names}, data: ${cut.data}`;
    const strict = cut.names === 'none' || cut.names === 'some' ? STRICT : '';
    for (const { fault, what } of faults) {
      this.#faulty[fault].add(name);
      this.#note(`${fault}: ${what}${strict}`, where);
    }
    if (lost > 0) this.#note(`acknowledged appends are lost${strict}`, where);
    this.#lost.set(name, Math.max(lost, this.#lost.get(name) ?? 0));
  }

  #note(what: string, where: string): void {
    const kind = what.replaceAll(/[0-9a-f]{8}-[-0-9a-f]{27}|\d+/g, 'n');
    const { count, first } = this.#words[kind] ?? { count: 0, first: where };
    this.#words[kind] = { count: count + 1, first };
  }

  #nameOf(image: Image): string {
    const lines = Array.from(image, ([path, content]) => `${path} ${this.#digestOf(content)}\n`);
    return Buffer.from(digest(lines.toSorted().join('')), 'base64').toString('hex');
  }

  #digestOf(content: Buffer | 'directory'): string {
    if (content === 'directory') return content;
    const known = this.#digests.get(content) ?? digest(content);
    this.#digests.set(content, known);
    return known;
  }
}

/** What the recovery came to where nothing was cut. */
function damagedOf(recording: Recording, scratch: string): Damaged {
  const all = [...moments(recording, 'none')].at(-1);
  if (!all) throw new Error('nothing was traced');
  const image = all.disk.image({ names: 'all', data: 'all' }, new Chance(1));
  const { digests, failure } = tried(image, join(scratch, 'whole'));
  if (failure !== undefined) throw new Error(failure);
  const { [all.ledger.epoch]: _, ...earlier } = digests;
  return { file: pairName(recording.before.get(OUTBOX), recording.before.get(`${OUTBOX}-wal`)), digests: earlier };
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
const workload = workloads.find(({ name }) => name === task.workload);
if (!workload) throw new RangeError(`no workload ${task.workload}`);
const recording = readRecording(task.folder);
const part = new Part(task, workload, workload.damage ? damagedOf(recording, task.scratch) : undefined);
let calls = 0;
for (const moment of moments(recording, task.dropped)) {
  calls = moment.call;
  if (moment.ledger.isWatched) part.cutAt(moment);
}
process.stdout.write(JSON.stringify(part.tally(calls)));
