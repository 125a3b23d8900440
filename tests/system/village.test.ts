import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
    .map(({ payload }) => JSON.parse(payload) as FeedObservation);
}

const isFault = ({ obs }: FeedObservation) =>
  obs.every(({ v, q, why }) => v === null && q === 'fault' && why !== undefined);

describe('the demo village, in virtual time', () => {
  it(
    'tells everything it measured in an hour, each device at its own pace, every message by the schemas',
    async () => {
      const village = await startVillage(demoConfig());
      await village.clock.advance(HOUR_MS);
      await village.stop();
      expect(judged(village.uplink.seen)).toEqual([]);
      expect(village.logged.filter(({ code }) => code === 'device-fault')).toEqual([]);
      // Every 2 s over an hour; the last one or two may still be on their way when the village stops.
      for (const device of ['hall-air', 'school-air', 'square-weather']) {
        expect(observations(village, device).length).toBeGreaterThanOrEqual(1798);
        expect(observations(village, device).length).toBeLessThanOrEqual(1802);
      }
      const gas = observations(village, 'hall-meter').filter(({ obs }) => obs.some(({ n }) => n === 'gas_volume'));
      expect(gas.every(({ clk, obs }) => clk === 'rtc' && obs.length === 1)).toBe(true);
      // The gas meter says something new every five minutes.
      expect(gas.length).toBeGreaterThanOrEqual(12);
      expect(gas.length).toBeLessThanOrEqual(14);
    },
    SLOW_TEST_MS,
  );

  it(
    'goes on measuring while a part is gone, a line talks garbage and the platform is away; then tells all',
    async () => {
      const village = await startVillage(demoConfig());
      const { clock, hal, uplink } = village;
      await clock.advance(10 * 60_000);
      uplink.isAway = true;
      uplink.cut();
      hal.i2cBuses.get('hall-i2c')?.break(0x45, 'absent');
      hal.serialLines.get('hall-p1')?.break('corrupt');
      await clock.advance(15 * 60_000);
      hal.i2cBuses.get('hall-i2c')?.break(0x45, undefined);
      hal.serialLines.get('hall-p1')?.break(undefined);
      await clock.advance(15 * 60_000);
      uplink.isAway = false;
      await clock.advance(15 * 60_000);
      await village.stop();

      expect(judged(uplink.seen)).toEqual([]);
      expect((await village.outbox.stats()).backlog).toEqual({ city: 0 });
      // The neighbour on the same bus has lost nothing: 55 minutes, one every 2 s.
      expect(observations(village, 'hall-air').filter(isFault)).toEqual([]);
      expect(observations(village, 'hall-air').length).toBeGreaterThanOrEqual(1648);
      for (const device of ['school-air', 'hall-meter']) {
        const faults = observations(village, device).filter(isFault);
        expect(faults.length, device).toBeGreaterThan(50);
        const told = village.logged.filter(({ fields }) => fields['device'] === device).map(({ code }) => code);
        expect(told.filter((code) => code === 'device-fault').length, device).toBe(1);
        expect(told.filter((code) => code === 'device-healed').length, device).toBe(1);
      }
    },
    SLOW_TEST_MS,
  );

  it('keeps what could not be told, and tells it after the next start', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const open = (clock: VirtualClock) =>
      openSqliteOutbox({ path, commitMs: 1000, uplinks: ['city'], bootId: 'boot', clock });
    const clock = new VirtualClock();
    const first = await startVillage(demoConfig(), { clock, outbox: await open(clock) });
    first.uplink.isAway = true;
    first.uplink.cut();
    await first.clock.advance(60_000);
    await first.stop();

    const later = new VirtualClock(clock.now());
    const second = await startVillage(demoConfig(), { clock: later, outbox: await open(later) });
    const { heads } = await second.outbox.stats();
    expect(heads['hall-air']).toBeGreaterThanOrEqual(29);
    while (((await second.outbox.stats()).backlog['city'] ?? 0) > 0) await later.advance(100);
    await second.stop();
    const seen = [...first.uplink.seen, ...second.uplink.seen];
    expect(judged(seen)).toEqual([]);
    expect(observations(second, 'hall-air').map(({ seq }) => seq)).toContain(
      1 + observations(first, 'hall-air').length,
    );
  });
});
