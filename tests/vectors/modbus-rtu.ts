import { expect } from 'vitest';
import { bytes, hex, readRegisters } from '../../src/driver-kit.ts';
import { frame, isIntact } from '../../src/protocol/modbus-rtu.ts';
import { lineThatSays } from '../protocol/modbus-line.ts';
import type { Adapter, Vector } from './adapter.ts';

interface Example {
  readonly bytes?: string;
  readonly expected?: { readonly voltage_V: number };
}

interface FramerSet {
  readonly crc?: readonly { readonly bytes: string; readonly crc_wire_order: string }[];
  readonly rtu_frames?: readonly { readonly device: number; readonly pdu: string; readonly frame: string }[];
  readonly bad?: readonly { readonly frame: string; readonly expect: string }[];
}

/**
 * Frames of others: a documented answer of a meter, and a framer's test set. Every frame is built and checked; those
 * that answer a read (function 3 or 4) are also read by our client as the answer to a fitting request.
 */
export const modbusRtu: Adapter = ({ name, json }) => {
  const { bytes: answer, expected, crc = [], rtu_frames: frames = [], bad = [] } = json as Example & FramerSet;
  const vectors: Vector[] = [
    ...crc.map((vector) => ({
      name: `CRC of ${vector.bytes}`,
      run: () => checksum(vector.bytes, vector.crc_wire_order),
    })),
    ...frames.map((vector) => ({
      name: `frame ${vector.frame}`,
      run: () => built(vector.device, vector.pdu, vector.frame),
    })),
    ...frames.map((vector) => ({ name: `answer ${vector.frame}`, run: () => asAnswer(vector.frame) })),
    ...bad.map((vector) => ({ name: `${vector.frame}: ${vector.expect}`, run: () => refused(vector.frame) })),
  ];
  if (answer && expected) vectors.push({ name: `${name}: ${answer}`, run: () => example(answer, expected.voltage_V) });
  return vectors;
};

function checksum(message: string, crc: string): void {
  const [unit = 0, ...pdu] = bytes(message);
  expect(hex(frame(unit, Uint8Array.from(pdu)).subarray(-2))).toBe(hex(bytes(crc)));
}

function built(unit: number, pdu: string, whole: string): void {
  expect(hex(frame(unit, bytes(pdu)))).toBe(hex(bytes(whole)));
  expect(isIntact(bytes(whole))).toBe(true);
}

async function asAnswer(whole: string): Promise<void> {
  const answer = bytes(whole);
  const [, code = 0, byteCount = 0] = answer;
  const isData = (code === 3 || code === 4) && answer.length === byteCount + 5;
  if (isData) expect(hex(await heard(answer, byteCount / 2))).toBe(hex(answer.subarray(3, -2)));
  else if (code === 0x83 || code === 0x84) await expect(heard(answer)).rejects.toMatchObject({ kind: 'refused' });
  // A request or another function's frame is no answer to a read, however intact.
  else await expect(heard(answer)).rejects.toMatchObject({ kind: 'timeout' });
}

async function refused(whole: string): Promise<void> {
  expect(isIntact(bytes(whole))).toBe(false);
  await expect(heard(bytes(whole))).rejects.toMatchObject({ kind: 'checksum' });
}

async function example(answer: string, volts: number): Promise<void> {
  const data = await heard(bytes(answer), 2);
  expect(Buffer.from(data).readFloatBE()).toBeCloseTo(volts, 4);
}

/** What our client makes of bytes that come in after it asked their sender for `count` registers. */
function heard(answer: Uint8Array, count = 2): Promise<Uint8Array> {
  const [address = 0, code = 0] = answer;
  const { device } = lineThatSays([answer], { address, baudRate: 9600 });
  return readRegisters(device, { function: (code & 0x7f) === 4 ? 4 : 3, address: 0, count });
}
