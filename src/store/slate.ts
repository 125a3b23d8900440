import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { NumberSet, type Range } from '../model/number-set.ts';
import type { Database } from './database.ts';
import { isOurs, placeInMemory } from './memory-directory.ts';
import { rangesIn, rangesText } from './opening.ts';
import type { SqliteFileOptions } from './recover.ts';
import type { Opened } from './sqlite-file.ts';
import { cursorsOf, type NamedCursor, newestIdIn, writeCursors } from './transfer.ts';

/** Of which run a slate speaks: of any other run it says nothing. */
export interface SlateRun {
  readonly epoch: string;
  /** Of the table `run`. */
  readonly runId: number;
}

/** So much is written before it is put together anew: acknowledgements come nearly in order, and join into few ranges. */
const TIDY_BYTES = 65_536;

/** Where the slate of the outbox at `path` lies; undefined where there is no directory in memory. */
export function placeOfSlate(path: string, directory: string | undefined): string | undefined {
  const place = placeInMemory(path, directory);
  return place && `${place}.slate`;
}

/**
 * What was acknowledged since the last commit, written down at once in memory: it outlives the program, not the power, and
 * saves a platform from being told twice. Nothing else depends on it: where it cannot be written, there is less in it.
 * Only rows that were durable before they were told may stand here: their ids mean the same rows for ever.
 */
export class Slate {
  readonly #path: string;
  readonly #header: string;
  #file: number | undefined;
  #sizeBytes = 0;
  #tidyFromBytes = TIDY_BYTES;
  /** A write has failed; after the next commit it is tried again. */
  #isBroken = false;
  #isOver = false;
  /** By uplink: what no commit has, and what one under way has. */
  #noted = new Map<string, NumberSet>();
  #underWay = new Map<string, NumberSet>();

  /** Touches nothing. */
  constructor(path: string, run: SlateRun) {
    this.#path = path;
    this.#header = headerOf(run);
  }

  /** The uplink has these. */
  note(uplink: string, ranges: readonly Range[]): void {
    addTo(this.#noted, uplink, ranges);
    if (this.#sizeBytes < this.#tidyFromBytes) this.#write([lineOf(this.#header, uplink, ranges)]);
    else this.#tidy();
  }

  /** A commit takes all that is noted. */
  take(): void {
    this.#underWay = this.#noted;
    this.#noted = new Map();
  }

  /** The file has what was taken. */
  committed(): void {
    this.#underWay.clear();
    this.#isBroken = false;
    if (this.#sizeBytes > 0) this.#tidy();
  }

  /** It did not come to that. */
  giveBack(): void {
    for (const [uplink, { ranges }] of this.#underWay) addTo(this.#noted, uplink, ranges);
    this.#underWay.clear();
  }

  /** Nothing is noted any more. What no commit has stays there for the next start. */
  end(): void {
    this.#isOver = true;
    if (this.#file === undefined) return;
    closeSync(this.#file);
    if (this.#noted.size === 0) removeSlate(this.#path);
  }

  /** Begins anew with what no commit has. Should the program end in between, some of it is told again. */
  #tidy(): void {
    this.#trying(() => {
      ftruncateSync(this.#open());
      this.#sizeBytes = 0;
    });
    const all = [this.#underWay, this.#noted].flatMap((sets) => [...sets]);
    if (all.length > 0) this.#write(all.map(([uplink, { ranges }]) => lineOf(this.#header, uplink, ranges)));
    this.#tidyFromBytes = Math.max(TIDY_BYTES, 2 * this.#sizeBytes);
  }

  #write(lines: readonly string[]): void {
    this.#trying(() => {
      const file = this.#open();
      const text = (this.#sizeBytes === 0 ? this.#header : '') + lines.join('');
      this.#sizeBytes += writeSync(file, text);
    });
  }

  #trying(act: () => void): void {
    if (this.#isBroken || this.#isOver) return;
    try {
      act();
    } catch {
      this.#isBroken = true;
    }
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    const directory = dirname(this.#path);
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
    if (!isOurs(statSync(directory))) throw new Error(`${directory} is somebody else's`);
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;
    this.#file = openSync(this.#path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, 0o600);
    return this.#file;
  }
}

/**
 * A slate for the run that has just been opened. None in a refuge, whose ids may move on the way home, and none where there
 * is no directory in memory. Where rows are told before they are kept, it must not be used: after an end without a stop
 * their ids are given to others.
 */
export function slateFor(
  { path, memoryDirectory }: Pick<SqliteFileOptions, 'path' | 'memoryDirectory'>,
  opened: Opened,
): Slate | undefined {
  const place = opened.isRefuge ? undefined : placeOfSlate(path, memoryDirectory);
  return place === undefined ? undefined : new Slate(place, opened);
}

/** Brings what stands on the slate of the run before, which ended without a stop, into the cursors, durably; then it is gone. */
export function takeFromSlate(path: string, db: Database): void {
  const epoch = db.prepare('SELECT uuid FROM epoch ORDER BY id DESC LIMIT 1').pluck().get() as string;
  const runId = db.prepare('SELECT max(id) FROM run').pluck().get() as number | null;
  const noted = readSlate(path, { epoch, runId: runId ?? 0 });
  if (noted.size > 0) mergeInto(db, noted);
  removeSlate(path);
}

/** What a slate says of a run, by uplink. What is torn, another run's or not ours says nothing. */
export function readSlate(path: string, run: SlateRun): ReadonlyMap<string, NumberSet> {
  const noted = new Map<string, NumberSet>();
  const header = headerOf(run);
  const text = textOf(path);
  if (!text?.startsWith(header)) return noted;
  // Whatever stands behind the last end of a line is torn.
  for (const line of text.slice(header.length).split('\n').slice(0, -1)) {
    const [, ranges = '', uplink = ''] = /^\S+ (\S+) (.*)$/.exec(line) ?? [];
    const known = rangesIn(ranges);
    if (known && `${line}\n` === lineOf(header, uplink, known)) addTo(noted, uplink, known);
  }
  return noted;
}

function mergeInto(db: Database, noted: ReadonlyMap<string, NumberSet>): void {
  const cursors = cursorsOf(db);
  const newestId = newestIdIn(db, cursors);
  // Whatever is told is durable before: then this is another file under the same name, put back from an older copy.
  if ([...noted.values()].some(({ last = 0 }) => last > newestId)) return;
  // One that is new to the file has still to hear what is gone.
  const merged = cursors.map(([name, cursor]): NamedCursor => {
    const settled = new NumberSet([...cursor.settled, ...(noted.get(name)?.ranges ?? [])]);
    const unsure = cursor.unsure.flatMap((range) => settled.gaps(range));
    return [name, { ...cursor, settled: settled.ranges, unsure }];
  });
  db.transaction(() => writeCursors(db, merged)).immediate();
}

function removeSlate(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What stays says nothing: the next run has another number.
  }
}

function textOf(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      return stats.isFile() && isOurs(stats) ? readFileSync(file, 'utf8') : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined; // there is none, or it is not for us: then more is told again
  }
}

/** The checksum of a line is begun with the header: a line of another run does not fit. */
function headerOf({ epoch, runId }: SlateRun): string {
  return checked(`${runId} ${epoch}`, 0);
}

function lineOf(header: string, uplink: string, ranges: readonly Range[]): string {
  return checked(`${rangesText(ranges)} ${uplink}`, Number.parseInt(header, 16));
}

function checked(text: string, before: number): string {
  return `${crc32(text, before).toString(16).padStart(8, '0')} ${text}\n`;
}

function addTo(sets: Map<string, NumberSet>, uplink: string, ranges: readonly Range[]): void {
  const set = sets.get(uplink) ?? new NumberSet();
  sets.set(uplink, set);
  set.addAll({ ranges });
}
