import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import type { Outbox, Row } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { copyWhileOpen } from '../support/damage.ts';
import { idsOf } from '../support/leasing.ts';
import { observation } from '../support/observations.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const clock = systemClock(() => 'ntp');
const sequences = (rows: readonly Row[]) => rows.map(({ sequence }) => sequence);
const never = new AbortController().signal;

function sqlite(path: string, uplinks: readonly string[] = ['city', 'region'], commitMs = 10): Promise<Outbox> {
  return openSqliteOutbox({ path, commitMs, uplinks, bootId: 'boot', clock });
}

const kinds = {
  sqlite: () => sqlite(join(temporaryDirectory(), 'outbox.db')),
  memory: async (): Promise<Outbox> => new MemoryOutbox(['city', 'region']),
};

describe.each(Object.entries(kinds))('every outbox (%s)', (_, open) => {
  it('numbers each device’s observations 1, 2, 3 … in the order of the calls', async () => {
    const outbox = await open();
    await Promise.all(
      [1, 2, 3].flatMap((n) => [outbox.append(observation('a', n)), outbox.append(observation('b', n))]),
    );
    const rows = await outbox.lease('city', 'backlog', 100, never);
    expect(rows.map(({ device, sequence }) => `${device}${sequence}`)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    expect(rows[4]?.content).toBe('[{"n":"air_temperature","v":3,"u":"Cel","q":"ok"}]');
    expect((await outbox.stats()).heads).toEqual({ a: 3, b: 3 });
    await outbox.close();
  });

  it('leases to each uplink on its own, and nothing twice', async () => {
    const outbox = await open();
    await Promise.all([1, 2, 3].map((n) => outbox.append(observation('a', n))));
    const first = await outbox.lease('city', 'backlog', 2, never);
    const second = await outbox.lease('city', 'backlog', 2, never);
    expect([...first, ...second].map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect((await outbox.lease('region', 'backlog', 9, never)).length).toBe(3);
    await outbox.close();
  });

  it('waits for the next row where there is none, and can be told to stop waiting', async () => {
    const outbox = await open();
    const stop = new AbortController();
    const waiting = outbox.lease('city', 'live', 1, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const next = outbox.lease('city', 'live', 1, never);
    await outbox.append(observation('a', 1));
    expect((await next).length).toBe(1);
    await outbox.close();
  });

  it('tells what comes in a session live, and what was there before beside it as backlog', async () => {
    const outbox = await open();
    await Promise.all([1, 2].map((n) => outbox.append(observation('a', n))));
    expect(sequences(await outbox.lease('city', 'backlog', 1, never))).toEqual([1]);
    await Promise.all([3, 4].map((n) => outbox.append(observation('a', n))));
    expect(sequences(await outbox.lease('city', 'live', 1, never))).toEqual([3]);
    expect(sequences(await outbox.lease('city', 'backlog', 9, never))).toEqual([2]);
    expect(sequences(await outbox.lease('city', 'live', 9, never))).toEqual([4]);
    outbox.release('city');
    expect(sequences(await outbox.lease('city', 'backlog', 9, never)), 'a new session').toEqual([1, 2, 3, 4]);
    await outbox.close();
  });

  it('tells an alert before all others, and only once', async () => {
    const outbox = await open();
    await outbox.append(observation('a', 1));
    await outbox.append({ ...observation('a', 2), priority: 'alert' });
    await outbox.append(observation('a', 3));
    expect(sequences(await outbox.lease('city', 'alert', 9, never))).toEqual([2]);
    expect(sequences(await outbox.lease('city', 'backlog', 9, never))).toEqual([1, 3]);
    const next = outbox.lease('region', 'alert', 9, never);
    expect(sequences(await next)).toEqual([2]);
    await outbox.close();
  });

  it('leases again, as backlog, what was given back', async () => {
    const outbox = await open();
    await outbox.append(observation('a', 1));
    const [old] = await outbox.lease('city', 'backlog', 9, never);
    await Promise.all([outbox.append(observation('a', 2)), outbox.append(observation('a', 3))]);
    const live = await outbox.lease('city', 'live', 9, never);
    outbox.giveBack('city', [...idsOf(live).slice(0, 1), old?.id ?? 0]);
    expect(sequences(await outbox.lease('city', 'backlog', 9, never))).toEqual([1, 2]);
    outbox.acknowledge('city', idsOf(live).slice(1));
    expect((await outbox.stats()).backlog).toEqual({ city: 2, region: 3 });
    await outbox.close();
  });

  it('declares what a platform refuses lost to it, and to nobody else', async () => {
    const outbox = await open();
    await Promise.all([1, 2, 3].map((n) => outbox.append(observation('a', n))));
    const rows = await outbox.lease('city', 'backlog', 2, never);
    await outbox.refuse('city', rows);
    expect((await outbox.stats()).backlog).toEqual({ city: 2, region: 4 });
    outbox.release('city');
    const [third, loss] = await outbox.lease('city', 'backlog', 9, never);
    expect([third?.sequence, loss?.sequence, loss?.kind]).toEqual([3, 4, 'loss']);
    expect(JSON.parse(loss?.content ?? '')).toEqual([{ from: 1, to: 2, reason: 'refused' }]);
    const region = await outbox.lease('region', 'backlog', 9, never);
    expect(region.map(({ kind, content }) => (kind === 'loss' ? content : kind))).toEqual([
      'observation',
      'observation',
      'observation',
      '[]',
    ]);
    await outbox.close();
  });

  it('settles in any order, twice without harm, and leases again what was released', async () => {
    const outbox = await open();
    await Promise.all([1, 2, 3, 4].map((n) => outbox.append(observation('a', n))));
    const [first, second, third] = await outbox.lease('city', 'backlog', 4, never);
    if (!first || !second || !third) throw new Error('no rows');
    outbox.acknowledge('city', [third.id]);
    outbox.acknowledge('city', [first.id, first.id]);
    expect((await outbox.stats()).backlog).toEqual({ city: 2, region: 4 });
    outbox.release('city');
    const again = await outbox.lease('city', 'backlog', 9, never);
    expect(again.map(({ sequence }) => sequence)).toEqual([2, 4]);
    outbox.acknowledge('city', again.map(({ id }) => id).toReversed());
    expect((await outbox.stats()).backlog).toEqual({ city: 0, region: 4 });
    await outbox.close();
  });

  it('remembers for a device', async () => {
    const outbox = await open();
    expect(await outbox.memory('a').load()).toBeUndefined();
    await outbox.memory('a').save('42');
    expect(await outbox.memory('a').load()).toBe('42');
    expect(await outbox.memory('a', 'counters').load()).toBeUndefined();
    await outbox.memory('a', 'counters').save('43');
    expect(await outbox.memory('a', 'counters').load()).toBe('43');
    expect(await outbox.memory('a').load()).toBe('42');
    await outbox.close();
  });
});

describe('the SQLite outbox', () => {
  it('goes on after a restart: epoch, numbers, what is not settled, what was remembered', async () => {
    const path = join(temporaryDirectory(), 'deep', 'outbox.db');
    const before = await sqlite(path);
    expect(before.lastRun).toEqual({ wasClean: true });
    await before.memory('a').save('7');
    await before.memory('a', 'counters').save('8');
    await Promise.all([1, 2, 3].map((n) => before.append(observation('a', n, 1000 + n))));
    const [first] = await before.lease('city', 'backlog', 3, never);
    before.acknowledge('city', [first?.id ?? 0]);
    await before.close();

    const after = await sqlite(path);
    expect(after.epoch).toBe(before.epoch);
    expect(after.lastRun).toEqual({ wasClean: true, durableUntil: 1003 });
    expect(await after.memory('a').load()).toBe('7');
    expect(await after.memory('a', 'counters').load()).toBe('8');
    expect((await after.lease('city', 'backlog', 9, never)).map(({ sequence }) => sequence)).toEqual([2, 3]);
    await after.append(observation('a', 4));
    expect((await after.stats()).heads).toEqual({ a: 4 });
    await after.close();
  });

  it('never uses an id or a number twice, even when everything was settled and cleared away', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const before = await sqlite(path, ['city']);
    await Promise.all(Array.from({ length: 1200 }, (_, n) => before.append(observation('a', n % 80))));
    for (let settled = 0; settled < 1200; ) {
      const rows = await before.lease('city', 'backlog', 500, never);
      settled += rows.length;
      before.acknowledge(
        'city',
        rows.map(({ id }) => id),
      );
    }
    await before.close();
    const after = await sqlite(path, ['city']);
    expect((await after.stats()).rows).toBeLessThan(500);
    await after.append(observation('a', 5));
    const [row] = await after.lease('city', 'backlog', 9, never);
    expect(row).toMatchObject({ id: 1201, sequence: 1201 });
    await after.close();
  });

  it('gives back more rows than it keeps in memory, in order', async () => {
    const outbox = await sqlite(join(temporaryDirectory(), 'outbox.db'), ['city']);
    await Promise.all(Array.from({ length: 5000 }, (_, n) => outbox.append(observation('a', n % 80))));
    const told: number[] = [];
    while (told.length < 5000) {
      told.push(...(await outbox.lease('city', 'backlog', 700, never)).map(({ sequence }) => sequence));
    }
    expect(told).toEqual(Array.from({ length: 5000 }, (_, n) => n + 1));
    await outbox.close();
  });

  it('refuses a second gateway on the same file, in words', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const first = await sqlite(path);
    await expect(sqlite(path)).rejects.toMatchObject({ name: 'StoreError', message: /in use by another gateway/ });
    await first.close();
  });

  it('commits what comes after a pause at once, and then once per interval', async () => {
    const virtual = new VirtualClock();
    const path = join(temporaryDirectory(), 'outbox.db');
    const outbox = await openSqliteOutbox({ path, commitMs: 5000, uplinks: [], bootId: 'b', clock: virtual });
    const durable: string[] = [];
    const append = (name: string) => outbox.append(observation(name, 1)).then(() => durable.push(name));
    const first = append('first');
    await virtual.advance(0);
    await first;
    const second = append('second');
    await virtual.advance(4900);
    expect(durable).toEqual(['first']);
    await virtual.advance(200);
    await second;
    expect(durable).toEqual(['first', 'second']);
    await outbox.close();
  });

  it('does not look for ever for rows that a damaged file has lost', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const before = await sqlite(path);
    await Promise.all([1, 2, 3].map((n) => before.append(observation('a', n))));
    before.acknowledge(
      'city',
      (await before.lease('city', 'backlog', 9, never)).map(({ id }) => id),
    );
    await before.close();
    const { default: Database } = await import('better-sqlite3');
    const other = new Database(path);
    other.exec('DELETE FROM message WHERE id > 1');
    other.close();
    const after = await sqlite(path);
    expect((await after.lease('region', 'backlog', 9, never)).map(({ id }) => id)).toEqual([1]);
    const next = after.lease('region', 'live', 9, never);
    await after.append(observation('a', 4));
    expect((await next).map(({ id, sequence }) => [id, sequence])).toEqual([[4, 4]]);
    await after.close();
  });

  it('tells the next run that a run did not end cleanly', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const before = await sqlite(path);
    await before.append(observation('a', 1, 1001));
    const left = copyWhileOpen(path);
    await before.close();
    const after = await sqlite(left);
    expect(after.lastRun).toEqual({ wasClean: false, durableUntil: 1001 });
    expect(after.epoch).toBe(before.epoch);
    await after.close();
  });

  it('declares losses under the next number, in order with what is observed', async () => {
    const outbox = await sqlite(join(temporaryDirectory(), 'outbox.db'), ['city']);
    const { instant } = observation('a', 1);
    await outbox.append(observation('a', 1));
    await outbox.declareLoss({ device: 'a', instant, lost: [{ from: 1, to: 1, reason: 'operator' }] });
    await outbox.append(observation('a', 2));
    const told = (await outbox.lease('city', 'backlog', 9, never)).map(({ kind, sequence }) => `${kind} ${sequence}`);
    expect(told).toEqual(['observation 1', 'loss 2', 'observation 3']);
    outbox.release('city');
    await outbox.close();
  });
});
