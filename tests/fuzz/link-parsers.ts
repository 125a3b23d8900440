import fc from 'fast-check';
import { framesIn } from '../../drivers/mbus/frames.ts';
import { telegramIn } from '../../drivers/mbus/telegram.ts';
import { readRegisters, SensorError, unframed } from '../../src/driver-kit.ts';
import { answerIn } from '../../src/protocol/shdlc.ts';
import { lineThatSays } from '../protocol/modbus-line.ts';
import { windows } from './framed-parsers.ts';
import type { FuzzedParser, Sound } from './parser.ts';
import { crc16Of } from './reckoned.ts';
import { byteOf } from './streams.ts';

const hexOf = (bytes: Iterable<number>) => Buffer.from(Uint8Array.from(bytes)).toString('hex');

function sum(bytes: Iterable<number>): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total;
}

// EN 13757-2: 68 L L 68, what L counts, its sum modulo 256, 16.
const OF_MBUS = [0x68, 0x16, 0xe5, 0x10, 0x08, 0x72, 0x78, 0x0c, 0x13, 0x84, 0xfd] as const;
const mbusFrame = (counted: readonly number[]) =>
  Uint8Array.of(0x68, counted.length, counted.length, 0x68, ...counted, sum(counted) % 256, 0x16);

const mbus: FuzzedParser = {
  name: 'M-Bus',
  special: OF_MBUS,
  frame: fc
    .tuple(
      fc.nat(255),
      fc.constantFrom(0x70, 0x72, 0x73, 0x76, 0x78, 0x7a),
      fc.array(byteOf(...OF_MBUS), { maxLength: 60 }),
    )
    .map(([address, information, data]) => mbusFrame([8, address, information, ...data])),
  last: [mbusFrame([8, 1, 0x78, 0x0c, 0x13, 1, 7, 7, 7]), mbusFrame([8, 2, 0x78, 0x0c, 0x13, 2, 7, 7, 7])],
  hear(pieces) {
    const heard: string[] = [];
    let rest: Uint8Array = new Uint8Array();
    // The silence after the last piece: what only began like a frame is none.
    for (const [index, piece] of [...pieces, new Uint8Array()].entries()) {
      const parsed = framesIn(Buffer.concat([rest, piece]), index === pieces.length);
      rest = parsed.rest;
      for (const frame of parsed.found) {
        if (frame.kind === 'long') readOrRefused(() => telegramIn(frame));
        const { control, address } = frame.kind === 'acknowledge' ? { control: '', address: '' } : frame;
        heard.push(
          frame.kind === 'long'
            ? hexOf([frame.control, frame.address, frame.information, ...frame.data])
            : `${frame.kind} ${control} ${address}`,
        );
      }
    }
    return heard;
  },
  soundIn: (stream) => [
    ...windows(stream, 0x68, (all, at) => {
      const length = all[at + 1] ?? 0;
      const isFramed = all[at + 2] === length && all[at + 3] === 0x68 && all[at + length + 5] === 0x16 && length >= 3;
      return isFramed && all[at + length + 4] === sum(all.subarray(at + 4, at + 4 + length)) % 256
        ? length + 6
        : undefined;
    }).map((one) => ({ ...one, says: one.says.slice(8, -4) })),
    ...windows(stream, 0x10, (all, at) => {
      return all[at + 3] === ((all[at + 1] ?? 0) + (all[at + 2] ?? 0)) % 256 && all[at + 4] === 0x16 ? 5 : undefined;
    }).map((one) => ({ ...one, says: `short ${stream[one.from + 1]} ${stream[one.from + 2]}` })),
    ...windows(stream, 0xe5, () => 1).map((one) => ({ ...one, says: 'acknowledge  ' })),
  ],
};

/** A driver may refuse a frame whose checksum is right, with a reason; anything else is a crash. */
function readOrRefused(read: () => unknown): void {
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof SensorError)) throw cause;
  }
}

// Sensirion: 7e, stuffed bytes of which the last is the inverted sum of the others, 7e.
const OF_SHDLC = [0x7e, 0x7d, 0x5e, 0x5d, 0x11, 0x13, 0x31, 0x33, 0x00] as const;
const shdlcFrame = (content: readonly number[]) => {
  const plain = [...content, 255 - (sum(content) % 256)];
  const stuffed = plain.flatMap((byte) => ([0x7e, 0x7d, 0x11, 0x13].includes(byte) ? [0x7d, byte ^ 0x20] : [byte]));
  return Uint8Array.of(0x7e, ...stuffed, 0x7e);
};

const shdlc: FuzzedParser = {
  name: 'SHDLC',
  special: OF_SHDLC,
  frame: fc
    .tuple(
      fc.constantFrom(0, 3, 0x7e),
      fc.constantFrom(0, 0x80, 0x13),
      fc.array(byteOf(...OF_SHDLC), { maxLength: 60 }),
    )
    .map(([command, state, bytes]) => shdlcFrame([0, command, state, bytes.length, ...bytes])),
  last: [shdlcFrame([0, 3, 0, 2, 1, 2]), shdlcFrame([0, 3, 0, 2, 3, 4])],
  hear(pieces) {
    const heard: string[] = [];
    let rest: Uint8Array = new Uint8Array();
    for (const piece of pieces) {
      const parsed = unframed(Buffer.concat([rest, piece]));
      rest = parsed.rest;
      for (const content of parsed.found) {
        const answer = answerIn(content);
        if (answer) heard.push(hexOf(content));
      }
    }
    return heard;
  },
  soundIn(stream) {
    const flags = [...stream.entries()].flatMap(([at, byte]) => (byte === 0x7e ? [at] : []));
    return flags.slice(1).flatMap((end, index): Sound<string>[] => {
      const begin = flags[index] ?? 0;
      const plain: number[] = [];
      for (let at = begin + 1; at < end; at += 1) {
        if (stream[at] === 0x7d) plain.push((stream[++at] ?? 0) ^ 0x20);
        else plain.push(stream[at] ?? 0);
      }
      const content = plain.slice(0, -1);
      const isSound = plain.at(-1) === 255 - (sum(content) % 256) && content[3] === content.length - 4;
      return isSound ? [{ from: begin, to: end + 1, says: hexOf(content) }] : [];
    });
  },
};

// MODBUS over serial line: unit, function, content, CRC with its low byte first.
const OF_MODBUS = [0x01, 0x04, 0x84, 0x02, 0x06] as const;
const modbusFrame = (unsigned: readonly number[]) => {
  const crc = crc16Of(unsigned, 0xffff);
  return Uint8Array.of(...unsigned, crc & 0xff, crc >> 8);
};
const registers = fc.array(byteOf(...OF_MODBUS), { minLength: 4, maxLength: 4 });

const modbus: FuzzedParser = {
  name: 'Modbus RTU (and Senseair S8)',
  special: OF_MODBUS,
  limitBytes: 512,
  frame: fc.oneof(
    registers.map((four) => modbusFrame([1, 4, 4, ...four])),
    registers.map((four) => modbusFrame([2, 4, 4, ...four])),
    fc.constant(modbusFrame([1, 4, 0, 0, 0, 2])),
    fc.nat(11).map((exception) => modbusFrame([1, 0x84, exception])),
  ),
  last: [modbusFrame([1, 4, 4, 0x43, 0x66, 0x33, 0x34]), modbusFrame([1, 4, 4, 0x43, 0x66, 0x33, 0x35])],
  async hear(pieces) {
    const question = { function: 4, address: 0, count: 2 } as const;
    try {
      return [hexOf(await readRegisters(lineThatSays(pieces).device, question))];
    } catch (cause) {
      if (!(cause instanceof SensorError)) throw cause;
      const [, exception] = /exception (\d+)/.exec(cause.message) ?? [];
      return exception === undefined ? [] : [`exception ${exception}`];
    }
  },
  soundIn: (stream) =>
    windows(stream, 1, (all, at) => {
      const size = all[at + 1] === 4 && all[at + 2] === 4 ? 9 : all[at + 1] === 0x84 ? 5 : 0;
      const crc = crc16Of(all.subarray(at, at + size - 2), 0xffff);
      const isSigned = all[at + size - 2] === (crc & 0xff) && all[at + size - 1] === crc >> 8;
      return size > 0 && isSigned ? size : undefined;
    }).map((one) => ({
      ...one,
      says: one.to - one.from === 9 ? one.says.slice(6, -4) : `exception ${stream[one.from + 2]}`,
    })),
};

/** The protocols of shared lines and of Sensirion. */
export const linkParsers: readonly FuzzedParser[] = [mbus, modbus, shdlc];
