import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/store/outbox.ts';
import { Refusals } from '../../src/uplink/refusals.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function row(id: number, kind: Row['kind'] = 'observation', device = 'a'): Row {
  return { id, kind, device, epoch: 'e', sequence: id, at: 0, clock: 'ntp', priority: 'normal', content: '[]' };
}

/** When the tries of a row come that is always refused, in minutes. */
function triesOf(refusals: Refusals, untilMs: number): number[] {
  const tries: number[] = [];
  for (let ms = 0; ms <= untilMs; ms += 5000) {
    for (const one of refusals.due(ms).tries) {
      tries.push(ms / MINUTE_MS);
      refusals.refused(one, ms);
    }
  }
  return tries;
}

describe('refusals', () => {
  it('are tried again after 30 s, then more and more seldom', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.refused(row(1), 0);
    expect(triesOf(refusals, 50 * MINUTE_MS)).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 25.5, 35.5, 45.5]);
  });

  it('set the rows of the device aside, its losses too, and nobody else’s', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.refused(row(1), 0);
    expect(refusals.meet(row(2), 1)).toBe('aside');
    expect(refusals.meet(row(3, 'loss'), 1)).toBe('aside');
    expect(refusals.meet(row(4, 'observation', 'b'), 1)).toBe('tell');
    expect(refusals.aside).toBe(3);
    expect(refusals.resting).toEqual(['a']);
  });

  it('of a loss set its losses aside, and let its observations go on', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.refused(row(1, 'loss'), 0);
    expect(refusals.meet(row(2), 1)).toBe('tell');
    expect(refusals.meet(row(3, 'loss'), 1)).toBe('aside');
  });

  it('end when a row that was tried is taken; one that was under way says nothing', () => {
    const refusals = new Refusals(HOUR_MS);
    for (const id of [1, 2, 3]) refusals.refused(row(id), 0);
    for (const id of [4, 5]) refusals.meet(row(id), 1);
    expect(refusals.accepted(row(9), 2)).toEqual([]);
    const [tried] = refusals.due(30_000).tries;
    expect(tried?.id).toBe(5);
    expect(refusals.accepted(row(5), 30_001)).toEqual([2, 3, 4]);
    // The one that was refused first may be refused for itself: it is tried alone.
    expect(refusals.due(30_001).tries.map(({ id }) => id)).toEqual([1]);
    expect(refusals.meet(row(6), 30_002)).toBe('tell');
    refusals.accepted(row(1), 30_003);
    expect(refusals.aside).toBe(0);
  });

  it('declare a row when it has rested for its time, and no other', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.meet(row(1), 0);
    refusals.refused(row(1), 0);
    refusals.meet(row(2), 40 * MINUTE_MS);
    refusals.meet(row(3), 45 * MINUTE_MS);
    expect(refusals.due(59 * MINUTE_MS)).toMatchObject({ again: [], declare: [] });
    expect(refusals.due(60 * MINUTE_MS).declare.map(({ id }) => id)).toEqual([1]);
    expect(refusals.meet(row(4), 61 * MINUTE_MS)).toBe('aside');
    // Row 2 was met in the forty-first minute: it is given back then, and declared when it is met again.
    expect(refusals.due(101 * MINUTE_MS).again).toEqual([2]);
    expect(refusals.meet(row(2), 101 * MINUTE_MS)).toBe('declare');
    expect(refusals.meet(row(5), 101 * MINUTE_MS)).toBe('aside');
  });

  it('take all losses along when observations are declared, so that there is one of them', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.meet(row(1), 0);
    refusals.refused(row(1), 0);
    refusals.meet(row(2, 'loss'), 59 * MINUTE_MS);
    expect(refusals.due(60 * MINUTE_MS)).toMatchObject({ again: [2], declare: [{ id: 1 }] });
    expect(refusals.meet(row(2, 'loss'), 60 * MINUTE_MS)).toBe('declare');
    expect(refusals.meet(row(3, 'loss'), 60 * MINUTE_MS)).toBe('aside');
  });

  it('open everything when the session is over, and know afterwards how long it has been', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.meet(row(1), 0);
    refusals.refused(row(1), 0);
    refusals.meet(row(2), 1);
    refusals.meet(row(3), 1);
    expect([...refusals.over()].toSorted()).toEqual([1, 2, 3]);
    expect(refusals.aside).toBe(0);
    expect(refusals.meet(row(1), 10_000)).toBe('aside');
    for (let ms = MINUTE_MS; ms <= HOUR_MS; ms += MINUTE_MS) refusals.due(ms);
    expect(refusals.meet(row(2), HOUR_MS)).toBe('aside');
    expect(refusals.due(HOUR_MS + 5 * MINUTE_MS).declare.map(({ id }) => id)).toEqual([2]);
  });

  it('are forgotten when nothing has rested for long', () => {
    const refusals = new Refusals(HOUR_MS);
    refusals.meet(row(1), 0);
    refusals.refused(row(1), 0);
    refusals.due(HOUR_MS);
    expect(refusals.resting).toEqual(['a']);
    refusals.due(2 * HOUR_MS);
    refusals.due(3 * HOUR_MS);
    expect(refusals.resting).toEqual([]);
  });
});
