import { expect } from 'vitest';
import { calibration } from '../../drivers/bme280/compensation.ts';
import { bytes } from '../../src/protocol/hex.ts';
import type { Adapter } from './adapter.ts';
import { type BoschVector, bme280 } from './bme280.ts';

interface DecodedVector extends BoschVector {
  readonly calibration_0x88_24?: string;
  readonly calibration_decoded?: Readonly<Record<string, number>>;
}

/** The BMP280 datasheet's example: what the BME280's sets hold, and the calibration word by word. */
export const bmp280: Adapter = (file) => {
  const { vectors } = file.json as { readonly vectors: readonly DecodedVector[] };
  return [
    ...bme280(file),
    ...vectors.flatMap(({ id, calibration_0x88_24: registers, calibration_decoded: words }) =>
      registers && words ? [{ name: `${id}: calibration`, run: () => decoded(registers, words) }] : [],
    ),
  ];
};

function decoded(registers: string, words: Readonly<Record<string, number>>): void {
  const ours = Object.entries(calibration(bytes(registers))).map(([name, word]) => [`dig_${name.toLowerCase()}`, word]);
  expect(Object.fromEntries(ours)).toEqual(words);
}
