import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countOf, NumberSet, type Range, shownRanges } from '../../src/model/number-set.ts';

const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 })).map(([from, more]) => ({
  from,
  to: from + more,
}));

const numbersIn = (ranges: readonly Range[]) =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

it('A set of ranges holds what a set of numbers holds, in as few ranges as can be.', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), range, (added, asked) => {
      const set = new NumberSet();
      for (const { from, to } of added) set.add(from, to);
      const plain = [...new Set(numbersIn(added))].toSorted((one, other) => one - other);
      expect(numbersIn(set.ranges)).toEqual(plain);
      expect(countOf(set.ranges)).toBe(plain.length);
      expect([set.first, set.last]).toEqual([plain[0], plain.at(-1)]);
      for (const [index, { from }] of set.ranges.entries()) {
        expect(from - (set.ranges[index - 1]?.to ?? -1), 'no two ranges touch').toBeGreaterThan(1);
      }
      const within = numbersIn([asked]);
      expect(within.filter((number) => set.has(number))).toEqual(within.filter((number) => plain.includes(number)));
      expect(numbersIn(set.within(asked))).toEqual(within.filter((number) => plain.includes(number)));
      expect(numbersIn(set.gaps(asked))).toEqual(within.filter((number) => !plain.includes(number)));
    }),
  );
});

it('The numbers that two sets share are in both.', () => {
  const [one, other] = [new NumberSet(), new NumberSet()];
  one.add(1, 10);
  other.add(8, 12);
  other.add(3);
  expect(one.shared(other)).toEqual([
    { from: 3, to: 3 },
    { from: 8, to: 10 },
  ]);
});

it('Ranges are written as people write them, and not for ever.', () => {
  const ranges = [12, 19, 30, 40].map((from) => ({ from, to: from === 12 ? 15 : from }));
  expect(shownRanges(ranges)).toBe('12-15, 19, 30, 40');
  expect(shownRanges(ranges, 2)).toBe('12-15, 19, … (2 more ranges)');
});
