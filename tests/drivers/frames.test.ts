import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ld2410 from '../../drivers/ld2410/frames.ts';
import * as mhz19 from '../../drivers/mh-z19/frames.ts';
import * as pms5003 from '../../drivers/pms5003/frames.ts';
import * as sds011 from '../../drivers/sds011/frames.ts';
import type { FrameAt } from '../../src/driver-kit.ts';
import { alteration, altered, byteOf, cuts, heard } from './frames.ts';

interface Kind {
  readonly name: string;
  readonly frameAt: FrameAt;
  readonly byte: fc.Arbitrary<number>;
  /** A frame that a part may send. */
  readonly frame: fc.Arbitrary<readonly number[]>;
  /** The rules of a frame, written down a second time. */
  isSound(frame: readonly number[]): boolean;
}

const sum = (bytes: readonly number[]) => bytes.reduce((total, byte) => total + byte, 0);
const data = (byte: fc.Arbitrary<number>, length: number) => fc.array(byte, { minLength: length, maxLength: length });

const ofMhz19 = byteOf(0xff, 0x86, 0x01, 0x00);
const ofSds011 = byteOf(0xaa, 0xab, 0xc0, 0xc5);
const ofPms5003 = byteOf(0x42, 0x4d, 0x00, 0x1c, 0x04);
const ofLd2410 = byteOf(0xf4, 0xf3, 0xf2, 0xf1, 0xf8, 0xf7, 0xf6, 0xf5, 0xfd, 0xaa, 0x55, 0x00, 0x0d, 0x23, 0x01, 0x02);

const words = (frame: readonly number[], at: number) => (frame[at] ?? 0) * 256 + (frame[at + 1] ?? 0);

function basicReport(target: readonly number[]): readonly number[] {
  return [0xf4, 0xf3, 0xf2, 0xf1, 13, 0, 2, 0xaa, ...target, 0x55, 0, 0xf8, 0xf7, 0xf6, 0xf5];
}

const target = fc
  .tuple(fc.integer({ min: 0, max: 6 }), ofLd2410, ofLd2410, fc.integer({ min: 0, max: 100 }), ofLd2410)
  .map(([state, low, high, energy, detection]) => [state, low, high, energy, high, low, energy, detection, low]);

const kinds: readonly Kind[] = [
  {
    name: 'an MH-Z19',
    frameAt: mhz19.frameAt,
    byte: ofMhz19,
    frame: data(ofMhz19, 6).map((six) => [0xff, 0x86, ...six, (256 - ((0x86 + sum(six)) % 256)) % 256]),
    isSound: (frame) => frame.length === 9 && frame[0] === 0xff && sum(frame.slice(1)) % 256 === 0,
  },
  {
    name: 'an SDS011',
    frameAt: sds011.frameAt,
    byte: ofSds011,
    frame: data(ofSds011, 6).map((six) => [0xaa, 0xc0, ...six, sum(six) % 256, 0xab]),
    isSound: (frame) =>
      frame.length === 10 && frame[0] === 0xaa && frame[9] === 0xab && frame[8] === sum(frame.slice(2, 8)) % 256,
  },
  {
    name: 'a PMS5003',
    frameAt: pms5003.frameAt,
    byte: ofPms5003,
    frame: data(ofPms5003, 26).map((body) => {
      const total = sum([0x42, 0x4d, 0, 28, ...body]);
      return [0x42, 0x4d, 0, 28, ...body, total >> 8, total % 256];
    }),
    isSound: (frame) =>
      frame[0] === 0x42 &&
      frame[1] === 0x4d &&
      words(frame, 2) === frame.length - 4 &&
      words(frame, frame.length - 2) === sum(frame.slice(0, -2)),
  },
  {
    name: 'an LD2410',
    frameAt: ld2410.frameAt,
    byte: ofLd2410,
    frame: target.map(basicReport),
    isSound: (frame) => {
      const ends = Buffer.from([...frame.slice(0, 4), ...frame.slice(-4)]).toString('hex');
      const isReport = frame.at(7) === 0xaa && frame.at(-6) === 0x55 && frame.at(-5) === 0;
      return (
        (frame[4] ?? 0) + 256 * (frame[5] ?? 0) === frame.length - 10 &&
        ((ends === 'f4f3f2f1f8f7f6f5' && isReport) || (ends === 'fdfcfbfa04030201' && frame[7] === 1))
      );
    },
  },
];

describe.each(kinds)('the frames of $name', ({ frameAt, byte, frame, isSound }) => {
  const garbage = fc.array(byte, { maxLength: 200, size: 'max' });

  it('are never found in bytes that break the rules, wherever the line cuts them', () => {
    fc.assert(
      fc.property(garbage, cuts, (bytes, at) => {
        for (const found of heard(frameAt, bytes, at)) expect(isSound(found)).toBe(true);
      }),
    );
  });

  it('are never found with a byte altered, unless they still keep to the rules', () => {
    fc.assert(
      fc.property(garbage, frame, alteration, cuts, (noise, sent, alteration, at) => {
        const damaged = altered(sent, alteration);
        for (const found of heard(frameAt, [...noise, ...damaged, ...noise], at)) expect(isSound(found)).toBe(true);
        if (!isSound(damaged)) expect(heard(frameAt, damaged, at)).not.toContainEqual(damaged);
      }),
    );
  });

  it('are found again within two frames after any garbage', () => {
    fc.assert(
      fc.property(garbage, fc.array(frame, { minLength: 2, maxLength: 6 }), cuts, (noise, sent, at) => {
        // What garbage makes of the first frame may take it away, but no more.
        const found = heard(frameAt, [...noise, ...sent.flat()], at);
        expect(found.slice(-(sent.length - 1))).toEqual(sent.slice(1));
      }),
    );
  });

  it('do not depend on where the line cuts them', () => {
    fc.assert(
      fc.property(garbage, frame, garbage, cuts, (before, sent, after, at) => {
        const bytes = [...before, ...sent, ...after];
        expect(heard(frameAt, bytes, at)).toEqual(heard(frameAt, bytes, []));
      }),
    );
  });
});

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
      fc.property(data(word, 9), (told) => {
        fc.pre(told.some((value) => value > 0));
        const body = [1, 2, 3, ...told, 0x9700].flatMap((value) => [value >> 8, value & 0xff]);
        const sample = pms5003.decode(Uint8Array.of(0x42, 0x4d, 0, 28, ...body, 0, 0), pms5003.ALL);
        expect(Object.values(sample)).toEqual(told.map((value, index) => (index < 3 ? value : value / 100)));
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
