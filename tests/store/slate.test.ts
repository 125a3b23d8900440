import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { NumberSet, type Range } from '../../src/model/number-set.ts';
import { placeOfSlate, readSlate, Slate, type SlateRun } from '../../src/store/slate.ts';
import { idsOf, leaseAny } from '../support/leasing.ts';
import { Platforms, type Ways } from '../support/platforms.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const run: SlateRun = { epoch: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', runId: 12 };
const range = (from: number, to: number = from): Range => ({ from, to });

let path: string;
let slate: Slate;

beforeEach(() => {
  path = join(temporaryDirectory(), 'memory', 'outbox.db.slate');
  slate = new Slate(path, run);
});

/** What it says, by uplink. */
function read(of: SlateRun = run): Record<string, readonly Range[]> {
  return Object.fromEntries(Array.from(readSlate(path, of), ([uplink, { ranges }]) => [uplink, ranges]));
}

describe('the slate', () => {
  it('says at once what each uplink has', () => {
    slate.note('city', [range(1, 20)]);
    slate.note('region of the south', [range(3), range(7, 9)]);
    slate.note('city', [range(21), range(40, 44)]);
    expect(read()).toEqual({ city: [range(1, 21), range(40, 44)], 'region of the south': [range(3), range(7, 9)] });
  });

  it('says nothing of another run, or of another epoch', () => {
    slate.note('city', [range(1, 20)]);
    expect(read({ ...run, runId: 13 })).toEqual({});
    expect(read({ ...run, epoch: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bee' })).toEqual({});
    const [, line = ''] = readFileSync(path, 'utf8').split('\n');
    new Slate(path, { ...run, runId: 13 }).note('city', [range(90)]);
    writeFileSync(path, `${readFileSync(path, 'utf8')}${line}\n`);
    expect(read({ ...run, runId: 13 }), 'with a line of the run before').toEqual({ city: [range(90)] });
  });

  it('says nothing that was not noted, wherever it is cut off and whichever byte is wrong', () => {
    slate.note('city', [range(1_000_000, 1_000_020)]);
    slate.note('region', [range(5), range(7, 9)]);
    const whole = readFileSync(path);
    const truth = {
      city: new NumberSet([range(1_000_000, 1_000_020)]),
      region: new NumberSet([range(5), range(7, 9)]),
    };
    const isTrue = () =>
      Object.entries(read()).every(([uplink, ranges]) => {
        const known = uplink === 'city' ? truth.city : uplink === 'region' ? truth.region : new NumberSet();
        return ranges.every((one) => known.gaps(one).length === 0);
      });
    for (let at = 0; at < whole.length; at += 1) {
      writeFileSync(path, whole.subarray(0, at));
      expect(isTrue(), `cut at ${at}`).toBe(true);
      const wrong = Buffer.from(whole);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      writeFileSync(path, wrong);
      expect(isTrue(), `byte ${at}`).toBe(true);
      expect(readSlate(path, run).size, `byte ${at}`).toBeLessThan(2);
    }
    for (const garbage of ['', '\0'.repeat(500), 'x'.repeat(500), '\n\n\n']) {
      writeFileSync(path, garbage);
      expect(read()).toEqual({});
    }
  });

  it('goes on with the lines behind one that is torn', () => {
    slate.note('city', [range(1)]);
    const before = readFileSync(path).length;
    slate.note('city', [range(2)]);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, before + 6));
    slate.note('city', [range(3)]);
    slate.note('city', [range(4)]);
    expect(read()).toEqual({ city: [range(1), range(4)] });
  });

  it('begins anew with each commit, and keeps what came while that was under way', () => {
    slate.note('city', [range(1, 5)]);
    slate.take();
    slate.note('city', [range(6)]);
    expect(read()).toEqual({ city: [range(1, 6)] });
    slate.committed();
    expect(read()).toEqual({ city: [range(6)] });
    slate.take();
    slate.committed();
    expect(statSync(path).size).toBe(0);
    slate.note('city', [range(7)]);
    expect(read()).toEqual({ city: [range(7)] });
  });

  it('keeps what a commit that failed did not write', () => {
    slate.note('city', [range(1, 5)]);
    slate.take();
    slate.note('region', [range(6)]);
    slate.giveBack();
    slate.take();
    slate.note('city', [range(9)]);
    slate.giveBack();
    slate.take();
    slate.note('city', [range(10)]);
    expect(read()).toEqual({ city: [range(1, 5), range(9, 10)], region: [range(6)] });
    slate.committed();
    expect(read()).toEqual({ city: [range(10)] });
  });

  it('stays small however much is acknowledged before a commit', () => {
    for (let id = 1; id <= 20_000; id += 1) slate.note('city', [range(id)]);
    expect(statSync(path).size).toBeLessThan(70_000);
    expect(read()).toEqual({ city: [range(1, 20_000)] });
    for (let id = 30_000; id <= 50_000; id += 2) slate.note('city', [range(id)]);
    expect(countOfLines()).toBeLessThan(20_000);
    expect(readSlate(path, run).get('city')?.size).toBe(30_001);
  });

  const countOfLines = () => readFileSync(path, 'utf8').split('\n').length;

  it('leaves nothing behind where a commit has had everything, and else what none has had', () => {
    slate.note('city', [range(1)]);
    slate.take();
    slate.committed();
    slate.end();
    expect(() => statSync(path)).toThrow('ENOENT');
    const other = new Slate(path, run);
    other.note('city', [range(2)]);
    other.end();
    other.note('city', [range(3)]);
    expect(read()).toEqual({ city: [range(2)] });
  });

  it('does not believe a file that somebody else may have written', () => {
    slate.note('city', [range(1)]);
    chmodSync(path, 0o622);
    expect(read()).toEqual({});
    chmodSync(path, 0o600);
    expect(read()).toEqual({ city: [range(1)] });
    const link = `${path}.link`;
    symlinkSync(path, link);
    expect(readSlate(link, run).size).toBe(0);
    if (process.getuid?.() !== 0) return;
    chownSync(path, 65_534, 65_534);
    expect(read()).toEqual({});
  });

  it('writes into no directory that others may write to, and over no link', () => {
    const open = join(temporaryDirectory(), 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    path = join(open, 'slate');
    new Slate(path, run).note('city', [range(1)]);
    expect(() => statSync(path)).toThrow('ENOENT');
    const directory = temporaryDirectory();
    const theirs = join(directory, 'theirs');
    writeFileSync(theirs, 'precious');
    path = join(directory, 'slate');
    symlinkSync(theirs, path);
    new Slate(path, run).note('city', [range(1)]);
    expect(readFileSync(theirs, 'utf8')).toBe('precious');
  });

  it('harms nobody where there is no room for it', () => {
    path = '/proc/nowhere/slate';
    slate = new Slate(path, run);
    slate.note('city', [range(1)]);
    slate.take();
    slate.committed();
    slate.note('city', [range(2)]);
    slate.end();
    expect(read()).toEqual({});
  });
});

describe('an outbox that ends between two commits', () => {
  /** Ten rows, six of which the city has, which no commit knows. */
  async function toldBetweenCommits(ways: Ways = {}): Promise<Platforms> {
    const platforms = await Platforms.open(ways);
    platforms.append('a', 10);
    await platforms.wait();
    const rows = await leaseAny(platforms.outbox, 'city', 6);
    platforms.tell('city', rows);
    platforms.outbox.acknowledge('city', idsOf(rows));
    return platforms;
  }

  const backlogOf = async ({ outbox }: Platforms) => (await outbox.stats()).backlog;

  it('tells nothing again that was acknowledged, where only the program ended', async () => {
    const platforms = await toldBetweenCommits();
    await platforms.kill();
    expect(await backlogOf(platforms)).toEqual({ city: 4, region: 10 });
    expect(existsSync(placeOfSlate(platforms.path, platforms.memoryDirectory) ?? '')).toBe(false);
    await platforms.kill();
    expect(await backlogOf(platforms), 'it was made durable at once').toEqual({ city: 4, region: 10 });
    const rows = await leaseAny(platforms.outbox, 'city', 100);
    expect(rows.map(({ sequence }) => sequence)).toEqual([7, 8, 9, 10]);
    platforms.outbox.release('city');
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });

  it('tells it again, and loses nothing, after a power cut', async () => {
    const platforms = await toldBetweenCommits();
    await platforms.crash();
    expect(await backlogOf(platforms)).toEqual({ city: 10, region: 10 });
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });

  it('tells again what was refused, as the loss was not durable either', async () => {
    const platforms = await toldBetweenCommits();
    const rows = await leaseAny(platforms.outbox, 'city', 2);
    void platforms.outbox.refuse('city', rows).catch(() => undefined);
    await platforms.kill();
    expect((await backlogOf(platforms))['city']).toBe(4);
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });

  it('says nothing of rows that were told before they were kept: others get their ids', async () => {
    const platforms = await Platforms.open({ durability: 'after-ack' });
    platforms.append('a', 6);
    const rows = await leaseAny(platforms.outbox, 'city', 6);
    platforms.tell('city', rows);
    platforms.outbox.acknowledge('city', idsOf(rows));
    await platforms.kill();
    platforms.append('a', 6);
    await platforms.wait();
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.values('city')).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
    await platforms.outbox.close();
  });

  it('does not believe what speaks of rows that the file has never had', async () => {
    const platforms = await toldBetweenCommits();
    const { epoch } = platforms.outbox;
    const place = placeOfSlate(platforms.path, platforms.memoryDirectory) ?? '';
    new Slate(place, { epoch, runId: 1 }).note('city', [range(1), range(11)]);
    await platforms.kill();
    expect(await backlogOf(platforms)).toEqual({ city: 10, region: 10 });
    await platforms.outbox.close();
  });
});
