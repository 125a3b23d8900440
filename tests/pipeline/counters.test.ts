import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faulty, type Reading, reading } from '../../src/model/observation.ts';
import type { Quantity } from '../../src/model/quantity.ts';
import { Counters, type Tops } from '../../src/pipeline/counters.ts';
import { pipelineFor } from '../../src/pipeline/pipeline.ts';

const FELL = faulty('fell');
const MARKS: readonly (string | undefined)[] = ['restarted', 'rolled-over', 'swapped'];
const ENERGY = 'active_energy_import';

/** What is told of readings that come `everyMs`. */
function told(
  given: readonly (number | Reading)[],
  { everyMs = 10_000, counters = new Counters() }: { everyMs?: number; counters?: Counters } = {},
  quantity: Quantity = ENERGY,
): Reading[] {
  return given.map((one, index) => counters.followed(quantity, reading(one), index * everyMs));
}

const brief = ({ value, why }: Reading) => (why === undefined ? value : `${value} ${why}`);

describe('a counter', () => {
  it('that grows, or stands still, is told as it is', () => {
    const given = [0, 0, 12.5, 12.5, 1e6];
    expect(told(given)).toEqual(given.map(reading));
  });

  it('that reads less for a moment is a fault then, and no value', () => {
    expect(told([100, 0, 100.1])).toEqual([reading(100), FELL, reading(100.1)]);
    expect(told([100, 99.999, 0, 40, 100], { everyMs: 1000 }).map(brief)).toEqual([
      100,
      'null fell',
      'null fell',
      'null fell',
      100,
    ]);
  });

  it('does not fall by less than what leaves the gateway', () => {
    expect(told([100.0004, 100.0001]).map(brief)).toEqual([100.0004, 100.0001]);
  });

  it('that goes on from less for a minute has begun again, and says so once', () => {
    expect(told([100, 3, 3, 3.1, 3.1, 3.2, 3.2, 3.3, 3.4]).map(brief)).toEqual([
      100,
      ...Array<string>(6).fill('null fell'),
      '3.3 restarted',
      3.4,
    ]);
    // Of a meter that is read each quarter of an hour the second reading is the proof.
    expect(told([100, 3, 3], { everyMs: 900_000 }).map(brief)).toEqual([100, 'null fell', '3 restarted']);
  });

  it('that falls further has to prove itself again, and a fault in between proves nothing', () => {
    const given = [100, 50, faulty('timeout'), 3, faulty('timeout'), 3];
    expect(told(given, { everyMs: 60_000 }).map(brief)).toEqual([
      100,
      'null fell',
      'null timeout',
      'null fell',
      'null timeout',
      '3 restarted',
    ]);
  });

  it('has rolled over where it was near its top, and is near 0', () => {
    const tops: Tops = { [ENERGY]: 1e6 };
    const rolled = (from: number, to: number) =>
      told([from, to, to], { everyMs: 60_000, counters: new Counters({ tops }) }).map(brief)[2];
    expect(rolled(999_999.2, 0.4)).toBe('0.4 rolled-over');
    expect(rolled(980_000, 0.4)).toBe('0.4 restarted');
    expect(rolled(999_999.2, 400_000)).toBe('400000 restarted');
    // Even then one reading of 0 is none.
    expect(told([999_999, 0, 999_999], { counters: new Counters({ tops }) }).map(brief)).toEqual([
      999_999,
      'null fell',
      999_999,
    ]);
  });

  it('of another meter is told at once, whatever it reads, and says so once', () => {
    const counters = new Counters();
    counters.ofMeter('1');
    expect(told([100, 101], { counters }).map(brief)).toEqual([100, 101]);
    expect(told([7], { counters }, 'active_energy_export').map(brief)).toEqual([7]);
    counters.ofMeter('1');
    expect(told([102], { counters }).map(brief)).toEqual([102]);
    counters.ofMeter('2');
    expect(told([faulty('timeout'), 3, 4], { counters }).map(brief)).toEqual(['null timeout', '3 swapped', 4]);
    expect(told([8, 9], { counters }, 'active_energy_export').map(brief)).toEqual(['8 swapped', 9]);
    expect(told([1], { counters }, 'reactive_energy_import').map(brief)).toEqual([1]);
  });

  it('keeps the time that its part gave it, also where it fell; an earlier one says nothing', () => {
    const late = (value: number, measuredAt: number): Reading => ({ value, quality: 'ok', measuredAt });
    const hours = [1, 2, 3, 1, 4].map((hour) => hour * 3_600_000) as [number, number, number, number, number];
    const given = [
      late(100, hours[0]),
      late(0, hours[1]),
      late(101, hours[2]),
      late(100, hours[3]),
      late(99, hours[4]),
    ];
    expect(told(given, { everyMs: 3_600_000 }, 'gas_volume')).toEqual([
      given[0],
      { ...FELL, measuredAt: hours[1] },
      given[2],
      given[3],
      { ...FELL, measuredAt: hours[4] },
    ]);
  });

  it('keeps the doubt that its part had, and the word for it while there is nothing to add', () => {
    const weak: Reading = { value: 5, quality: 'estimated', why: 'power-low' };
    expect(told([weak])).toEqual([weak]);
    expect(told([9, weak, weak], { everyMs: 60_000 })[2]).toEqual({ ...weak, why: 'restarted' });
  });

  it('is what the table calls so, but for those that may fall by right', () => {
    for (const quantity of ['active_energy_total', 'reactive_energy_total', 'active_power', 'people_count'] as const) {
      expect(told([100, 3], {}, quantity), quantity).toEqual([reading(100), reading(3)]);
    }
    for (const quantity of ['gas_volume', 'pulse_count', 'people_in', 'heat_energy', 'rainfall'] as const) {
      expect(told([100, 3], {}, quantity)[1], quantity).toEqual(FELL);
    }
  });
});

describe('counters that are remembered', () => {
  it('are known after a restart, with the meter that they are of', () => {
    const before = new Counters();
    expect(before.text).toBeUndefined();
    before.ofMeter('1');
    told([100], { counters: before });
    told([5], { counters: before }, 'gas_volume');
    const again = () => new Counters({ kept: before.text });
    expect(again().text).toBe(before.text);
    expect(told([0, 100.5], { counters: again() }).map(brief)).toEqual(['null fell', 100.5]);
    const swapped = again();
    swapped.ofMeter('2');
    expect(told([0, 1], { counters: swapped }).map(brief)).toEqual(['0 swapped', 1]);
  });

  it.each(['', 'x', '[]', 'null', '7', '{"active_energy_import":"9"}', '{"meter":7,"no_such":5}'])(
    'are forgotten where %j cannot be read',
    (kept) => {
      expect(told([3], { counters: new Counters({ kept }) })).toEqual([reading(3)]);
    },
  );
});

describe('in the pipeline', () => {
  const observed = (values: readonly number[], rules: Parameters<typeof pipelineFor>[1]) => {
    const process = pipelineFor('meter', rules);
    return values
      .flatMap((value, minute) => {
        const uptimeMs = minute * 60_000;
        return process({
          sample: { [ENERGY]: value },
          instant: { at: uptimeMs, uptimeMs, clock: 'ntp' },
          isWarmingUp: false,
        });
      })
      .flatMap(({ readings }) => readings.map(({ value, quality, why }) => [value, quality, why ?? '']));
  };

  it('a fall is no change that could be too fast, nor is what comes after it', () => {
    expect(observed([100, 0, 101, 3, 3.5, 30], { [ENERGY]: { min: 0, max: 1e6, ratePerMinute: 5 } })).toEqual([
      [100, 'ok', ''],
      [null, 'fault', 'fell'],
      [101, 'ok', ''],
      [null, 'fault', 'fell'],
      [3.5, 'ok', 'restarted'],
      [30, 'jump', 'faster than 5 per minute'],
    ]);
  });

  it('a value that no counter can have does not make the next one look fallen', () => {
    expect(observed([100, 5e7, 100.5], { [ENERGY]: { min: 0, max: 1e6 } })).toEqual([
      [100, 'ok', ''],
      [5e7, 'out_of_range', 'above 1000000'],
      [100.5, 'ok', ''],
    ]);
  });
});

/** What happens between two readings of a meter that is read every ten seconds. */
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('grows' as const), by: fc.double({ min: 0, max: 50, noNaN: true }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('glitch' as const), share: fc.double({ min: 0, max: 0.9, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silent' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('power cut' as const) }) },
);

/** Plays the steps; `at` is the uptime, which begins anew with a power cut. */
function played(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  const FIRST = 1000;
  let counters = new Counters();
  let kept: string | undefined;
  let [meter, uptimeMs] = [FIRST, 0];
  let isGlitch = false;
  return steps.map((one, index) => {
    uptimeMs += 10_000;
    if (one.kind === 'power cut') {
      counters = new Counters({ kept });
      uptimeMs = 0;
    }
    meter += one.kind === 'grows' ? one.by : 0;
    // One glitch at a time: what comes next is the meter's own reading.
    isGlitch = one.kind === 'glitch' && !isGlitch;
    const shown = isGlitch && one.kind === 'glitch' ? FIRST * one.share : meter;
    const given = one.kind === 'silent' ? faulty('timeout') : reading(shown);
    const answer = counters.followed(ENERGY, given, uptimeMs);
    // Saved now and then, as the gateway does.
    if (index % 3 === 0) kept = counters.text;
    return { given, answer, isGlitch };
  });
}

describe('whatever happens', () => {
  it('no value is invented, every glitch is a fault, and every good reading is told without a word', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        for (const { given, answer, isGlitch } of played([{ kind: 'grows', by: 0 }, ...steps])) {
          expect(answer).toEqual(isGlitch ? FELL : given);
        }
      }),
    );
  });

  it('values fall only where a word says so, and a swap or a rollover is believed within two minutes', () => {
    const life = fc.record({
      from: fc.double({ min: 0, max: 9000, noNaN: true }),
      readings: fc.integer({ min: 13, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 6 }), fc.boolean(), (lives, hasNumber) => {
        const counters = new Counters();
        let [latest, uptimeMs] = [Number.NEGATIVE_INFINITY, 0];
        for (const [number, { from, readings }] of lives.entries()) {
          if (hasNumber) counters.ofMeter(String(number));
          let isTold = false;
          for (let index = 0; index < readings; index += 1) {
            uptimeMs += 10_000;
            const value = Math.round((from + index / 10) * 1000) / 1000;
            const answer = counters.followed(ENERGY, reading(value), uptimeMs);
            expect([value, null]).toContain(answer.value);
            if (answer.value === null) continue;
            if (answer.value < latest) expect(MARKS).toContain(answer.why);
            if (isTold) expect(answer).toEqual(reading(value));
            isTold = true;
            latest = answer.value;
          }
          expect(isTold).toBe(true);
        }
      }),
    );
  });
});
