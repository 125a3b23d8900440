import { expect, it } from 'vitest';
import { startsOf } from '../../src/sampling/stagger.ts';

const device = (name: string, bus: string, periodMs: number, kind = 'serial') => ({
  name,
  bus,
  periodMs,
  driver: { bus: kind },
});

it('devices on one bus begin one after the other, evenly over the shortest of their periods', () => {
  const line = ['a', 'b', 'c', 'd'].map((name, index) => device(name, 'line', index === 2 ? 1000 : 10_000));
  const starts = startsOf([...line, device('alone', 'other', 5000)]);
  expect(Object.fromEntries(starts)).toEqual({ a: 0, b: 250, c: 500, d: 750, alone: 0 });
});

it('long periods do not make the first samples late, and lines of a GPIO chip do not wait for each other', () => {
  const meters = ['a', 'b', 'c'].map((name) => device(name, 'mbus', 900_000));
  const pins = ['p', 'q'].map((name) => device(name, 'pins', 10_000, 'gpio'));
  const starts = startsOf([...meters, ...pins, device('talks', 'p1', 0)]);
  expect(Object.fromEntries(starts)).toEqual({ a: 0, b: 2000, c: 4000, p: 0, q: 0, talks: 0 });
});
