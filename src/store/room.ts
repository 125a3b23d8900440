import { NumberSet, type Range } from '../model/number-set.ts';
import { PRIORITIES, type Priority } from '../model/observation.ts';
import type { FileSize } from './commit.ts';
import type { Cursors } from './cursors.ts';
import type { FileThread } from './file-thread.ts';
import type { Limits } from './limits.ts';
import { type Declaration, type Dropped, declarations } from './losses.ts';
import type { StoreEvent } from './outbox.ts';

/** What a room is made in, and by which rules. */
export interface RoomOptions {
  readonly limits: Limits;
  readonly thread: FileThread;
  readonly cursors: Cursors;
  /** Before a row of a priority is dropped entirely, of each device every n-th stays. */
  readonly thinning?: number | undefined;
  readonly report: (event: StoreEvent) => void;
}

/** Rows that go. */
export interface Drop {
  readonly ids: readonly number[];
  readonly ranges: readonly Range[];
  readonly priority: Priority;
}

/** What goes with the next commit. */
export interface Plan {
  readonly drop: Drop;
  /** What must be declared with that, in the same commit, and is not yet. */
  readonly news: readonly Declaration[];
  /** More goes than with the commit before. */
  readonly isMore: boolean;
}

/** Room is made when the file is so full, and until it is so much less full: few losses, each of many rows. */
const FROM_SHARE = 0.9;
const TO_SHARE = 0.8;
/** Looks at the file for one commit; each reads some megabytes at most. */
const LOOKS = 16;

/** One way of choosing: thinning or not, and of which priority. */
interface Stage {
  readonly priority: Priority;
  readonly thinning?: number;
  /** Below this id there is nothing left to choose. */
  fromId: number;
  /** As `fromId`, without what is leased at the moment. */
  nextId: number;
}

/** Keeps the file within its quota: chooses what goes, the lowest and oldest first. */
export class Room {
  readonly #with: RoomOptions;
  readonly #stages: readonly Stage[];
  /** Rows that go with the next commit: they must not be told any more. */
  readonly doomed = new NumberSet();
  #drop: Drop | undefined;
  #filled: number | undefined;
  #isShort = false;
  #isFull = false;
  /** The last id that is looked at until there is room, or nothing left to look at. */
  #upToId: number | undefined;

  constructor(options: RoomOptions) {
    const { thinning } = options;
    const start = { fromId: 1, nextId: 1 };
    const thinned = thinning === undefined ? [] : PRIORITIES.filter((priority) => priority !== 'alert');
    this.#with = options;
    this.#stages = [
      ...thinned.map((priority) => ({ priority, ...(thinning === undefined ? {} : { thinning }), ...start })),
      ...PRIORITIES.map((priority) => ({ priority, ...start })),
    ];
  }

  /** True while room is to be made. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** True where a drop is decided on and not committed. */
  get isDecided(): boolean {
    return this.#drop !== undefined;
  }

  /** True where a commit did not fit: room comes first. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** How near the file is to the point at which something has to go: 1 is there. Undefined before it is known. */
  get filled(): number | undefined {
    return this.#filled;
  }

  noteSize({ usedBytes, mostBytes }: FileSize): void {
    this.#filled = Math.min(1, usedBytes / (mostBytes * FROM_SHARE));
    this.#isShort = usedBytes > mostBytes * (this.#isShort ? TO_SHARE : FROM_SHARE);
    if (!this.#isShort) this.#lookAgain();
  }

  /** A commit did not fit. */
  noteFull(): void {
    this.#isShort = true;
    this.#isFull = true;
  }

  /**
   * What goes with the next commit; undefined where nothing has to, or nothing can. A drop that could not be committed
   * stays decided, as its losses have their numbers; where it did not make room enough, more goes with it.
   */
  async plan(storedUpTo: number): Promise<Plan | undefined> {
    const before = this.#drop;
    if (before ? !this.#isFull : !this.#isShort) return before && { drop: before, news: [], isMore: false };
    const more = await this.#choose(storedUpTo);
    if (!more) return before && { drop: before, news: [], isMore: false };
    const { rows, priority } = more;
    const ids = rows.map(({ id }) => id);
    for (const id of ids) this.doomed.add(id);
    this.#with.cursors.lose(ids);
    this.#drop = { ids: [...(before?.ids ?? []), ...ids], ranges: this.doomed.ranges.slice(), priority };
    return { drop: this.#drop, news: declarations(rows, this.#with.cursors.all, 'quota'), isMore: true };
  }

  /** It is committed. */
  done({ ids, priority }: Drop): void {
    this.#drop = undefined;
    this.#isFull = false;
    this.doomed.clear();
    this.#with.report({ event: 'dropped', count: ids.length, priority });
  }

  async #choose(storedUpTo: number): Promise<{ rows: readonly Dropped[]; priority: Priority } | undefined> {
    const { thread, limits, cursors } = this.#with;
    // The losses that are declared in one go are not dropped in the same: there would be no end to it.
    this.#upToId ??= storedUpTo;
    const upToId = this.#upToId;
    const isFree = ({ id }: Dropped) => !cursors.isLeased(id) && !this.doomed.has(id);
    for (let look = 0; look < LOOKS; look += 1) {
      const stage = this.#stages.find(({ nextId }) => nextId <= upToId);
      if (!stage) break;
      const { priority, thinning } = stage;
      const within = { from: stage.nextId, to: upToId };
      const asked = { priority, within, limit: limits.dropRows, ...(thinning === undefined ? {} : { thinning }) };
      const { rows, upTo } = await thread.ask('candidates', asked);
      this.#advance(stage, upTo, rows.find(({ id }) => cursors.isLeased(id))?.id);
      const free = rows.filter(isFree);
      if (isGain(free)) return { rows: free, priority };
    }
    // All that is left is under way: it is looked at again when something has changed.
    if (!this.#stages.some(({ nextId }) => nextId <= upToId)) this.#lookAgain();
    return undefined;
  }

  #lookAgain(): void {
    this.#upToId = undefined;
    for (const stage of this.#stages) stage.nextId = stage.fromId;
  }

  #advance(stage: Stage, upTo: number, leasedId: number | undefined): void {
    if (stage.fromId === stage.nextId) stage.fromId = leasedId ?? upTo + 1;
    stage.nextId = upTo + 1;
  }
}

/** Losses are declared anew, one for each device: dropping as many is no gain. */
function isGain(rows: readonly Dropped[]): boolean {
  return rows.some(({ kind }) => kind === 'observation') || rows.length > new Set(rows.map(keyOf)).size;
}

const keyOf = ({ epoch, device }: Dropped) => `${epoch}/${device}`;
