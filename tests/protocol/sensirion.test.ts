import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, hex } from '../../src/protocol/hex.ts';
import {
  checkedWords,
  floatsOf,
  Patience,
  textOf,
  textWords,
  uint32Of,
  wordBytes,
} from '../../src/protocol/sensirion.ts';

const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 32 });

describe('the words of Sensirion’s I2C parts', () => {
  it('carry the checksum of the datasheets’ example', () => {
    expect(hex(Uint8Array.from(wordBytes(0xbeef)))).toBe('be ef 92');
    expect(checkedWords(bytes('beef92'))).toEqual([0xbeef]);
  });

  it('come back as they went', () => {
    fc.assert(
      fc.property(words, (sent) => {
        expect(checkedWords(Uint8Array.from(sent.flatMap(wordBytes)))).toEqual(sent);
      }),
    );
  });

  it('are refused with any one byte altered, value or checksum', () => {
    fc.assert(
      fc.property(words, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, where, flip) => {
        const answer = Uint8Array.from(sent.flatMap(wordBytes));
        const place = where % answer.length;
        answer[place] = (answer[place] ?? 0) ^ flip;
        expect(() => checkedWords(answer)).toThrow(expect.objectContaining({ kind: 'checksum' }));
      }),
    );
  });

  it('hold texts that end at the first zero', () => {
    expect(textWords('SEN55', 4)).toEqual([0x5345, 0x4e35, 0x3500, 0]);
    expect(textOf([0x5345, 0x4e35, 0x3500, 0x4141])).toBe('SEN55');
    expect(textOf([0x4142, 0x4344])).toBe('ABCD');
  });

  it('hold floats and long numbers, the high word first', () => {
    // The interface description of the SCD30 has these three.
    const [co2 = 0, temperature = 0, humidity = 0] = floatsOf([0x43db, 0x8c2e, 0x41d9, 0xe7ff, 0x4243, 0x3a1b]);
    expect(co2).toBeCloseTo(439.095, 3);
    expect(temperature).toBeCloseTo(27.238, 3);
    expect(humidity).toBeCloseTo(48.807, 3);
    expect(uint32Of([0x8009, 0x3a80])).toBe(0x80093a80);
  });
});

describe('patience', () => {
  it('counts from the first time that nothing new came, not from the last measurement', () => {
    const patience = new Patience(15_000);
    patience.strain(60_000);
    patience.strain(74_999);
    expect(() => patience.strain(75_000)).toThrow(expect.objectContaining({ kind: 'not-ready' }));
  });

  it('is whole again after a measurement', () => {
    const patience = new Patience(15_000);
    patience.strain(0);
    patience.renew();
    patience.strain(60_000);
  });
});
