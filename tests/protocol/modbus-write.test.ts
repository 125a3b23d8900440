import { describe, expect, it } from 'vitest';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { frame } from '../../src/protocol/modbus-rtu.ts';
import { answerTo } from '../../src/protocol/modbus-server.ts';
import { writeRegister } from '../../src/protocol/modbus-write.ts';
import { lineThatSays } from './modbus-line.ts';

// "ABC disable" of Senseair's document: unit 254, register 0x1f, value 0.
const REQUEST = bytes('fe 06 00 1f 00 00 ac 03');

function write(pieces: readonly Uint8Array[]) {
  const { device, written } = lineThatSays(pieces, { address: 0xfe, baudRate: 9600 });
  return { written, done: writeRegister(device, 0x1f, 0) };
}

describe('writing a register', () => {
  it('is done when the unit repeats the request, however the answer is cut and whatever comes before it', async () => {
    const { written, done } = write([bytes('00 fe'), REQUEST.subarray(0, 3), REQUEST.subarray(3)]);
    await done;
    expect(written.map(hex)).toEqual([hex(REQUEST)]);
  });

  it('is refused by an exception, which is named', async () => {
    await expect(write([frame(0xfe, Uint8Array.of(0x86, 3))]).done).rejects.toMatchObject({
      kind: 'refused',
      message: 'unit 254 refuses 0 in register 0x001f (exception 3)',
    });
  });

  it('is not done by an answer of another unit, to another request, or damaged', async () => {
    const other = frame(0xfe, Uint8Array.of(6, 0, 0x1f, 0, 1));
    await expect(write([other]).done).rejects.toMatchObject({ kind: 'timeout' });
    await expect(write([frame(1, REQUEST.subarray(1, 6))]).done).rejects.toMatchObject({ kind: 'checksum' });
    const damaged = Uint8Array.from(REQUEST, (byte, at) => (at === 4 ? byte ^ 1 : byte));
    await expect(write([damaged]).done).rejects.toMatchObject({ kind: 'checksum' });
    await expect(write([]).done).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('a unit whose registers can be written', () => {
  const written: [number, number][] = [];
  const unit = {
    responseMs: 1,
    words: () => new Map<number, number>(),
    write: (address: number, value: number) => {
      if (address !== 0x1f) return false;
      written.push([address, value]);
      return true;
    },
  };

  it('repeats the request, or refuses an address that it has not', () => {
    expect(answerTo(REQUEST, 0xfe, unit)).toEqual(REQUEST);
    expect(written).toEqual([[0x1f, 0]]);
    const elsewhere = frame(0xfe, Uint8Array.of(6, 0, 0x20, 0, 0));
    expect(answerTo(elsewhere, 0xfe, unit)).toEqual(frame(0xfe, Uint8Array.of(0x86, 2)));
    const { write: _, ...unwritable } = unit;
    expect(answerTo(REQUEST, 0xfe, { ...unwritable, words: () => undefined })).toEqual(
      frame(0xfe, Uint8Array.of(0x86, 1)),
    );
  });
});
