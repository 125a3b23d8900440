import { describe, expect, it } from 'vitest';
import { herd } from '../bench/herd.ts';

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

describe('a hundred gateways whose broker restarts', () => {
  it.each([
    ['in a moment', 0, 100, 25],
    ['in two seconds', 2000, 1000, 50],
    ['in ten seconds', 10_000, 1000, 25],
    ['in ten minutes', 600_000, 10_000, 15],
  ])('%s come back spread out', async (_, awayMs, stepMs, most) => {
    const { attempts, connects } = await herd({ gateways: 100, awayMs, stepMs });
    expect(sum(connects)).toBe(100);
    expect(Math.max(...connects)).toBeLessThanOrEqual(most);
    // While it is away, they do not hammer at it: twice as long a wait after each attempt.
    expect(sum(attempts)).toBeLessThanOrEqual(100 * (2 + Math.log2(1 + awayMs / 500)));
  });
});
