import { describe, expect, it } from 'vitest';
import { idsOf, leaseAny, leaseNow } from '../support/leasing.ts';
import { Platforms } from '../support/platforms.ts';

const KIB = 1024;
const quotaBytes = 1024 * KIB;

describe('an outbox with a quota', () => {
  it('never passes it, though one platform is away; both can account for every number', async () => {
    const platforms = await Platforms.open({ quotaBytes });
    let mostBytes = 0;
    for (let round = 0; round < 24; round += 1) {
      platforms.append('a', 50, { text: 1000 });
      platforms.append('b', 10, { text: 1000 });
      await platforms.wait();
      mostBytes = Math.max(mostBytes, platforms.sizeBytes);
      if (round % 3 === 0) await platforms.drain('city');
      if (round % 10 === 9) await platforms.crash();
    }
    expect(mostBytes).toBeLessThanOrEqual(quotaBytes);
    expect(mostBytes, 'it was put to use').toBeGreaterThan(quotaBytes / 2);
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.lost('region', 'quota')).toBeGreaterThan(300);
    expect(platforms.lost('city')).toBeLessThan(platforms.lost('region') / 4);
    expect(platforms.events.some(({ event }) => event === 'dropped')).toBe(true);
    await platforms.outbox.close();
  });

  it('drops the low before the normal, and the high last of all', async () => {
    const platforms = await Platforms.open({ quotaBytes, uplinks: ['city'] }, { devices: ['low', 'mid', 'high'] });
    platforms.append('high', 60, { text: 1000, priority: 'high' });
    for (let round = 0; round < 20; round += 1) {
      platforms.append('low', 30, { text: 1000, priority: 'low' });
      platforms.append('mid', 30, { text: 1000 });
      await platforms.wait();
    }
    expect(await platforms.verdicts()).toEqual([]);
    const numbers = (device: string) =>
      platforms.told['city']?.filter(({ topic }) => topic.endsWith(`/${device}/obs`)).length ?? 0;
    expect(numbers('high')).toBe(60);
    expect(numbers('mid')).toBeGreaterThan(numbers('low'));
    expect(numbers('mid')).toBeGreaterThan(200);
    expect(platforms.sizeBytes).toBeLessThanOrEqual(quotaBytes);
    await platforms.outbox.close();
  });

  it('calls unclean what may have arrived, and never drops what is being told', async () => {
    const platforms = await Platforms.open({ quotaBytes, uplinks: ['city'] });
    platforms.append('a', 20);
    await platforms.wait();
    const unanswered = await leaseNow(platforms.outbox, 'city', 'backlog', 10);
    platforms.tell('city', unanswered);
    platforms.outbox.release('city');
    const leased = await leaseNow(platforms.outbox, 'city', 'backlog', 5);
    for (let round = 0; round < 20; round += 1) {
      platforms.append('b', 60, { text: 1000 });
      await platforms.wait();
    }
    platforms.tell('city', leased);
    platforms.outbox.acknowledge('city', idsOf(leased));
    expect(await platforms.verdicts()).toEqual([]);
    const lost = platforms.losses('city').filter(({ reason }) => reason === 'unclean');
    expect(lost).toEqual([{ from: 6, to: 10, reason: 'unclean' }]);
    await platforms.outbox.close();
  });

  it('knows after a power cut what may have been sent, though it had no time to note it row by row', async () => {
    const platforms = await Platforms.open({ quotaBytes, uplinks: ['city'] });
    platforms.append('a', 10);
    await platforms.wait();
    platforms.tell('city', await leaseNow(platforms.outbox, 'city', 'backlog', 10));
    await platforms.crash();
    for (let round = 0; round < 20; round += 1) {
      platforms.append('b', 60, { text: 1000 });
      await platforms.wait();
    }
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.losses('city')).toContainEqual({ from: 1, to: 10, reason: 'unclean' });
    await platforms.outbox.close();
  });

  it('thins a backlog before it drops any of it entirely', async () => {
    const platforms = await Platforms.open({ quotaBytes, uplinks: ['city'], thinning: 4 });
    for (let round = 0; round < 14; round += 1) {
      platforms.append('a', 60, { text: 1000 });
      await platforms.wait();
    }
    expect(await platforms.verdicts()).toEqual([]);
    const told = platforms.told['city']?.filter(({ topic }) => topic.endsWith('/obs')) ?? [];
    const first = told.slice(0, 50).map(({ payload }) => (JSON.parse(payload) as { seq: number }).seq);
    expect(first).toEqual(Array.from({ length: 50 }, (_, index) => (index + 1) * 4));
    await platforms.outbox.close();
  });

  it('takes what everybody has first, without a word', async () => {
    const platforms = await Platforms.open({ quotaBytes });
    for (let round = 0; round < 16; round += 1) {
      platforms.append('a', 60, { text: 1000 });
      await platforms.wait();
      await platforms.drain('city');
      await platforms.drain('region');
    }
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.events).toEqual([]);
    expect(platforms.sizeBytes).toBeLessThanOrEqual(quotaBytes);
    await platforms.outbox.close();
  });

  it('one that is lowered while the outbox is full takes effect', async () => {
    const platforms = await Platforms.open({ uplinks: ['city'] });
    for (let round = 0; round < 5; round += 1) {
      platforms.append('a', 300, { text: 1000 });
      await platforms.wait();
    }
    const before = platforms.sizeBytes;
    await platforms.restart({ uplinks: ['city'], quotaBytes });
    for (let round = 0; round < 10; round += 1) {
      platforms.append('a', 10, { text: 1000 });
      await platforms.wait();
    }
    expect(before).toBeGreaterThan(quotaBytes);
    const rows = (await platforms.outbox.stats()).rows;
    expect(rows * 1000).toBeLessThan(quotaBytes);
    expect(await platforms.verdicts()).toEqual([]);
    await platforms.outbox.close();
  });
});

describe('a new uplink', () => {
  it('is told what is still here; what is gone is declared to it alone', async () => {
    const platforms = await Platforms.open({ uplinks: ['city'] });
    platforms.append('a', 800);
    await platforms.wait();
    const rows = (await leaseAny(platforms.outbox, 'city', 700)).slice(0, 600);
    platforms.tell('city', rows);
    platforms.outbox.acknowledge('city', idsOf(rows));
    await platforms.wait();
    await platforms.crash({ uplinks: ['city', 'late'] });
    await platforms.crash();
    expect(await platforms.verdicts()).toEqual([]);
    expect(platforms.losses('late')).toEqual([{ from: 1, to: 600, reason: 'operator' }]);
    expect(platforms.losses('city')).toEqual([]);
    await platforms.outbox.close();
  });
});
