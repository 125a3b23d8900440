import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant, Observation, Priority, Reading, Sample } from '../../src/model/observation.ts';
import { qualities } from '../../src/model/quality.ts';
import { isQuantity, type Quantity, quantities, quantityNames } from '../../src/model/quantity.ts';
import { pipelineFor, type Rules } from '../../src/pipeline/pipeline.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

function instant(uptimeMs: number, clock: Instant['clock'] = 'ntp'): Instant {
  return { at: NOON + uptimeMs, uptimeMs, clock };
}

/** The observations of samples that were taken a minute apart. */
function observed(samples: readonly Sample[], rules: Rules = {}, clock: Instant['clock'] = 'ntp'): Observation[] {
  const process = pipelineFor('meter', rules);
  return samples.flatMap((sample, minute) =>
    process({ sample, instant: instant(minute * 60_000, clock), isWarmingUp: false }),
  );
}

const readingsOf = (observations: readonly Observation[]) => observations.flatMap(({ readings }) => readings);

describe('the pipeline', () => {
  it('makes one observation of a sample, quantities in the order of the table, rounded as they leave', () => {
    const sample: Sample = { pm10: 12.345, relative_humidity: 56.4999, air_temperature: -0.001 };
    expect(observed([sample])).toEqual([
      {
        device: 'meter',
        instant: instant(0),
        readings: [
          { quantity: 'air_temperature', value: 0, quality: 'ok' },
          { quantity: 'relative_humidity', value: 56.5, quality: 'ok' },
          { quantity: 'pm10', value: 12.3, quality: 'ok' },
        ],
      },
    ]);
    expect(Object.is(readingsOf(observed([sample]))[0]?.value, -0)).toBe(false);
  });

  it('makes none of a sample without values', () => {
    expect(observed([{}])).toEqual([]);
  });

  it('calibrates before it judges, by the rules of each stream', () => {
    const rules: Rules = {
      air_temperature: { min: -40, max: 30, calibration: { offset: 10, scale: 1, polynomial: [0, 1] } },
    };
    expect(readingsOf(observed([{ air_temperature: 25, pm10: 5 }], rules))).toEqual([
      { quantity: 'air_temperature', value: 35, quality: 'out_of_range', why: 'above 30' },
      { quantity: 'pm10', value: 5, quality: 'ok' },
    ]);
  });

  it('judges by the quantity’s plausible range where no rule is given', () => {
    expect(readingsOf(observed([{ pm25: 999.9 }]))).toMatchObject([{ value: 999.9, quality: 'out_of_range' }]);
  });

  it('tells what is not a number as a fault, and does not hold it against the next value', () => {
    const rules: Rules = { air_temperature: { min: -40, max: 85, ratePerMinute: 5 } };
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308]) {
      const samples = [20, wrong, 21, 40].map((air_temperature) => ({ air_temperature }));
      expect(readingsOf(observed(samples, rules)), String(wrong)).toMatchObject([
        { value: 20, quality: 'ok' },
        { value: null, quality: 'fault', why: 'not-a-number' },
        { value: 21, quality: 'ok' },
        { value: 40, quality: 'jump' },
      ]);
    }
  });

  it('never lets an absent value pass as good', () => {
    const careless: Reading = { value: null, quality: 'ok' };
    expect(readingsOf(observed([{ co2: careless }]))).toEqual([
      { quantity: 'co2', value: null, quality: 'fault', why: 'no-value' },
    ]);
  });

  it('keeps the history of one device from that of another', () => {
    const rules: Rules = { air_temperature: { min: -40, max: 85, ratePerMinute: 1 } };
    const [one, other] = [pipelineFor('one', rules), pipelineFor('other', rules)];
    const take = (value: number, uptimeMs: number) => ({
      sample: { air_temperature: value },
      instant: instant(uptimeMs),
      isWarmingUp: false,
    });
    one(take(0, 0));
    expect(other(take(80, 1000))[0]?.readings[0]?.quality).toBe('ok');
  });
});

describe('how much an observation matters', () => {
  const prioritiesOf = (samples: readonly Sample[], rules: Rules, priority?: Priority) => {
    const process = pipelineFor('meter', rules, priority ? { priority } : {});
    return samples
      .flatMap((sample, minute) => process({ sample, instant: instant(minute * 60_000), isWarmingUp: false }))
      .map((observation) => observation.priority ?? 'normal');
  };
  const air = (...values: (number | Reading)[]): Sample[] => values.map((air_temperature) => ({ air_temperature }));
  const plausible = { min: -40, max: 85 };

  it('is the highest of its streams’, and the device’s where a stream has none', () => {
    const sample: Sample = { air_temperature: 20, relative_humidity: 50 };
    const low = { ...plausible, priority: 'low' } as const;
    expect(prioritiesOf([sample], {})).toEqual(['normal']);
    expect(prioritiesOf([sample], {}, 'high')).toEqual(['high']);
    expect(prioritiesOf([sample], { air_temperature: low })).toEqual(['normal']);
    expect(prioritiesOf([sample], { air_temperature: { ...plausible, priority: 'high' } }, 'low')).toEqual(['high']);
    expect(prioritiesOf([{ air_temperature: 20 }], { air_temperature: low }, 'high')).toEqual(['low']);
    expect(observed([sample])[0]).not.toHaveProperty('priority');
  });

  it('is an alert when a value goes beyond a limit and when it comes back, not while it stays', () => {
    const rules: Rules = { air_temperature: { ...plausible, alert: { above: 35, below: 2 } } };
    expect(prioritiesOf(air(20, 35, 35.01, 36, 35, 35.5, 1.9, 1, 2, 20), rules)).toEqual([
      'normal', // within
      'normal', // the limit itself is within
      'alert', // above
      'normal',
      'alert', // back within
      'alert', // above again
      'alert', // straight to below
      'normal',
      'alert', // back within
      'normal',
    ]);
  });

  it('is an alert for each stream by itself, also where two go beyond at once', () => {
    const rules: Rules = {
      air_temperature: { ...plausible, alert: { above: 35 } },
      relative_humidity: { min: 0, max: 100, alert: { above: 80 } },
    };
    const both = { air_temperature: 40, relative_humidity: 90 };
    expect(prioritiesOf([both, both, { air_temperature: 20 }, both], rules)).toEqual([
      'alert',
      'normal',
      'alert',
      'alert',
    ]);
  });

  it('is an alert at once where the first value is beyond', () => {
    expect(prioritiesOf(air(40, 41), { air_temperature: { ...plausible, alert: { above: 35 } } })).toEqual([
      'alert',
      'normal',
    ]);
  });

  it('is by the value that leaves, rounded and calibrated', () => {
    const calibration = { offset: 0.006, scale: 1, polynomial: [0, 1] };
    const rules: Rules = { air_temperature: { ...plausible, calibration, alert: { above: 35 } } };
    expect(prioritiesOf(air(34.998, 35), rules)).toEqual(['normal', 'alert']);
  });

  it('is neither raised nor cleared by a fault or a doubted value, but by an estimate', () => {
    const fault: Reading = { value: null, quality: 'fault', why: 'timeout' };
    const doubted: Reading = { value: 50, quality: 'jump' };
    const estimate: Reading = { value: 50, quality: 'estimated' };
    const rules: Rules = { air_temperature: { ...plausible, max: 60, alert: { above: 35 } } };
    expect(prioritiesOf(air(20, doubted, fault, 99, 20), rules)).toEqual(Array(5).fill('normal'));
    expect(prioritiesOf(air(40, fault, { ...doubted, value: 20 }, 41, 20), rules)).toEqual([
      'alert',
      'normal',
      'normal',
      'normal',
      'alert',
    ]);
    expect(prioritiesOf(air(20, estimate), rules)).toEqual(['normal', 'alert']);
  });

  it('is told of the observation that holds the reading, not of the one beside it', () => {
    const rules: Rules = { gas_volume: { min: 0, max: 1e8, alert: { above: 5 } } };
    const sample: Sample = { tariff: 1, gas_volume: { value: 6, quality: 'ok', measuredAt: NOON - 300_000 } };
    expect(prioritiesOf([sample], rules)).toEqual(['normal', 'alert']);
  });
});

describe('a value with the time of the part’s own clock', () => {
  const gas = (value: number, measuredAt: number): Reading => ({ value, quality: 'ok', measuredAt });
  const FIVE_MINUTES_AGO = NOON - 300_000;

  it('becomes an observation of its own at that time, by a clock that nobody synchronises', () => {
    const sample: Sample = { voltage_l1: 230, gas_volume: gas(321.987, FIVE_MINUTES_AGO) };
    expect(observed([sample])).toEqual([
      { device: 'meter', instant: instant(0), readings: [{ quantity: 'voltage_l1', value: 230, quality: 'ok' }] },
      {
        device: 'meter',
        instant: { at: FIVE_MINUTES_AGO, uptimeMs: 0, clock: 'rtc' },
        isTimedByPart: true,
        readings: [{ quantity: 'gas_volume', value: 321.987, quality: 'ok' }],
      },
    ]);
  });

  it('is told once, however often the part repeats it', () => {
    const samples = [1, 1, 2, 2].map((n) => ({ tariff: 1, gas_volume: gas(n, FIVE_MINUTES_AGO + n * 60_000) }));
    const told = readingsOf(observed(samples)).filter(({ quantity }) => quantity === 'gas_volume');
    expect(told.map(({ value }) => value)).toEqual([1, 2]);
    expect(observed([{ gas_volume: gas(1, 5) }, { gas_volume: gas(1, 5) }])).toHaveLength(1);
  });

  it('stands beside those of the same time, and apart from those of another', () => {
    const water = gas(12.3, FIVE_MINUTES_AGO);
    const heat = gas(7, FIVE_MINUTES_AGO - 60_000);
    const sample = { gas_volume: gas(1, FIVE_MINUTES_AGO), water_volume: water, heat_energy: heat };
    const quantitiesOf = ({ readings }: Observation) => readings.map(({ quantity }) => quantity);
    expect(observed([sample]).map(quantitiesOf)).toEqual([['gas_volume', 'water_volume'], ['heat_energy']]);
  });

  it('is no jump if it repeated itself until just before: an hour’s gas came within that hour', () => {
    const rules: Rules = { gas_volume: { min: 0, max: 1e8, ratePerMinute: 0.5 } };
    const hourly = Array.from({ length: 121 }, (_, minute) => ({
      gas_volume: gas(2 * Math.floor(minute / 60), FIVE_MINUTES_AGO + 3_600_000 * Math.floor(minute / 60)),
    }));
    const told = readingsOf(observed(hourly, rules));
    expect(told.map(({ value, quality }) => [value, quality])).toEqual([
      [0, 'ok'],
      [2, 'ok'],
      [4, 'ok'],
    ]);
  });

  it('loses a time that lies in the future, and is an estimate', () => {
    const [observation] = observed([{ gas_volume: gas(1, NOON + 300_001) }]);
    expect(observation).toEqual({
      device: 'meter',
      instant: instant(0),
      readings: [{ quantity: 'gas_volume', value: 1, quality: 'estimated', why: 'meter-clock' }],
    });
    expect(observed([{ gas_volume: gas(1, NOON + 300_000) }])[0]?.instant.at).toBe(NOON + 300_000);
  });

  it('keeps a graver doubt, or its fault, when it loses its time', () => {
    const future = NOON + 86_400_000;
    expect(readingsOf(observed([{ gas_volume: gas(-1, future) }]))).toMatchObject([{ quality: 'out_of_range' }]);
    const fault: Reading = { value: null, quality: 'fault', why: 'not-ready', measuredAt: future };
    expect(observed([{ gas_volume: fault }])).toMatchObject([
      { instant: instant(0), readings: [{ value: null, quality: 'fault', why: 'not-ready' }] },
    ]);
  });

  it('keeps its time while our own clock is not known: the part’s is then the better one', () => {
    const observations = observed([{ gas_volume: gas(1, NOON + 86_400_000) }], {}, 'unsynced');
    expect(observations).toMatchObject([
      { instant: { at: NOON + 86_400_000, clock: 'rtc' }, readings: [{ quality: 'ok' }] },
    ]);
  });
});

describe('whatever a driver gives', () => {
  const anyNumber = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, 1e308, -1e308, 5e-324), fc.integer());
  const time = fc.oneof(fc.integer({ min: NOON - 1e9, max: NOON + 1e9 }), fc.constantFrom(Number.NaN, 0));
  const given = fc.oneof(
    anyNumber,
    fc.record(
      { value: fc.oneof(anyNumber, fc.constant(null)), quality: fc.constantFrom(...qualities), measuredAt: time },
      { requiredKeys: ['value', 'quality'] },
    ),
  );
  const name = fc.constantFrom<Quantity>('air_temperature', 'pm25', 'gas_volume', 'tariff', 'power_failures');
  const samples = fc.array(fc.dictionary(name, given, { maxKeys: 5 }), { maxLength: 12 });
  const rules = fc.record({
    min: fc.double({ noNaN: true }),
    max: fc.double({ noNaN: true }),
    ratePerMinute: fc.double({ min: 0, noNaN: true }),
    stuckAfterMs: fc.nat(),
    calibration: fc.record({ offset: fc.double(), scale: fc.double(), polynomial: fc.array(fc.double()) }),
  });

  it('leaves with numbers or without, never with what is none, and never without a reason', () => {
    const clocks = fc.constantFrom<Instant['clock']>('ntp', 'rtc', 'unsynced');
    fc.assert(
      fc.property(samples, fc.dictionary(name, rules), clocks, (given, rule, clock) => {
        for (const { instant, readings } of observed(given, rule as Rules, clock)) {
          expect(readings.length).toBeGreaterThan(0);
          expect(Number.isSafeInteger(instant.at)).toBe(true);
          for (const { quantity, value, quality } of readings) {
            expect(isQuantity(quantity)).toBe(true);
            expect(qualities).toContain(quality);
            if (value === null) expect(quality).not.toBe('ok');
            else expect(value).toSatisfy(Number.isFinite);
          }
          const order = readings.map(({ quantity }) => quantityNames.indexOf(quantity));
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('is rounded to the quantity’s decimals if it is plausible', () => {
    fc.assert(
      fc.property(fc.constantFrom(...quantityNames), fc.double({ min: 0, max: 1, noNaN: true }), (quantity, share) => {
        const { min, max, decimals } = quantities[quantity];
        const value = min + share * (max - min);
        const [told] = readingsOf(observed([{ [quantity]: value }]));
        expect(Number((told?.value ?? Number.NaN).toFixed(decimals))).toBe(told?.value);
        expect(Math.abs((told?.value ?? Number.NaN) - value)).toBeLessThanOrEqual(0.5000001 * 10 ** -decimals);
      }),
    );
  });
});
