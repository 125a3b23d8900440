import { expect } from 'vitest';
import { crc8 } from '../../src/protocol/crc.ts';
import { bytes } from '../../src/protocol/hex.ts';
import type { Adapter } from './adapter.ts';

/** The checksum that all Sensirion parts share, as others compute it. */
export const sensirionCommon: Adapter = ({ json }) => {
  const { vectors } = json as { readonly vectors: readonly { readonly bytes: string; readonly crc: string }[] };
  return vectors.map((vector) => ({
    name: `CRC-8 of "${vector.bytes}"`,
    run: () => {
      const crc = crc8(bytes(vector.bytes), { polynomial: 0x31, initial: 0xff });
      expect(crc).toBe(Number.parseInt(vector.crc, 16));
    },
  }));
};
