import { describe, expect, it } from 'vitest';
import { Throttle } from '../../src/uplink/throttle.ts';

const answeredBy = (delayMs: number, times: number, throttle = new Throttle(20)) => {
  for (let answer = 0; answer < times; answer += 1) throttle.answered(delayMs);
  return throttle;
};

describe('how much of a backlog goes at once', () => {
  it('begins small, one at a time', () => {
    expect(new Throttle(20)).toMatchObject({ rows: 25, atOnce: 1 });
  });

  it.each([
    ['quick: many large ones', 10, { rows: 100, atOnce: 16 }],
    ['a little late: a large one', 200, { rows: 100, atOnce: 1 }],
    ['late: as it was', 600, { rows: 25, atOnce: 1 }],
    ['far too late: row by row', 2000, { rows: 1, atOnce: 1 }],
  ])('where answers are %s', (_, delayMs, expected) => {
    expect(answeredBy(delayMs, 10)).toMatchObject(expected);
  });

  it('is less at once as soon as the line gets slow, and more again when it is quick', () => {
    const throttle = answeredBy(10, 10);
    throttle.answered(5000);
    expect(throttle).toMatchObject({ rows: 50, atOnce: 8 });
    expect(answeredBy(10, 1, throttle)).toMatchObject({ rows: 100, atOnce: 16 });
  });

  it('leaves room to what is new, but for the backlog there is always one place', () => {
    expect(answeredBy(10, 10, new Throttle(10)).atOnce).toBe(8);
    expect(answeredBy(10, 10, new Throttle(1)).atOnce).toBe(1);
  });

  it('never grows again to what was too large; a row that was at fault makes it small for a while only', () => {
    const throttle = answeredBy(10, 10);
    throttle.refused(100, 'content');
    expect(throttle.rows).toBe(50);
    expect(answeredBy(10, 2, throttle).rows).toBe(100);
    throttle.refused(100, 'size');
    expect(answeredBy(10, 5, throttle).rows).toBe(50);
    throttle.refused(50, undefined);
    expect(answeredBy(10, 5, throttle).rows).toBe(1);
  });
});
