import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LANES, type Lane, type Row } from '../../src/store/outbox.ts';
import { idsOf, leaseNow } from '../support/leasing.ts';
import { Platforms, type Ways } from '../support/platforms.ts';

/** Something that happens to an outbox. */
type Step = (platforms: Platforms) => Promise<void>;

const uplink = fc.constantFrom('city', 'region');
const lane: fc.Arbitrary<Lane> = fc.constantFrom(...LANES);

/** What becomes of leased rows: each way says what the platform has had of them, and tells the outbox. */
const fates: Readonly<Record<string, (platforms: Platforms, name: string, rows: readonly Row[]) => Promise<unknown>>> =
  {
    taken: async (platforms, name, rows) => {
      platforms.tell(name, rows);
      platforms.outbox.acknowledge(name, idsOf(rows).toReversed());
    },
    'every second answered': async (platforms, name, rows) => {
      platforms.tell(name, rows);
      platforms.outbox.acknowledge(
        name,
        idsOf(rows).filter((_, index) => index % 2 === 0),
      );
    },
    unanswered: async (platforms, name, rows) => platforms.tell(name, rows),
    'never sent': async () => undefined,
    'given back': async (platforms, name, rows) => platforms.outbox.giveBack(name, idsOf(rows)),
    refused: async (platforms, name, rows) => {
      const refused = platforms.outbox.refuse(name, rows).catch(() => undefined);
      await Promise.race([refused, platforms.wait()]);
    },
  };

const append = fc
  .record({
    device: fc.constantFrom('a', 'b'),
    count: fc.integer({ min: 1, max: 30 }),
    priority: fc.constantFrom('low', 'normal', 'high', 'alert'),
  })
  .map(({ device, count, priority }) => ({
    name: `append ${count} ${priority} of ${device}`,
    run: (async (platforms) => platforms.append(device, count, { priority, text: 20 })) as Step,
  }));
const flood = fc.constantFrom('a', 'b').map((device) => ({
  name: `flood ${device}`,
  run: (async (platforms) => {
    platforms.append(device, 120, { text: 1200 });
    await platforms.wait();
  }) as Step,
}));
const tell = fc
  .record({ uplink, lane, limit: fc.integer({ min: 1, max: 60 }), fate: fc.constantFrom(...Object.keys(fates)) })
  .map(({ uplink, lane, limit, fate }) => ({
    name: `${uplink} ${lane} ${limit} ${fate}`,
    run: (async (platforms) => {
      const rows = await leaseNow(platforms.outbox, uplink, lane, limit);
      if (rows.length > 0) await fates[fate]?.(platforms, uplink, rows);
    }) as Step,
  }));
const others = fc.oneof(
  fc.constant({ name: 'wait', run: ((platforms) => platforms.wait()) as Step }),
  uplink.map((name) => ({ name: `release ${name}`, run: (async ({ outbox }) => outbox.release(name)) as Step })),
  fc.constant({ name: 'restart', run: ((platforms) => platforms.restart()) as Step }),
  fc.constant({ name: 'kill', run: ((platforms) => platforms.kill()) as Step }),
  fc.constant({ name: 'crash', run: ((platforms) => platforms.crash()) as Step }),
);

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: append },
    { weight: 1, arbitrary: flood },
    { weight: 5, arbitrary: tell },
    { weight: 4, arbitrary: others },
  ),
  { minLength: 5, maxLength: 24 },
);

it.each<[string, Ways]>([
  ['commit', { quotaBytes: 512 * 1024 }],
  ['commit, thinned', { quotaBytes: 512 * 1024, thinning: 3 }],
  ['after-ack', { quotaBytes: 512 * 1024, durability: 'after-ack' }],
])(
  'Whatever happens (%s), every platform can account for every number of every device.',
  async (_, ways) => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const platforms = await Platforms.open(ways);
        try {
          for (const { run } of all) {
            await run(platforms);
            expect(platforms.sizeBytes).toBeLessThanOrEqual(512 * 1024);
          }
          expect(await platforms.verdicts()).toEqual([]);
        } finally {
          await platforms.outbox.close();
        }
      }),
      // More of them find more: DORPEL_RUNS=500 npx vitest run tests/store/accounting.test.ts
      { numRuns: Number(process.env['DORPEL_RUNS'] ?? '12') },
    );
  },
  600_000,
);
