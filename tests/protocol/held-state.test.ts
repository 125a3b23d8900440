import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldState, occupancyOf } from '../../src/driver-kit.ts';
import { reading } from '../../src/model/observation.ts';

function place(holdMs: number, repeatMs = 60_000) {
  const state = new HeldState({ holdMs, repeatMs });
  state.begin(false, { uptimeMs: 0, count: 7 });
  return state;
}

describe('a held state', () => {
  it('is told when it changes and from time to time, and at no other time', () => {
    const state = place(0);
    expect(state.due(0)).toMatchObject({ isOn: false, count: 7 });
    expect(state.due(59_999)).toBeUndefined();
    expect(state.due(60_000)).toMatchObject({ isOn: false });
    state.saw(true, 61_000);
    expect(state.due(61_500)).toEqual({ isOn: true, seconds: 0.5, count: 8 });
    expect(state.due(61_600)).toBeUndefined();
    expect(state.due(61_700, true)).toEqual({ isOn: true, seconds: 0.7, count: 8 });
  });

  it('does not know how long it has lasted if nobody saw it begin', () => {
    const state = place(0);
    expect(state.due(5000)?.seconds).toEqual({ value: 5, quality: 'estimated', why: 'begin-unseen' });
    state.saw(true, 6000);
    state.saw(false, 8000);
    expect(state.due(9000)).toEqual({ isOn: false, seconds: 1, count: 8 });
  });

  it('holds, and ends at the end of its hold however late that is noticed', () => {
    const state = place(30_000);
    state.saw(true, 1000);
    state.saw(false, 2000);
    expect(state.quietMs(2000)).toBe(0);
    expect(state.due(31_999)).toMatchObject({ isOn: true, seconds: 30.999 });
    expect(state.quietMs(31_999)).toBe(1);
    expect(state.due(50_000)).toMatchObject({ isOn: false, seconds: 18 });
  });

  it('counts what begins anew after its hold, and not what prolongs it', () => {
    const state = place(10_000);
    for (const at of [1000, 9000, 30_000]) {
      state.saw(true, at);
      state.saw(false, at + 1000);
    }
    expect(state.due(31_000)).toMatchObject({ isOn: true, count: 9, seconds: 1 });
  });

  it('never goes back in its count, never lasts less than no time, and waits no longer than it may', () => {
    const events = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 50_000 })), { maxLength: 60 });
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 40_000 }), (seen, holdMs) => {
        const state = place(holdMs);
        let [at, count] = [0, 7];
        for (const [isOn, afterMs] of seen) {
          at += afterMs;
          state.saw(isOn, at);
          const held = state.due(at, true);
          if (!held) throw new Error('news is told');
          expect(held.count).toBeGreaterThanOrEqual(count);
          expect(reading(held.seconds).value).toBeGreaterThanOrEqual(0);
          expect(state.quietMs(at)).toBeLessThanOrEqual(60_000);
          if (isOn) expect(held.isOn).toBe(true);
          else if (holdMs === 0) expect(held.isOn).toBe(false);
          count = held.count;
        }
      }),
    );
  });

  it('is told as the occupancy of a place in the same words by every part', () => {
    expect(occupancyOf({ isOn: true, seconds: 3, count: 4 })).toEqual({
      occupancy: 1,
      occupancy_duration: 3,
      occupancy_count: 4,
    });
  });
});
