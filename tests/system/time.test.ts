import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { demoConfig, startVillage, type Village } from '../support/village.ts';

const HOUR_MS = 3_600_000;
const SLOW_TEST_MS = 60_000;

function observations({ uplink }: Village, device: string): FeedObservation[] {
  return uplink.seen
    .flatMap(single)
    .filter(({ topic }) => topic.endsWith(`/${device}/obs`))
    .map(({ payload }) => JSON.parse(payload) as FeedObservation)
    .toSorted((a, b) => a.seq - b.seq);
}

const timesOf = (village: Village, device: string) => observations(village, device).map(({ t }) => Date.parse(t));

/** The times between one observation and the next, without the milliseconds that a conversation may take more or less. */
const beatsOf = (times: readonly number[]) =>
  times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 100) * 100);

describe('a village whose clock is set while it runs', () => {
  it.each([
    ['an hour forwards', HOUR_MS],
    ['an hour back', -HOUR_MS],
    ['from 1970', Date.UTC(2026, 10, 23) - Date.UTC(1970, 0, 1)],
  ])(
    'keeps its beat and its numbers: %s',
    async (_, byMs) => {
      const start = byMs > 2 * HOUR_MS ? Date.UTC(1970, 0, 1) : Date.UTC(2026, 10, 23);
      const village = await startVillage(demoConfig(), { clock: new VirtualClock(start) });
      await village.clock.advance(10 * 60_000);
      village.clock.step(byMs);
      await village.clock.advance(10 * 60_000);
      await village.stop();

      const times = timesOf(village, 'hall-air');
      // Every 2 s over 20 min; the last one or two may still be on their way when the village stops.
      expect(times.length).toBeGreaterThanOrEqual(598);
      expect(times.length).toBeLessThanOrEqual(602);
      const beats = new Set(beatsOf(times));
      expect(beats).toEqual(new Set([2000, 2000 + byMs]));
      expect(judged(village.uplink.seen)).toEqual([]);
      expect(village.logged.filter(({ code }) => code === 'device-fault')).toEqual([]);
    },
    SLOW_TEST_MS,
  );
});

describe('a village where the clocks go back or forwards for summer', () => {
  const zone = process.env['TZ'];
  beforeEach(() => {
    process.env['TZ'] = 'Europe/Amsterdam';
  });
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each([
    ['forwards', Date.UTC(2027, 2, 28, 0, 45), 60],
    ['back', Date.UTC(2026, 9, 25, 0, 45), -60],
  ])(
    'does not notice that they go %s',
    async (_, start, minutes) => {
      const zoneAt = (at: number) => -new Date(at).getTimezoneOffset();
      expect(zoneAt(start + HOUR_MS / 2) - zoneAt(start), 'the clocks change meanwhile').toBe(minutes);
      const village = await startVillage(demoConfig(), { clock: new VirtualClock(start) });
      await village.clock.advance(HOUR_MS / 2);
      await village.stop();

      expect(new Set(beatsOf(timesOf(village, 'hall-air')))).toEqual(new Set([2000]));
      expect(new Set(beatsOf(timesOf(village, 'school-water')))).toEqual(new Set([5000]));
      // The meter's own times are local, with a letter for summer and winter; the gas is told every five minutes.
      const gas = observations(village, 'hall-meter').filter(({ obs }) => obs.some(({ n }) => n === 'gas_volume'));
      expect(new Set(beatsOf(gas.map(({ t }) => Date.parse(t))))).toEqual(new Set([300_000]));
      expect(judged(village.uplink.seen)).toEqual([]);
    },
    SLOW_TEST_MS,
  );
});

describe('a village that starts before its clock is known', () => {
  it(
    'waits with its observations, and tells them with right times once it is',
    async () => {
      const clock = new VirtualClock(Date.UTC(1970, 0, 1));
      clock.clockState = 'unsynced';
      const path = join(temporaryDirectory(), 'outbox.db');
      const outbox = await openSqliteOutbox({
        path,
        commitMs: 1000,
        uplinks: ['city'],
        bootId: 'boot',
        clock,
        clockWaitMs: HOUR_MS,
      });
      const village = await startVillage(demoConfig(), { clock, outbox });
      await clock.advance(5 * 60_000);
      expect(observations(village, 'hall-air')).toEqual([]);

      const now = Date.UTC(2026, 10, 23, 12);
      clock.step(now - clock.now());
      clock.clockState = 'ntp';
      await clock.advance(60_000);
      while (((await outbox.stats()).backlog['city'] ?? 0) > 20) await clock.advance(1000);
      await village.stop();

      const told = observations(village, 'hall-air');
      expect(new Set(told.map(({ clk }) => clk))).toEqual(new Set(['ntp']));
      const times = timesOf(village, 'hall-air');
      expect(times[0]).toBeGreaterThanOrEqual(now - 5 * 60_000);
      expect(times[0]).toBeLessThan(now - 5 * 60_000 + 2000);
      expect(new Set(beatsOf(times))).toEqual(new Set([2000]));
      expect(judged(village.uplink.seen)).toEqual([]);
    },
    SLOW_TEST_MS,
  );
});
