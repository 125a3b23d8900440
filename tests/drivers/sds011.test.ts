import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, frames } from '../../drivers/sds011/frames.ts';

const sum = (data: readonly number[]) => data.reduce((total, byte) => total + byte, 0) % 256;

const framed = (data: readonly number[]) => [0xaa, 0xc0, ...data, sum(data), 0xab];

/** What the parser finds in `bytes` when they come in chunks that end at `cuts`. */
function heard(bytes: readonly number[], cuts: readonly number[]): number[][] {
  const found: number[][] = [];
  let rest: Uint8Array = new Uint8Array();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    const parsed = frames(Uint8Array.from([...rest, ...bytes.slice(from, end)]));
    found.push(...parsed.found.map((frame) => [...frame]));
    rest = parsed.rest;
    from = end;
  }
  return found;
}

// Heads, kinds and tails far more often than chance would have them.
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xaa, 0xab, 0xc0, 0xc5));
const data = fc.array(byte, { minLength: 6, maxLength: 6 });
const garbage = fc.array(byte, { maxLength: 200, size: 'max' });
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('the frames of an SDS011', () => {
  it('are never found in bytes whose checksum is wrong, wherever the line cuts them', () => {
    fc.assert(
      fc.property(garbage, cuts, (bytes, at) => {
        for (const frame of heard(bytes, at)) {
          expect(frame).toHaveLength(10);
          expect([frame[0], frame[9]]).toEqual([0xaa, 0xab]);
          expect(frame[8]).toBe(sum(frame.slice(2, 8)));
        }
      }),
    );
  });

  it('are found again within two frames after any garbage', () => {
    fc.assert(
      fc.property(garbage, fc.array(data, { minLength: 2, maxLength: 6 }), cuts, (noise, reports, at) => {
        const sent = reports.map(framed);
        const found = heard([...noise, ...sent.flat()], at);
        expect(found.slice(-(sent.length - 1))).toEqual(sent.slice(1));
      }),
    );
  });

  it('do not depend on where the line cuts them', () => {
    fc.assert(
      fc.property(garbage, data, garbage, cuts, (before, report, after, at) => {
        const bytes = [...before, ...framed(report), ...after];
        expect(heard(bytes, at)).toEqual(heard(bytes, []));
      }),
    );
  });

  it('tell values over the whole of both words', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }), (pm25, pm10) => {
        const report = framed([pm25 % 256, pm25 >> 8, pm10 % 256, pm10 >> 8, 1, 2]);
        expect(decode(Uint8Array.from(report))).toEqual({ pm25: pm25 / 10, pm10: pm10 / 10 });
      }),
    );
  });
});
