import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { suspect } from '../../src/store/inspect.ts';
import { makeSound } from '../../src/store/recover.ts';
import { noteRecovery } from '../../src/store/recovery-note.ts';
import { finished, makeDatabase } from '../../src/store/schema.ts';
import { alter, copyWhileOpen } from '../support/damage.ts';
import { observation } from '../support/observations.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { TwoPlatforms } from '../support/two-platforms.ts';

const quarantined = (path: string) => readdirSync(join(dirname(path), 'quarantine'));

/** An outbox as a power cut left it, with a hole in its log. */
async function withHole(): Promise<TwoPlatforms> {
  const before = new TwoPlatforms();
  const outbox = await before.fill();
  const left = copyWhileOpen(before.path);
  await outbox.close();
  alter(`${left}-wal`, (bytes) => bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64));
  return new TwoPlatforms(left);
}

describe('a recovery that a power cut stops', () => {
  it.each([
    { moved: [], name: 'before the damaged file moves' },
    { moved: [''], name: 'between the file and its log' },
    { moved: ['', '-wal'], name: 'when both have moved' },
  ])('$name: is ended by the next start, which says why, and keeps the file with its log', async ({ moved }) => {
    const { path } = await withHole();
    const whole = ['', '-wal'].map((suffix) => readFileSync(path + suffix));
    makeDatabase(path, (to) => noteRecovery(to, { reason: 'log', carried: 3, lost: 5 }));
    const unfinished = join(dirname(path), 'quarantine', 'unfinished-log');
    mkdirSync(unfinished, { recursive: true });
    for (const suffix of moved) renameSync(path + suffix, join(unfinished, `outbox.db${suffix}`));
    writeFileSync(suspect(path), 'of the file that leaves');

    const platforms = new TwoPlatforms(path);
    const after = await platforms.open();
    const { recovered, wasClean } = after.lastRun;
    expect(wasClean).toBe(false);
    expect(recovered).toMatchObject({ reason: 'log', carried: 3, lost: 5 });
    const place = recovered?.quarantine ?? '';
    const there = ['', '-wal'].map((suffix) => readFileSync(join(place, `outbox.db${suffix}`)));
    expect(there.map((bytes, index) => whole[index]?.equals(bytes))).toEqual([true, true]);
    expect(quarantined(path)).toEqual([expect.stringMatching(/^0001-\d{8}T\d{6}Z-log$/)]);
    await after.close();

    const next = await platforms.open();
    expect(next.lastRun).toEqual({ wasClean: true });
    await next.close();
  });

  it('while the new file is made: begins again, as the old one is still there', async () => {
    const { path } = await withHole();
    makeDatabase(path);
    const after = await new TwoPlatforms(path).open();
    expect(after.lastRun.recovered?.reason).toBe('log');
    expect(after.lastRun.recovered?.carried, 'by the second rescue').toBeGreaterThan(0);
    await after.close();
  });

  it('leaves a sound file alone, whatever lies beside it', async () => {
    const platforms = new TwoPlatforms();
    const before = await platforms.fill();
    await before.close();
    makeDatabase(platforms.path);
    const after = await platforms.open();
    expect(after.epoch).toBe(before.epoch);
    expect(after.lastRun.recovered).toBeUndefined();
    expect(existsSync(finished(platforms.path))).toBe(false);
    await after.close();
  });

  it('a log whose file is gone is put aside and told of', async () => {
    const { path } = await withHole();
    renameSync(path, `${path}.taken`);
    const after = await new TwoPlatforms(path).open();
    expect(after.lastRun).toMatchObject({ wasClean: false, recovered: { reason: 'log', carried: 0 } });
    expect(readdirSync(after.lastRun.recovered?.quarantine ?? '')).toEqual(['outbox.db-wal']);
    await after.close();
  });
});

it('A recovery is told by every start until one goes on to keep an observation, or stops.', async () => {
  const platforms = await withHole();
  const first = await platforms.open();
  const { recovered } = first.lastRun;
  expect(recovered?.reason).toBe('log');
  const untold = copyWhileOpen(platforms.path);
  await first.append(observation('a', 1));
  const told = copyWhileOpen(platforms.path);
  await first.close();

  const again = await platforms.open(untold);
  expect(again.epoch).toBe(first.epoch);
  const { quarantine: _, ...same } = recovered ?? { quarantine: '' };
  expect(again.lastRun).toMatchObject({ wasClean: false, recovered: same });
  await again.close();
  const stopped = await platforms.open(untold);
  expect(stopped.lastRun).toMatchObject({ wasClean: true });
  expect(stopped.lastRun.recovered).toBeUndefined();
  await stopped.close();

  const killed = await platforms.open(told);
  expect(killed.lastRun.wasClean).toBe(false);
  expect(killed.lastRun.recovered).toBeUndefined();
  await killed.close();
});

it('The newest files are kept in quarantine, though the clock goes back.', () => {
  const path = join(temporaryDirectory(), 'outbox.db');
  const years = [2026, 2025, 1970];
  for (const year of years) {
    writeFileSync(path, `a file of ${year}`);
    expect(makeSound({ path, uplinks: ['city'], bootId: 'boot', startedAt: Date.UTC(year, 0, 1) })).toBe(true);
  }
  const kept = quarantined(path).toSorted();
  expect(kept).toEqual(['0002-20250101T000000Z-header', '0003-19700101T000000Z-header']);
  const newest = join(dirname(path), 'quarantine', kept[1] ?? '', 'outbox.db');
  expect(String(readFileSync(newest))).toBe('a file of 1970');
});
