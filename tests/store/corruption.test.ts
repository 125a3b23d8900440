import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { DamageReason } from '../../src/store/outbox.ts';
import { alter, copyWhileOpen, noise } from '../support/damage.ts';
import { type FeedLoss, type FeedObservation, judged } from '../support/feed.ts';
import { TwoPlatforms } from '../support/two-platforms.ts';

const PAGE = 1024;

/** The pages of a table, its root first. */
function pagesOf(path: string, table: string): number[] {
  const db = new Database(path, { readonly: true });
  const pages = db.prepare('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno').pluck().all(table) as number[];
  db.close();
  return pages;
}

const spoil = (path: string, pages: readonly number[]) =>
  alter(path, (bytes) => {
    for (const page of pages) noise(PAGE, page).copy(bytes, (page - 1) * PAGE);
    return undefined;
  });

/** What the city has been told of losses. */
function lossesIn(platforms: TwoPlatforms): FeedLoss['lost'][number][] {
  const messages = platforms.told.city.filter(({ topic }) => topic.endsWith('/loss'));
  return messages.flatMap(({ payload }) => (JSON.parse(payload) as FeedLoss).lost);
}

const epochs = (platforms: TwoPlatforms) =>
  new Set(platforms.told.region.flatMap(({ payload }) => (JSON.parse(payload) as FeedObservation).epoch ?? []));

const quarantined = (path: string) => readdirSync(join(dirname(path), 'quarantine'));

interface Damage {
  readonly name: string;
  readonly reason: DamageReason;
  readonly isCarried: boolean;
  act(path: string): void;
}

const damages: readonly Damage[] = [
  { name: 'zeroed header', reason: 'header', isCarried: false, act: (path) => alter(path, (b) => b.fill(0, 0, 100)) },
  { name: 'empty file', reason: 'empty', isCarried: false, act: (path) => truncateSync(path, 0) },
  { name: 'random bytes', reason: 'header', isCarried: false, act: (path) => alter(path, (b) => noise(b.length)) },
  {
    name: 'file cut short',
    reason: 'damaged',
    isCarried: true,
    act: (path) => alter(path, (b) => b.subarray(0, Math.trunc(b.length / PAGE / 2) * PAGE)),
  },
  {
    name: 'corrupt page among the rows',
    reason: 'damaged',
    isCarried: true,
    act: (path) => spoil(path, pagesOf(path, 'message').slice(25, 26)),
  },
  {
    name: 'ten corrupt pages, the oldest rows and the newest among them',
    reason: 'damaged',
    isCarried: true,
    act: (path) => spoil(path, [...pagesOf(path, 'message').slice(1, 6), ...pagesOf(path, 'message').slice(-5)]),
  },
  {
    name: 'corrupt root of the rows',
    reason: 'damaged',
    isCarried: false,
    act: (path) => spoil(path, pagesOf(path, 'message').slice(0, 1)),
  },
  {
    name: 'corrupt cursors',
    reason: 'damaged',
    isCarried: true,
    act: (path) => spoil(path, pagesOf(path, 'uplink')),
  },
  {
    name: 'corrupt devices',
    reason: 'damaged',
    isCarried: false,
    act: (path) => spoil(path, pagesOf(path, 'device')),
  },
];

describe('an outbox that was closed with a backlog and damaged then', () => {
  it.each(damages)('$name: put aside, a new epoch, and both platforms can account for every number', async (damage) => {
    const platforms = new TwoPlatforms();
    const before = await platforms.fill();
    await before.close();
    const whole = readFileSync(platforms.path);
    damage.act(platforms.path);
    const damaged = readFileSync(platforms.path);
    expect(damaged.equals(whole)).toBe(false);

    const after = await platforms.goOn();
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.lastRun.wasClean).toBe(false);
    const { recovered } = after.lastRun;
    expect(recovered?.reason).toBe(damage.reason);
    expect(quarantined(platforms.path)).toEqual([
      expect.stringMatching(new RegExp(`^0001-\\d{8}T\\d{6}Z-${damage.reason}$`)),
    ]);
    expect(readFileSync(join(recovered?.quarantine ?? '', 'outbox.db')).equals(damaged), 'as it was').toBe(true);
    expect((recovered?.carried ?? 0) > 0).toBe(damage.isCarried);
    await after.close();

    const next = await platforms.open();
    expect(next.epoch, 'goes on with the new one').toBe(after.epoch);
    expect(next.lastRun).toMatchObject({ wasClean: true });
    expect((await next.stats()).backlog).toEqual({ city: 0, region: 0 });
    await next.close();
    for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
    if (damage.isCarried) expect(epochs(platforms).size).toBe(2);
  });

  it('what could not be read is lost by its numbers: corrupt where nobody was told, unclean where somebody may have been', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    spoil(platforms.path, pagesOf(platforms.path, 'message').slice(25, 26));
    await (await platforms.goOn()).close();
    const losses = lossesIn(platforms);
    expect(new Set(losses.map(({ reason }) => reason))).toEqual(new Set(['corrupt']));
    const count = losses.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(20);

    const early = new TwoPlatforms();
    await (await early.fill()).close();
    // Rows that the city has been told and the region has not.
    spoil(early.path, pagesOf(early.path, 'message').slice(9, 11));
    await (await early.goOn()).close();
    expect(new Set(lossesIn(early).map(({ reason }) => reason))).toEqual(new Set(['unclean']));
    for (const told of Object.values(early.told)) expect(judged(told)).toEqual([]);
  });

  it('memories go on: a pulse counter does not begin again', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    spoil(platforms.path, pagesOf(platforms.path, 'message').slice(0, 30));
    for (let life = 0; life < 2; life += 1) {
      const after = await platforms.goOn();
      expect(await after.memory('a').load()).toBe('4711');
      expect(await after.memory('a', 'counters').load()).toBe('4712');
      await after.close();
    }
  });

  it('a second and a third time: at most two are kept, and every epoch is accounted for', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    for (let time = 0; time < 3; time += 1) {
      spoil(platforms.path, pagesOf(platforms.path, 'message').slice(-1));
      const after = await platforms.open();
      expect(after.lastRun.recovered?.reason).toBe('damaged');
      await platforms.tell(after, 'city', 7);
      await after.close();
    }
    expect(quarantined(platforms.path).length).toBe(2);
    await (await platforms.goOn()).close();
    for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
  });
});

describe('an outbox that lost its power', () => {
  it('loses nothing to a log whose last commit is torn, and keeps its epoch', async () => {
    const platforms = new TwoPlatforms();
    const before = await platforms.fill();
    const left = copyWhileOpen(platforms.path);
    await before.close();
    alter(`${left}-wal`, (bytes) => bytes.subarray(0, bytes.length - 100));
    const after = await platforms.open(left);
    expect(after.lastRun.recovered).toBeUndefined();
    expect(after.epoch).toBe(before.epoch);
    await after.close();
  });

  it.each<[string, (log: string) => void]>([
    [
      'with a hole in its log',
      (log) => alter(log, (bytes) => bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64)),
    ],
    ['with a log that has lost its header', (log) => alter(log, (bytes) => bytes.fill(0, 0, 32))],
  ])('%s: never uses a number twice, and declares those that may have been used', async (name, damage) => {
    const platforms = new TwoPlatforms();
    const before = await platforms.fill();
    // Told are numbers that the rest of the log knows nothing of.
    await platforms.tell(before, 'city', 1000);
    await platforms.tell(before, 'region', 1000);
    const left = copyWhileOpen(platforms.path);
    await before.close();
    damage(`${left}-wal`);
    const after = await platforms.goOn(left);
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.lastRun.recovered?.reason).toBe('log');
    await after.close();
    for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
    expect(lossesIn(platforms).every(({ reason }) => reason === 'unclean')).toBe(true);
    // Without the header nothing of the log is known, its devices included: the new epoch alone tells it.
    const isReserved = lossesIn(platforms).some(({ from, to }) => to - from === 99_999);
    expect(isReserved).toBe(name === 'with a hole in its log');
  });

  it('without its log: knows that there was one', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    const again = await platforms.open();
    const left = copyWhileOpen(platforms.path);
    await again.close();
    rmSync(`${left}-wal`);
    const after = await platforms.open(left);
    expect(after.lastRun.recovered?.reason).toBe('log');
    await after.close();
  });
});

describe('a file of somebody else', () => {
  const foreign = (path: string, sql: string) => {
    const db = new Database(path);
    db.exec(sql);
    db.close();
  };

  it('another program’s database is put aside whole', async () => {
    const platforms = new TwoPlatforms();
    foreign(platforms.path, 'CREATE TABLE recipes (name TEXT)');
    const outbox = await platforms.goOn();
    const { recovered } = outbox.lastRun;
    expect(recovered).toMatchObject({ reason: 'foreign', carried: 0, lost: 0 });
    await outbox.close();
    const db = new Database(join(recovered?.quarantine ?? '', 'outbox.db'));
    expect(db.prepare('SELECT count(*) FROM recipes').pluck().get()).toBe(0);
    db.close();
  });

  it('one of a later schema is put aside whole, and outlives damaged ones', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    foreign(platforms.path, 'PRAGMA user_version = 200');
    const outbox = await platforms.goOn();
    expect(outbox.lastRun.recovered).toMatchObject({ reason: 'newer-schema', carried: 0, lost: 0 });
    await outbox.close();
    for (let time = 0; time < 3; time += 1) {
      truncateSync(platforms.path, 0);
      await (await platforms.open()).close();
    }
    expect(
      quarantined(platforms.path)
        .map((name) => name.replace(/^\d+-\w+-/, ''))
        .toSorted(),
    ).toEqual(['empty', 'newer-schema']);
  });

  it('one of the next minor version is gone on with: its columns and tables are left alone', async () => {
    const platforms = new TwoPlatforms();
    const before = await platforms.fill();
    await before.close();
    foreign(
      platforms.path,
      `ALTER TABLE message ADD COLUMN colour INTEGER; ALTER TABLE device ADD COLUMN lane TEXT NOT NULL DEFAULT 'live';
       CREATE TABLE quota (bytes INTEGER); INSERT INTO quota VALUES (7); PRAGMA user_version = 103;`,
    );
    const after = await platforms.goOn();
    expect(after.epoch).toBe(before.epoch);
    expect(after.lastRun.recovered).toBeUndefined();
    await after.close();
    for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
    const db = new Database(platforms.path);
    expect(db.prepare('SELECT bytes FROM quota').pluck().get()).toBe(7);
    expect(db.pragma('user_version', { simple: true })).toBe(103);
    db.close();
  });

  it('a table that is missing is damage, even where every page is whole', async () => {
    const platforms = new TwoPlatforms();
    await (await platforms.fill()).close();
    foreign(platforms.path, 'DROP TABLE uplink');
    const after = await platforms.goOn();
    expect(after.lastRun.recovered?.reason).toBe('damaged');
    await after.close();
    for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
  });
});

it('Damage that shows while the gateway runs is seen to at the next start.', async () => {
  const platforms = new TwoPlatforms();
  const before = await platforms.fill();
  await before.close();
  const { suspect } = await import('../../src/store/inspect.ts');
  writeFileSync(suspect(platforms.path), 'database disk image is malformed\n');
  const after = await platforms.goOn();
  expect(after.lastRun.recovered).toMatchObject({ reason: 'damaged', lost: 0 });
  expect(existsSync(suspect(platforms.path))).toBe(false);
  await after.close();
  for (const told of Object.values(platforms.told)) expect(judged(told)).toEqual([]);
});
