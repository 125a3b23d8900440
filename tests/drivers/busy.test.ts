import { describe, expect, it } from 'vitest';
import { optionsOf } from '../support/drivers.ts';
import { drivers } from '../support/every-driver.ts';
import { bench } from '../support/simulated.ts';

const polled = drivers.flatMap(({ driver, simulation }) =>
  driver.bus === 'serial' && driver.busyMs ? [{ driver, busyMs: driver.busyMs, simulation }] : [],
);

describe('the time that a driver counts for one poll', () => {
  it('is counted of every part that shares a line', () => {
    const sharing = drivers.filter(({ driver }) => driver.bus === 'serial' && driver.addresses);
    expect(polled.map(({ driver }) => driver.part)).toEqual(sharing.map(({ driver }) => driver.part));
  });

  it.each(polled)('of $driver.part is less than its simulated part takes, and not much less', async (one) => {
    const { driver, busyMs } = one;
    const simulation = await one.simulation();
    for (const variant of simulation.variants ?? [{}]) {
      const { sensor, clock, settle, end } = bench(driver, simulation, variant);
      if (!('poll' in sensor)) throw new Error('it talks unasked');
      await settle(sensor.start());
      const beginMs = clock.uptimeMs();
      let endMs = beginMs;
      await settle(
        sensor.poll().then(() => {
          endMs = clock.uptimeMs();
        }),
      );
      const countedMs = busyMs(optionsOf(driver, variant), { baudRate: driver.line.baudRate, periodMs: 900_000 });
      expect(countedMs).toBeLessThanOrEqual(endMs - beginMs);
      expect(countedMs).toBeGreaterThan((endMs - beginMs) / 4);
      await end();
    }
  });
});
