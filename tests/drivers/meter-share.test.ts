import { describe, expect, it } from 'vitest';
import type { Quantity } from '../../src/driver-kit.ts';
import { pipelineFor } from '../../src/pipeline/pipeline.ts';
import { ticks } from '../../src/sampling/schedule.ts';
import { registered } from '../support/drivers.ts';
import { bench } from '../support/simulated.ts';

const MINUTES = 5;
const PERIOD_MS = 2000;
const SHARE = { often: ['active_power'], restEvery: '60s' };
const METERS: readonly [string, object][] = [
  ['eastron-sdm', { model: 'sdm630' }],
  ['abb-b', { model: 'b23' }],
  ['schneider-iem3000', { model: 'iem3255' }],
  ['carlo-gavazzi-em', { model: 'em340' }],
  ['carlo-gavazzi-em', { model: 'em24' }],
  [
    'modbus',
    {
      registers: [
        { quantity: 'active_power', function: 4, address: 0, type: 'float32' },
        { quantity: 'voltage', function: 4, address: 40, type: 'float32' },
        { quantity: 'active_energy_import', function: 3, address: 0, type: 'float32' },
      ],
    },
  ],
];

/** How often each stream of a meter is told in some minutes of its own time. */
async function toldIn(minutes: number, part: string, options: object): Promise<Map<Quantity, number>> {
  const { driver, simulation } = registered(part);
  const { sensor, clock, settle, end } = bench(driver, await simulation(), options);
  if (!('poll' in sensor)) throw new TypeError(`${part} is not asked`);
  await settle(sensor.start());
  const observationsOf = pipelineFor('meter', {});
  const told = new Map<Quantity, number>();
  const over = new AbortController();
  const measuring = (async () => {
    for await (const _ of ticks(clock, PERIOD_MS, over.signal)) {
      const instant = { at: clock.now(), uptimeMs: clock.uptimeMs(), clock: 'ntp' } as const;
      const observations = observationsOf({ sample: await sensor.poll(), instant, isWarmingUp: false });
      for (const { quantity } of observations.flatMap(({ readings }) => readings)) {
        told.set(quantity, (told.get(quantity) ?? 0) + 1);
      }
    }
  })();
  await clock.advance(minutes * 60_000 - 1);
  over.abort();
  await settle(measuring);
  await end();
  return told;
}

describe.each(METERS)('%s %j', (part, options) => {
  it('reads the power at every period and everything else once a minute', { timeout: 60_000 }, async () => {
    const all = await toldIn(0.1, part, options);
    const { active_power: power, ...rest } = Object.fromEntries(await toldIn(MINUTES, part, { ...options, ...SHARE }));
    expect(power).toBe((MINUTES * 60_000) / PERIOD_MS);
    expect(Object.keys(rest)).toHaveLength(all.size - 1);
    // Once at the start, then once in each minute; the last is due when the time is over.
    for (const [quantity, count] of Object.entries(rest)) {
      expect(count, quantity).toBeGreaterThanOrEqual(MINUTES);
      expect(count, quantity).toBeLessThanOrEqual(MINUTES + 1);
    }
  });
});
