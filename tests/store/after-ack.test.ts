import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { idsOf, leaseNow } from '../support/leasing.ts';
import { Platforms } from '../support/platforms.ts';

const ways = { uplinks: ['city'], durability: 'after-ack' } as const;

/** Tells what comes, at once, as a platform does that answers. */
async function tellLive(platforms: Platforms, uplink = 'city'): Promise<void> {
  for (;;) {
    const rows = await leaseNow(platforms.outbox, uplink, 'live', 500);
    if (rows.length === 0) return;
    platforms.tell(uplink, rows);
    platforms.outbox.acknowledge(uplink, idsOf(rows));
  }
}

describe('an outbox that tells first', () => {
  it('writes nothing while the platform answers in time', async () => {
    const platforms = await Platforms.open(ways);
    platforms.append('a', 1);
    await platforms.wait();
    await platforms.drain('city');
    await platforms.wait();
    const log = () => readFileSync(`${platforms.path}-wal`);
    const before = log();
    for (let round = 0; round < 20; round += 1) {
      platforms.append('a', 50);
      await tellLive(platforms);
      await platforms.wait();
    }
    expect(platforms.kept.size, 'appends resolve all the same').toBe(1001);
    expect(log().equals(before)).toBe(true);
    expect((await platforms.outbox.stats()).heads).toEqual({ a: 1001 });
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });

  it('keeps after a period what not everybody has', async () => {
    const platforms = await Platforms.open({ ...ways, uplinks: ['city', 'region'] });
    platforms.append('a', 30);
    await platforms.wait();
    platforms.append('a', 30);
    await tellLive(platforms);
    await platforms.wait(10);
    expect(platforms.kept.size).toBe(30);
    await platforms.wait(3000);
    expect(platforms.kept.size).toBe(60);
    await platforms.crash();
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.values('region').size).toBe(60);
    await platforms.outbox.close();
  });

  it('after a power cut declares what it may have used, and goes on above it; after a stop it wastes none', async () => {
    const platforms = await Platforms.open(ways);
    platforms.append('a', 5);
    await platforms.wait();
    await platforms.drain('city');
    await platforms.restart();
    platforms.append('a', 5);
    await tellLive(platforms);
    expect((await platforms.outbox.stats()).heads).toEqual({ a: 10 });
    await platforms.crash();
    platforms.append('a', 1);
    expect(await platforms.verdicts()).toEqual([]);
    const { heads } = await platforms.outbox.stats();
    expect(heads['a']).toBeGreaterThan(10_000);
    expect(new Set(platforms.losses('city').map(({ reason }) => reason))).toEqual(new Set(['unclean']));
    await platforms.restart();
    platforms.append('a', 1);
    await platforms.wait();
    expect((await platforms.outbox.stats()).heads).toEqual({ a: (heads['a'] ?? 0) + 1 });
    await platforms.outbox.close();
  });

  it('never tells a number that a power cut could make it use again, in the first second of a device either', async () => {
    const platforms = await Platforms.open(ways);
    platforms.append('a', 5);
    const rows = await leaseNow(platforms.outbox, 'city', 'live', 500);
    platforms.tell('city', rows);
    await platforms.crash();
    platforms.append('a', 20);
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });

  it('keeps an alert at once, whether anybody has it or not', async () => {
    const platforms = await Platforms.open(ways);
    platforms.append('a', 3);
    platforms.append('a', 1, { priority: 'alert' });
    await platforms.wait(0);
    expect(platforms.kept.size).toBe(4);
    await platforms.outbox.close();
  });
});
