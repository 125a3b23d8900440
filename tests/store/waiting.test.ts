import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { openSqliteOutbox, type SqliteOutboxOptions } from '../../src/store/sqlite-outbox.ts';
import { idsOf } from '../support/leasing.ts';
import { observation } from '../support/observations.ts';
import { Platforms } from '../support/platforms.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const clock = systemClock(() => 'ntp');
const never = new AbortController().signal;
const NOON = Date.UTC(2026, 10, 23, 12);
const at = (minute: number) => NOON + minute * 60_000;

const sqlite = (path: string, options: Partial<SqliteOutboxOptions> = {}) =>
  openSqliteOutbox({ path, commitMs: 1, uplinks: ['city', 'region'], bootId: 'boot', clock, ...options });

const kinds = {
  sqlite: () => sqlite(join(temporaryDirectory(), 'outbox.db')),
  memory: async (): Promise<Outbox> => new MemoryOutbox(['city', 'region']),
};

const waitingOf = async (outbox: Outbox) => (await outbox.stats()).waiting;

describe.each(Object.entries(kinds))('what waits in an outbox (%s)', (_, open) => {
  it('is known by lane and uplink, with the time of the oldest', async () => {
    const outbox = await open();
    expect(await waitingOf(outbox)).toEqual({
      city: { alert: 0, live: 0, backlog: 0 },
      region: { alert: 0, live: 0, backlog: 0 },
    });
    for (const minute of [1, 2, 3]) await outbox.append(observation('a', minute, at(minute)));
    const [first] = await outbox.lease('city', 'backlog', 1, never);
    await outbox.append(observation('a', 4, at(4)));
    await outbox.append({ ...observation('a', 5, at(5)), priority: 'alert' });
    expect(await waitingOf(outbox)).toEqual({
      city: { alert: 1, live: 1, backlog: 3, oldestAt: at(1) },
      region: { alert: 1, live: 0, backlog: 4, oldestAt: at(1) },
    });
    outbox.acknowledge('city', [first?.id ?? 0]);
    expect(await waitingOf(outbox)).toMatchObject({
      city: { backlog: 2, oldestAt: at(2) },
      region: { oldestAt: at(1) },
    });
    const alerts = await outbox.lease('city', 'alert', 9, never);
    outbox.acknowledge('city', idsOf(alerts));
    const rest = await outbox.lease('city', 'backlog', 9, never);
    outbox.acknowledge('city', idsOf(rest));
    expect(await waitingOf(outbox)).toMatchObject({ city: { alert: 0, live: 1, backlog: 0, oldestAt: at(4) } });
    await outbox.close();
  });

  it('adds up to the backlog', async () => {
    const outbox = await open();
    for (const minute of [1, 2, 3, 4]) {
      await outbox.append({ ...observation('a', minute, at(minute)), ...(minute % 2 ? { priority: 'alert' } : {}) });
    }
    const { waiting, backlog } = await outbox.stats();
    for (const [uplink, { alert, live, backlog: old }] of Object.entries(waiting)) {
      expect(alert + live + old).toBe(backlog[uplink]);
    }
    await outbox.close();
  });

  it('counts what was declared lost, and why', async () => {
    const outbox = await open();
    for (const minute of [1, 2, 3]) await outbox.append(observation('a', minute, at(minute)));
    expect((await outbox.stats()).losses).toEqual([]);
    await outbox.refuse('city', await outbox.lease('city', 'backlog', 2, never));
    const instant = { at: NOON, uptimeMs: 0, clock: 'ntp' } as const;
    await outbox.declareLoss({ device: 'a', instant, lost: [{ from: 1, to: 5, reason: 'operator' }] });
    expect((await outbox.stats()).losses).toEqual([
      { reason: 'refused', count: 2 },
      { reason: 'operator', count: 5 },
    ]);
    await outbox.close();
  });
});

describe('an outbox in SQLite', () => {
  it('finds the oldest in the file after a restart, and past what every uplink has had', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const first = await sqlite(path);
    for (const minute of [1, 2, 3]) await first.append(observation('a', minute, at(minute)));
    for (const uplink of ['city', 'region']) {
      first.acknowledge(uplink, idsOf(await first.lease(uplink, 'backlog', 1, never)));
    }
    await first.close();
    const second = await sqlite(path);
    expect(await waitingOf(second)).toMatchObject({
      city: { backlog: 2, oldestAt: at(2) },
      region: { oldestAt: at(2) },
    });
    await second.close();
  });

  it('says how full it is, and what went to make room', async () => {
    const quotaBytes = 1024 * 1024;
    const platforms = await Platforms.open({ quotaBytes, uplinks: ['city'] }, { devices: ['low', 'mid'] });
    expect(await platforms.outbox.stats()).toMatchObject({ quotaBytes, losses: [] });
    const filled = async () => (await platforms.outbox.stats()).filled ?? 0;
    const before = await filled();
    platforms.append('low', 100, { text: 1000, priority: 'low' });
    await platforms.wait();
    expect(await filled()).toBeGreaterThan(before);
    const oldest = async () => (await waitingOf(platforms.outbox))['city']?.oldestAt ?? 0;
    const first = await oldest();
    expect(first).toBeGreaterThan(0);
    for (let round = 0; round < 20; round += 1) {
      platforms.append('mid', 60, { text: 1000 });
      await platforms.wait();
    }
    const { losses } = await platforms.outbox.stats();
    const dropped = platforms.events.flatMap((event) => (event.event === 'dropped' ? event.count : []));
    expect(losses.every(({ reason }) => reason === 'quota')).toBe(true);
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(dropped.reduce((sum, count) => sum + count, 0));
    expect(losses.map(({ priority }) => priority)).toContain('low');
    expect(await filled()).toBeGreaterThan(0.7);
    expect(await oldest(), 'what was dropped does not wait any more').toBeGreaterThan(first);
    await platforms.outbox.close();
  });

  it('names no quota where there is none', async () => {
    const outbox = await sqlite(join(temporaryDirectory(), 'outbox.db'));
    const stats = await outbox.stats();
    expect([stats.quotaBytes, stats.filled]).toEqual([undefined, undefined]);
    await outbox.close();
  });
});
