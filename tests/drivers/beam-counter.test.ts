import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driver as beamCounter } from '../../drivers/beam-counter/beam-counter.ts';
import { type BeamEdge, INNER, OUTER, type Passage, Passages } from '../../drivers/beam-counter/passages.ts';
import type { Driver, Level, Memory, Sample } from '../../src/driver-kit.ts';
import { SimulatedGpioChip } from '../../src/hal/sim/simulated-gpio.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { isStreaming, optionsOf, roundedSample, testMemory } from '../support/drivers.ts';

const TIMES = { gapMs: 300, blockedMs: 30_000 };

/** The passages of a course: who breaks (+) and leaves (-) which beam (o, i), 100 ms apart unless a number says otherwise. */
function passages(course: string): Passage[] {
  const beams = new Passages(TIMES);
  beams.begin([false, false], 0);
  const told: (Passage | undefined)[] = [];
  let uptimeMs = 1000;
  for (const step of course.split(' ')) {
    if (/^\d+$/.test(step)) uptimeMs += Number(step) - 100;
    else {
      const beam = step.startsWith('o') ? OUTER : INNER;
      told.push(beams.saw({ beam, isBroken: step.endsWith('+'), uptimeMs }));
      uptimeMs += 100;
    }
  }
  told.push(beams.over(uptimeMs + TIMES.gapMs));
  return told.filter((passage) => passage !== undefined);
}

describe('passages', () => {
  const table: readonly (readonly [string, string, ...Passage[]])[] = [
    ['comes in', 'o+ i+ o- i-', 'in'],
    ['goes out', 'i+ o+ i- o-', 'out'],
    ['comes in by beams far apart', 'o+ o- i+ i-', 'in'],
    ['comes in slowly', 'o+ 5000 i+ 5000 o- 5000 i-', 'in'],
    ['reaches in', 'o+ o-', 'turned'],
    ['turns between the beams', 'o+ i+ i- o-', 'turned'],
    ['is followed closely', 'o+ i+ o- i- o+ i+ o- i-', 'in', 'in'],
    ['meets another behind the beams', 'o+ i+ o- i- i+ o+ i- o-', 'in', 'out'],
    ['turns after the outer beam', 'o+ i+ o- o+ i- o-', 'unclear'],
    ['is followed too closely', 'o+ i+ o- o+ i- i+ o- i-', 'unclear'],
    ['breaks one beam, and another the other one long after', 'o+ o- 1000 i+ i-', 'turned', 'turned'],
  ];

  it.each(table)('one who %s (%s)', (_, course, ...expected) => {
    expect(passages(course)).toEqual(expected);
  });

  it('end, whatever the beams do: nothing is invented, and no way is preferred', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(OUTER, INNER), fc.boolean(), fc.integer({ min: 0, max: 2000 })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, (course) => {
        const [here, mirrored] = [OUTER, INNER].map((first) => {
          const beams = new Passages(TIMES);
          beams.begin([false, false], 0);
          let uptimeMs = 0;
          const told = course.map(([beam, isBroken, afterMs]) => {
            uptimeMs += afterMs;
            const seen = (first === OUTER ? beam : 1 - beam) as BeamEdge['beam'];
            return beams.saw({ beam: seen, isBroken, uptimeMs });
          });
          expect(beams.quietMs(uptimeMs)).toBeGreaterThan(0);
          return [...told, beams.over(uptimeMs + 3_600_000)].filter((passage) => passage !== undefined);
        });
        const breaks = course.filter(([, isBroken]) => isBroken).length;
        expect(here?.length).toBeLessThanOrEqual(breaks);
        expect(here?.filter((passage) => passage !== 'turned').length).toBeLessThanOrEqual(breaks / 2);
        const swapped: Readonly<Record<Passage, Passage>> = {
          in: 'out',
          out: 'in',
          turned: 'turned',
          unclear: 'unclear',
        };
        expect(mirrored?.map((passage) => swapped[passage])).toEqual(here);
      }),
    );
  });
});

/** A counter on two lines that the test drives, in virtual time. */
function counter(given: object = {}, memory: Memory = testMemory()) {
  const clock = new VirtualClock();
  const chip = new SimulatedGpioChip(clock);
  const driver = beamCounter as Driver;
  if (driver.bus !== 'gpio') throw new Error('a beam counter is on GPIO');
  const options = optionsOf(driver, { innerLine: 6, ...given });
  const sensor = driver.create(chip.device(5, { activeLow: false, further: [6] }), options, memory);
  if (!isStreaming(sensor)) throw new Error('a beam counter talks unasked');
  const over = new AbortController();
  const told: Sample[] = [];
  const listening = (async () => {
    for await (const sample of sensor.samples(over.signal)) told.push(sample);
  })().catch((cause: unknown) => {
    if (!over.signal.aborted) throw cause;
  });
  const set = async (outer: Level, inner: Level) => {
    chip.drive(5, outer);
    chip.drive(6, inner);
    await clock.advance(100);
  };
  return {
    clock,
    set,
    latest: () => roundedSample(told.at(-1) ?? {}),
    comeIn: async () => {
      for (const [outer, inner] of [
        [1, 0],
        [1, 1],
        [0, 1],
        [0, 0],
      ] as const)
        await set(outer, inner);
    },
    end: async () => {
      over.abort();
      await clock.advance(1);
      await listening;
    },
  };
}

describe('the beam counter', () => {
  it('goes on counting after a restart, in doubt about who passed meanwhile', async () => {
    const memory = testMemory();
    const first = counter({}, memory);
    await first.clock.advance(1000);
    await first.comeIn();
    await first.comeIn();
    expect(first.latest()).toMatchObject({ people_in: 2, people_out: 0, occupancy_count: 1 });
    await first.end();
    expect(await memory.load()).toBe('1 2 0 2 0');

    const second = counter({}, memory);
    await second.clock.advance(1000);
    await second.comeIn();
    expect(second.latest()).toMatchObject({
      people_in: 3,
      people_count: { value: 3, quality: 'estimated', why: 'since-start' },
      occupancy_count: 1,
    });
    await second.end();
  });

  it('has no numbers while a beam is blocked, and the same ones afterwards', async () => {
    const { clock, comeIn, latest, set, end } = counter();
    await clock.advance(1000);
    await comeIn();
    await set(0, 1);
    await clock.advance(29_000);
    expect(latest()).toMatchObject({ people_in: 1 });
    await clock.advance(2000);
    expect(latest()).toMatchObject({
      people_in: { value: null, quality: 'fault', why: 'inner-beam-blocked' },
      occupancy: { value: null, quality: 'fault', why: 'inner-beam-blocked' },
    });
    await set(0, 0);
    expect(latest()).toMatchObject({ people_in: 1, passages_unclear: 0 });
    await end();
  });

  it('is sure again once nobody can be in', async () => {
    const { clock, comeIn, latest, end } = counter({ emptyAfter: '1h' });
    await clock.advance(1000);
    await comeIn();
    await clock.advance(3_599_000);
    expect(latest()).toMatchObject({ people_count: { value: 1, quality: 'estimated' } });
    await clock.advance(61_000);
    expect(latest()).toMatchObject({ people_count: 0, people_in: 1, people_out: 0, occupancy: 0 });
    await comeIn();
    expect(latest()).toMatchObject({ people_count: 1, people_in: 2 });
    await end();
  });
});
