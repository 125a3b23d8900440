import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forms } from '../../src/feed/contract.ts';
import { isValid } from '../support/feed.ts';
import { lossOf, metaOf, obsOf, reading, stateOf } from './messages.ts';

const whole = {
  obs: obsOf(1, {
    dur: 300,
    obs: [
      { ...reading, why: 'jump' },
      { ...reading, v: null, q: 'fault' },
    ],
  }),
  loss: lossOf(9, [{ from: 2, to: 4, reason: 'quota' }]),
  meta: metaOf({
    firmware: '1',
    serialNumber: 'b',
    placement: 'outdoor',
    location: { lat: 52.3, lon: 4.9 },
    height: 3.5,
    streams: [
      { n: 'a', quantity: 'b', u: 'm', kind: 'mean', period: 60, range: [0, 1], calibration: 'raw' },
      { n: 'c', quantity: 'd', u: 's', kind: 'sum', range: [-1, 1], calibration: 'local' },
    ],
    governance: {
      owner: 'a',
      contact: 'b',
      goal: 'c',
      legalGround: 'd',
      privacyUrl: 'e',
      audience: 'f',
      registerReference: 'g',
      personalData: true,
      activeUntil: '2028-02-29',
      minGroup: 15,
    },
  }),
  state: stateOf({ durableUntil: '2026-11-23T16:04:00.000Z' }),
  batch: [obsOf(1), lossOf(2, [{ from: 1, to: 1, reason: 'unclean' }])],
} as const;

type Kind = keyof typeof whole;
const kinds = Object.keys(whole) as Kind[];

/** Every place in a message: the paths to all that can be changed or taken away. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...inside.flatMap(([key, element]) => placesIn(element, [...path, key]))];
}

/** A copy with something else in one place; undefined takes it away. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  if (rest.length > 0) copy[key] = changed(copy[key], rest, to);
  else if (to !== undefined) copy[key] = to;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

const times = ['2026-02-29', '2026-06-30T23:59:60.000Z', '2026-06-30T12:59:60.000Z', '2026-11-23T24:00:00.000Z'];
const places = ['x-', '-', 'x--y', 'X', 'é', 'a'.repeat(40), 'a'.repeat(41), 'a_b', '_a', 'x\n'];
const words = ['', 'ok', 'fault', 'withheld', 'quota', 'ntp', 'indoor', 'counter', '2026-11-23T16:05:00Z'];
const uuids = ['5F0C7C1E-6A0E-4B5E-9A53-3D1F5A0A7C11', '5f0c7c1e6a0e4b5e9a533d1f5a0a7c11'];
const numbers = [0, -0, 1, 2, -1, 1.5, 1e300, Number.POSITIVE_INFINITY, 91, 181];
const others = [undefined, null, true, false, [], {}, [1], [1, 2], [1, 2, 3], [null], JSON.parse('{"__proto__":1}')];
const spoilers: readonly unknown[] = [...times, ...places, ...words, ...uuids, ...numbers, ...others];

describe.each(kinds)('the check of %s', (kind) => {
  const agree = (value: unknown) => {
    const fault = forms[kind](value);
    expect(fault === undefined, `${JSON.stringify(value)}: ${fault}`).toBe(isValid(kind, value));
  };

  it('takes what the schema takes', () => {
    expect(forms[kind](whole[kind])).toBeUndefined();
    expect(isValid(kind, whole[kind])).toBe(true);
  });

  it('says what the published schema says of a message with anything in any place', () => {
    for (const place of placesIn(whole[kind])) {
      for (const spoiler of spoilers) agree(changed(whole[kind], place, spoiler));
      for (const key of ['sent', '__proto__', 'constructor', 'heads']) {
        agree(changed(whole[kind], [...place.slice(0, -1), key], 1));
      }
    }
  });

  it('says what it says of one that is spoilt in several places', () => {
    const spoilt = fc.tuple(
      fc.constantFrom(...placesIn(whole[kind])),
      fc.oneof(fc.constantFrom(...spoilers), fc.jsonValue()),
    );
    fc.assert(
      fc.property(fc.array(spoilt, { maxLength: 3 }), (changes) => {
        let value: unknown = whole[kind];
        for (const [place, to] of changes) {
          try {
            value = changed(value, place, to);
          } catch {
            return; // the place went with an earlier change
          }
        }
        agree(value);
      }),
      { numRuns: 500 },
    );
  });
});
