import { describe, expect, it } from 'vitest';
import { bytes, type Register, registerText, wordsOf } from '../../src/driver-kit.ts';
import {
  decodeBlock,
  planBlocks,
  type RegisterType,
  registerOrders,
  registerTypes,
} from '../../src/protocol/modbus-registers.ts';

const at = (address: number, type: RegisterType = 'float32'): Register => ({ quantity: 'voltage', address, type });

const plan = (registers: readonly Register[], most: number, gap: number) =>
  planBlocks(registers, { most, gap }).map(({ address, count }) => [address, count]);

function decoded(type: RegisterType, data: string, more: Partial<Register> = {}): unknown {
  const block = { address: 0x5b00, count: 4, registers: [{ ...at(0x5b00, type), ...more }] };
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

  it('reads registers that two values share once', () => {
    expect(plan([at(7, 'uint32'), at(7, 'uint16')], 125, 0)).toEqual([[7, 2]]);
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
    expect(decoded('int64', 'ff ff ff ff ff ff ff fe')).toBe(-2);
    expect(decoded('uint64', '00 00 00 01 00 00 00 02')).toBe(4_294_967_298);
    expect(decoded('float64', 'c0 37 7b 4a 23 39 c0 eb')).toBeCloseTo(-23.4816, 4);
  });

  it('decodes each order', () => {
    expect(decoded('uint32', '01 02 03 04', { order: 'ABCD' })).toBe(0x0102_0304);
    expect(decoded('uint32', '03 04 01 02', { order: 'CDAB' })).toBe(0x0102_0304);
    expect(decoded('uint32', '02 01 04 03', { order: 'BADC' })).toBe(0x0102_0304);
    expect(decoded('uint32', '04 03 02 01', { order: 'DCBA' })).toBe(0x0102_0304);
    expect(decoded('int32', 'ff fe ff ff', { order: 'CDAB' })).toBe(-2);
    expect(decoded('uint64', '00 02 00 01 00 00 00 00', { order: 'CDAB' })).toBe(65_538);
    expect(decoded('uint16', '02 01', { order: 'CDAB' })).toBe(0x0201);
    expect(decoded('uint16', '02 01', { order: 'DCBA' })).toBe(0x0102);
  });

  it.each(registerOrders)('reads what a unit writes in order %s', (order) => {
    for (const type of registerTypes) {
      const data = Buffer.alloc(8);
      for (const [at, word] of wordsOf(1234, type, order).entries()) data.writeUInt16BE(word, 2 * at);
      expect(decoded(type, data.toString('hex'), { order }), type).toBe(1234);
    }
  });

  it('takes some bits of a register', () => {
    expect(decoded('uint16', '00 a4', { bits: { first: 5, count: 3 } })).toBe(5);
    expect(decoded('uint16', '80 00', { bits: { first: 15, count: 1 } })).toBe(1);
  });

  it('tells what the meter says it has not as a fault', () => {
    const fault = { value: null, quality: 'fault', why: 'not-available' };
    const isAbsent = (bits: number) => bits === 0x7fff_ffff;
    expect(decoded('int32', 'ff ff 7f ff', { order: 'CDAB', isAbsent })).toEqual(fault);
    expect(decoded('int32', '7f ff ff ff', { order: 'CDAB', isAbsent })).toBe(-32_769);
  });

  it('reads text up to its filling', () => {
    expect(registerText(bytes('42 32 33 20 31 31 32 00 ff ff'))).toBe('B23 112');
    expect(registerText(bytes('69 45 4d 33 32 35 35 20 20 20'))).toBe('iEM3255');
  });

  it('scales to the quantity’s unit', () => {
    expect(decoded('uint32', '00 00 08 fe', { scale: 0.1 })).toBeCloseTo(230.2, 9);
    expect(decoded('uint16', '00 c8', { scale: 0.1, offset: -40 })).toBeCloseTo(-20, 9);
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
