import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import Database from 'better-sqlite3';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import type { Image } from './disk.ts';
import type { Fault } from './judge.ts';
import { observed, UPLINKS } from './observed.ts';
import type { Dropped } from './replay.ts';

/** What is traced, and how it is cut. */
export interface Workload {
  readonly name: string;
  /** The runs, one after the other, on the same file. */
  readonly scripts: readonly string[];
  /** Damages the outbox before the first run. Without it, that begins with an empty directory. */
  damage?(path: string): void;
  /** True where not even the storage directory is there. */
  readonly isFromNothing?: boolean;
  /** One in so many of the moments between two syncs is cut at; all of them where it is left out. */
  readonly oneIn?: number;
  /** One in so many of all moments. */
  readonly oneInOfAll?: number;
  /** Observations are told first and kept only if need be. */
  readonly isToldFirst?: boolean;
  /** Syncs that are taken away in further rounds, and what must come of it. */
  readonly blindly?: readonly { readonly dropped: Exclude<Dropped, 'none'>; readonly seenAs: Fault | 'lost' }[];
  /** Cuts count from the program's word on. */
  readonly isWatchedLate?: boolean;
}

/** Where the outbox lies under a storage root. */
export const OUTBOX = 'data/outbox.db';

const PAGE_BYTES = 1024;

export const workloads: readonly Workload[] = [
  {
    name: 'new file, killed, gone on with',
    scripts: ['first', 'killed', 'second'],
    blindly: [
      { dropped: 'all', seenAs: 'corrupt' },
      { dropped: 'log', seenAs: 'lost' },
    ],
  },
  { name: 'no directory yet', scripts: ['short'], isFromNothing: true },
  { name: 'full log', scripts: ['crowded'], isWatchedLate: true, oneIn: 200, oneInOfAll: 4 },
  {
    name: 'told before kept',
    scripts: ['told', 'toldAgain', 'told'],
    isToldFirst: true,
    oneIn: 4,
    // In this log stands little but which numbers are reserved.
    blindly: [{ dropped: 'log', seenAs: 'reused' }],
  },
  { name: 'told in a burst', scripts: ['burst'], isToldFirst: true, oneIn: 100 },
  {
    name: 'corrupt page, third quarantine',
    oneInOfAll: 3,
    scripts: ['short', 'short'],
    damage: spoilPageForTheThirdTime,
  },
  { name: 'zeroed header', oneInOfAll: 3, scripts: ['short', 'short'], damage: zeroHeader },
  { name: 'hole in the log', oneInOfAll: 3, scripts: ['short', 'short'], damage: spoilLog },
  { name: 'log gone', oneInOfAll: 3, scripts: ['short', 'short'], damage: (path) => rmSync(`${path}-wal`) },
  {
    name: 'newer schema',
    oneInOfAll: 3,
    scripts: ['short', 'short'],
    damage: (path) => patch(path, 60, Buffer.of(0, 0, 1, 0)),
  },
  { name: 'damage noticed while it ran', oneInOfAll: 3, scripts: ['short', 'short'], damage: noteDamage },
];

/** Fills an outbox, leaves it as a power cut would, and damages it. */
export async function prepare(root: string, damage: (path: string) => void): Promise<void> {
  const path = join(root, OUTBOX);
  const elsewhere = join(root, 'filled');
  mkdirSync(elsewhere, { recursive: true });
  const outbox = await openSqliteOutbox({
    path: join(elsewhere, 'outbox.db'),
    commitMs: 1,
    uplinks: UPLINKS,
    bootId: 'before',
    clock: systemClock(() => 'ntp'),
  });
  await fill(outbox);
  cpSync(elsewhere, dirname(path), { recursive: true });
  await outbox.close();
  rmSync(elsewhere, { recursive: true });
  damage(path);
}

async function fill(outbox: Outbox): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    const numbers = Array.from({ length: 20 }, (_, n) => round * 20 + n + 1);
    await Promise.all(['a', 'b'].flatMap((device) => numbers.map((n) => outbox.append(observed(device, n)))));
  }
  await outbox.memory('a').save('4711');
  await outbox.append(observed('a', 81));
}

/** Everything under a directory. */
export function imageOf(root: string): Image {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path));
  return new Map(
    paths.map((path) => [relative(root, path), statSync(path).isDirectory() ? 'directory' : readFileSync(path)]),
  );
}

/** Writes an image where nothing is yet. */
export function writeImage(root: string, image: Image): void {
  mkdirSync(root, { recursive: true });
  for (const [path, content] of image) {
    if (content === 'directory') mkdirSync(join(root, path), { recursive: true });
    else writeFileSync(join(root, path), content);
  }
}

function patch(path: string, at: number, change: Buffer): void {
  const bytes = readFileSync(path);
  change.copy(bytes, at);
  writeFileSync(path, bytes);
}

/** Empties the log into the file, so that the file says what stands in it; the pages of the rows are answered. */
function settleLog(path: string): number[] {
  const db = new Database(path);
  db.prepare('UPDATE run SET stopped_at = 1').run();
  const pages = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'message' ORDER BY pageno")
    .pluck()
    .all() as number[];
  db.close();
  return pages;
}

function spoilPageForTheThirdTime(path: string): void {
  const [, , , page = 0] = settleLog(path);
  patch(path, (page - 1) * PAGE_BYTES, Buffer.alloc(PAGE_BYTES, 0xa5));
  for (const name of ['20250101T000000Z-header', '20250102T000000Z-foreign']) {
    const place = join(dirname(path), 'quarantine', name);
    mkdirSync(place, { recursive: true });
    for (const suffix of ['', '-wal']) writeFileSync(join(place, `outbox.db${suffix}`), name);
  }
}

function zeroHeader(path: string): void {
  settleLog(path);
  patch(path, 0, Buffer.alloc(100));
}

function spoilLog(path: string): void {
  const log = `${path}-wal`;
  patch(log, Math.trunc(statSync(log).size / 2), Buffer.alloc(64, 0xa5));
  // And cut off in the middle of the last frame, as it may well be.
  truncateSync(log, statSync(log).size - 300);
}

function noteDamage(path: string): void {
  settleLog(path);
  writeFileSync(`${path}.suspect`, 'a page that was read\n');
}
