import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { LostFor } from '../../src/model/loss.ts';
import type { Priority } from '../../src/model/observation.ts';
import { Cursor, newCursor } from '../../src/store/cursor.ts';
import { Cursors } from '../../src/store/cursors.ts';
import { Keeper } from '../../src/store/keeper.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { newRow } from '../../src/store/new-row.ts';
import type { StoreEvent } from '../../src/store/outbox.ts';
import { Recent } from '../../src/store/recent.ts';
import { observation } from '../support/observations.ts';

it('What waits for a disk that takes nothing is bounded: the lowest and oldest become losses, which wait in their place.', async () => {
  const events: StoreEvent[] = [];
  const cursors = new Cursors(new Map([['city', new Cursor(newCursor, 0)]]), 1);
  const keeper = new Keeper({
    clock: new VirtualClock(),
    ledger: new Ledger('epoch', []),
    cursors,
    recent: new Recent(),
    isAfterAck: false,
    clockWait: { timed: (row) => row, note: () => undefined },
    report: (event) => events.push(event),
    ask: () => undefined,
  });
  const resolved = new Set<string>();
  const keep = (device: string, value: number, priority: Priority) =>
    keeper.keep(newRow({ ...observation(device, value), priority })).then(() => resolved.add(`${device}${value}`));
  for (let n = 1; n <= 30_000; n += 1) void keep(n % 3 === 0 ? 'low' : 'mid', n, n % 3 === 0 ? 'low' : 'normal');
  expect(keeper.pending.length).toBeLessThanOrEqual(20_000);
  expect(events.every((event) => event.event === 'dropped' && event.priority !== 'high')).toBe(true);

  const held = keeper.pending.all.map(({ row }) => row);
  const kept = { low: new Set<number>(), mid: new Set<number>() };
  for (const { kind, device, sequence, content } of held) {
    const numbers = kept[device as 'low' | 'mid'];
    numbers.add(sequence);
    if (kind === 'observation') continue;
    for (const { from, to, reason } of JSON.parse(content) as LostFor[]) {
      expect(reason).toBe('quota');
      for (let number = from; number <= to; number += 1) numbers.add(number);
    }
  }
  const lows = held.filter(({ kind, device }) => kind === 'observation' && device === 'low').length;
  expect(lows, 'the low went first').toBeLessThan(1000);
  for (const device of ['low', 'mid'] as const) {
    const head = Math.max(...kept[device]);
    expect(kept[device].size, `every number of ${device} is there or declared`).toBe(head);
  }

  expect(resolved.size).toBe(0);
  keeper.stored(keeper.pending.all.slice());
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(resolved.size, 'durable, or durably declared').toBe(30_000);
  expect(keeper.leasableId).toBe(keeper.lastId);
});
