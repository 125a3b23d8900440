import { expect, it } from 'vitest';
import { busEntry, storeEntry } from '../../src/health/events.ts';
import { BusError } from '../../src/model/errors.ts';
import type { StoreEvent } from '../../src/store/outbox.ts';

it.each<[StoreEvent, string, string, RegExp]>([
  [{ event: 'dropped', count: 250, priority: 'low' }, 'warning', 'outbox-dropped', /250 observations .* declared lost/],
  [{ event: 'disk-full' }, 'error', 'disk-full', /df/],
  [{ event: 'disk-has-room' }, 'notice', 'disk-has-room', /room again/],
  [{ event: 'read-only', reason: 'EROFS' }, 'error', 'disk-read-only', /\(EROFS\): .* in memory only/],
  [{ event: 'writable' }, 'notice', 'disk-writable', /kept/],
  [{ event: 'clock-known', rows: 12, byMs: 61_000 }, 'notice', 'times-corrected', /12 observations .* 61 s/],
])('what happens to the store is said: %o', (event, level, code, text) => {
  const [saidLevel, saidCode, message] = storeEntry(event);
  expect([saidLevel, saidCode]).toEqual([level, code]);
  expect(message).toMatch(text);
});

it('what befalls a bus is said of the bus, once for all of its parts', () => {
  const error = new BusError('/dev/ttyUSB0 is gone: unplugged');
  expect(busEntry({ event: 'bus-fault', bus: 'cellar', error })).toEqual([
    'error',
    'bus-fault',
    'cellar: /dev/ttyUSB0 is gone: unplugged; none of its parts is read, trying again',
    { bus: 'cellar' },
  ]);
  expect(busEntry({ event: 'bus-healed', bus: 'cellar', forMs: 61_400 })).toEqual([
    'notice',
    'bus-healed',
    'cellar works again after 61 s',
    { bus: 'cellar', seconds: 61 },
  ]);
});
