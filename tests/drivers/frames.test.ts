import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ld2410 from '../../drivers/ld2410/frames.ts';
import * as mhz19 from '../../drivers/mh-z19/frames.ts';
import * as pms5003 from '../../drivers/pms5003/frames.ts';
import * as sds011 from '../../drivers/sds011/frames.ts';

describe('the values in a frame', () => {
  const word = fc.integer({ min: 0, max: 0xffff });

  it('of an MH-Z19 are those of both bytes', () => {
    fc.assert(
      fc.property(word, (ppm) => {
        expect(mhz19.decode(Uint8Array.of(0xff, 0x86, ppm >> 8, ppm & 0xff, 0, 0, 0, 0, 0))).toBe(ppm);
      }),
    );
  });

  it('of a PMS5003 stand in words 4 to 12, the numbers per 0.1 L', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 9, maxLength: 9 }), (told) => {
        fc.pre(told.some((value) => value > 0));
        const body = [1, 2, 3, ...told, 0x9700].flatMap((value) => [value >> 8, value & 0xff]);
        const sample = pms5003.decode(Uint8Array.of(0x42, 0x4d, 0, 28, ...body, 0, 0), pms5003.ALL);
        expect(Object.values(sample)).toEqual(told.map((value, index) => (index < 3 ? value : value / 100)));
      }),
    );
  });

  it('of an SDS011 stand in two words, in tenths', () => {
    fc.assert(
      fc.property(word, word, (pm25, pm10) => {
        const report = Uint8Array.of(0xaa, 0xc0, pm25 & 0xff, pm25 >> 8, pm10 & 0xff, pm10 >> 8, 1, 2, 0, 0xab);
        expect(sds011.decode(report)).toEqual({ pm25: pm25 / 10, pm10: pm10 / 10 });
      }),
    );
  });

  it('of an LD2410 are those of the targets', () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 100 }), (moving, still, energy) => {
        const low = (value: number) => [value & 0xff, value >> 8];
        const told = ld2410.report(Uint8Array.of(2, 0xaa, 3, ...low(moving), energy, ...low(still), 7, 0, 0, 0x55, 0));
        expect(told).toMatchObject({ moving: { distanceCm: moving, energy }, still: { distanceCm: still, energy: 7 } });
      }),
    );
  });
});
