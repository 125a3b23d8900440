import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/model/observation.ts';
import { calibrate } from '../../src/pipeline/calibrate.ts';
import { type History, judge } from '../../src/pipeline/judge.ts';
import type { StreamRules } from '../../src/pipeline/rules.ts';

const RANGE: StreamRules = { min: -40, max: 85 };
const ok = (value: number): Reading => ({ value, quality: 'ok' });
const FAULT: Reading = { value: null, quality: 'fault', why: 'timeout' };

describe('calibration', () => {
  const rules = (calibration: Partial<StreamRules['calibration']>): StreamRules => ({
    ...RANGE,
    calibration: { offset: 0, scale: 1, polynomial: [0, 1], ...calibration },
  });

  it('bends, then scales, then shifts', () => {
    expect(calibrate(ok(10), rules({ offset: -0.5 })).value).toBe(9.5);
    expect(calibrate(ok(10), rules({ scale: 1.1 })).value).toBeCloseTo(11, 12);
    expect(calibrate(ok(10), rules({ polynomial: [1, 2, 0.5] })).value).toBe(1 + 20 + 50);
    expect(calibrate(ok(10), rules({ polynomial: [1, 2, 0.5], scale: 2, offset: 3 })).value).toBe(145);
  });

  it('changes nothing by default, and nothing but the value', () => {
    expect(calibrate(ok(21.37), rules({}))).toEqual(ok(21.37));
    expect(calibrate(ok(21.37), RANGE)).toEqual(ok(21.37));
    const estimated: Reading = { value: 5, quality: 'estimated', why: 'no-pulse', measuredAt: 7 };
    expect(calibrate(estimated, rules({ offset: 1 }))).toEqual({ ...estimated, value: 6 });
  });

  it('makes no value of what has none', () => {
    expect(calibrate(FAULT, rules({ offset: 5 }))).toEqual(FAULT);
  });
});

/** The qualities of values that are a minute apart, with their reasons; null is a fault in between. */
function judgedEachMinute(
  values: readonly (number | null)[],
  rules: StreamRules,
  isWarmingUp: (minute: number) => boolean = () => false,
) {
  let past: History | undefined;
  return values.map((value, minute) => {
    const now = { uptimeMs: minute * 60_000, isWarmingUp: isWarmingUp(minute) };
    const judged = judge(value === null ? FAULT : ok(value), rules, past, now);
    past = judged.history;
    expect(judged.reading.value).toBe(value);
    const { quality, why } = judged.reading;
    return why === undefined ? quality : `${quality}: ${why}`;
  });
}

describe('the judgement of a value', () => {
  it('doubts what is outside the range, ends included in it, and never changes the value', () => {
    expect(judgedEachMinute([-40, 85, -40.01, 85.01], RANGE)).toEqual([
      'ok',
      'ok',
      'out_of_range: below -40',
      'out_of_range: above 85',
    ]);
  });

  it('doubts a change that is faster than the limit, up or down, by the time that it took', () => {
    const rules = { ...RANGE, ratePerMinute: 5 };
    const jump = 'jump: faster than 5 per minute';
    expect(judgedEachMinute([20, 25, 30.5, 29, 20], rules)).toEqual(['ok', 'ok', jump, 'ok', jump]);
  });

  it('compares across faults: ten degrees in three minutes are no jump', () => {
    const rules = { ...RANGE, ratePerMinute: 5 };
    expect(judgedEachMinute([20, null, null, 30], rules)).toEqual(['ok', 'fault: timeout', 'fault: timeout', 'ok']);
    expect(judgedEachMinute([20, null, 40], rules)[2]).toMatch(/^jump/);
  });

  it('doubts a value that has not changed for too long, until it changes', () => {
    const rules = { ...RANGE, stuckAfterMs: 3 * 60_000 };
    expect(judgedEachMinute([7, 7, 7, 7, 7, 7.01, 7.01], rules)).toEqual([
      'ok',
      'ok',
      'ok',
      'stuck: unchanged for 3 min',
      'stuck: unchanged for 4 min',
      'ok',
      'ok',
    ]);
    expect(judgedEachMinute([7, null, null, 7], rules)[3]).toBe('stuck: unchanged for 3 min');
  });

  it('tells that a part is warming up, unless the value is out of range', () => {
    expect(judgedEachMinute([20, 200, 20], RANGE, (minute) => minute < 2)).toEqual([
      'warming_up',
      'out_of_range: above 85',
      'ok',
    ]);
  });

  it('lets the quality stand that the part gave itself, and remembers the value', () => {
    const estimated: Reading = { value: 200, quality: 'estimated', why: 'no-pulse' };
    const first = judge(estimated, RANGE, undefined, { uptimeMs: 0, isWarmingUp: true });
    expect(first.reading).toEqual(estimated);
    const rules = { ...RANGE, ratePerMinute: 5 };
    const next = judge(ok(20), rules, first.history, { uptimeMs: 60_000, isWarmingUp: false });
    expect(next.reading.quality).toBe('jump');
  });
});
