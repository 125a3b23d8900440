import { describe, expect, it } from 'vitest';
import { bytes, type Register } from '../../src/driver-kit.ts';
import { decodeBlock, planBlocks, type RegisterType } from '../../src/protocol/modbus-registers.ts';

const at = (address: number, type: RegisterType = 'float32'): Register => ({ quantity: 'voltage', address, type });

const plan = (registers: readonly Register[], most: number, gap: number) =>
  planBlocks(registers, { most, gap }).map(({ address, count }) => [address, count]);

function decoded(type: RegisterType, data: string, scale = 1): unknown {
  const block = { address: 0x5b00, count: 4, registers: [{ ...at(0x5b00, type), scale }] };
  return decodeBlock(block, bytes(data)).voltage;
}

describe('a register map', () => {
  it('reads neighbours in one request, in whatever order they are written', () => {
    expect(plan([at(4), at(0), at(2)], 125, 0)).toEqual([[0, 6]]);
  });

  it('reads over a hole that is small enough', () => {
    expect(plan([at(0), at(6), at(15)], 125, 4)).toEqual([
      [0, 8],
      [15, 2],
    ]);
  });

  it('never cuts a value in two, nor asks for more than the limit or the specification allows', () => {
    expect(plan([at(0), at(2), at(4)], 5, 0)).toEqual([
      [0, 4],
      [4, 2],
    ]);
    const many = Array.from({ length: 80 }, (_, index) => at(2 * index));
    expect(plan(many, 1000, 0)).toEqual([
      [0, 124],
      [124, 36],
    ]);
  });

  it('decodes each form', () => {
    expect(decoded('float32', '43 66 33 34')).toBeCloseTo(230.2, 4);
    expect(decoded('int16', 'ff fe')).toBe(-2);
    expect(decoded('uint16', 'ff fe')).toBe(65_534);
    expect(decoded('int32', 'ff ff ff fe')).toBe(-2);
    expect(decoded('uint32', '00 01 00 02')).toBe(65_538);
    expect(decoded('int32 low word first', 'ff fe ff ff')).toBe(-2);
    expect(decoded('int32 low word first', '00 02 00 01')).toBe(65_538);
    expect(decoded('uint32 low word first', 'ff fe ff ff')).toBe(4_294_967_294);
    expect(decoded('int64', 'ff ff ff ff ff ff ff fe')).toBe(-2);
    expect(decoded('uint64', '00 00 00 01 00 00 00 02')).toBe(4_294_967_298);
  });

  it('scales to the quantity’s unit', () => {
    expect(decoded('uint32', '00 00 08 fe', 0.1)).toBeCloseTo(230.2, 9);
  });

  it('tells what is not a number as a fault', () => {
    const fault = { value: null, quality: 'fault', why: 'not-a-number' };
    expect(decoded('float32', '7f c0 00 00')).toEqual(fault);
    expect(decoded('float32', 'ff 80 00 00')).toEqual(fault);
  });

  it('takes each value from its own place in the block', () => {
    const [block] = planBlocks([at(10, 'uint16'), { ...at(13, 'uint16'), quantity: 'current' }], { most: 50, gap: 4 });
    const data = bytes('ee 00 07 00 00 00 00 00 09').subarray(1); // as it lies in an answer: not at the buffer's begin
    expect(block && decodeBlock(block, data)).toEqual({ voltage: 7, current: 9 });
  });
});
