import fc from 'fast-check';
import * as ld2410 from '../../drivers/ld2410/frames.ts';
import * as mhz19 from '../../drivers/mh-z19/frames.ts';
import * as pms5003 from '../../drivers/pms5003/frames.ts';
import * as sds011 from '../../drivers/sds011/frames.ts';
import { type FrameAt, framesIn } from '../../src/driver-kit.ts';
import type { FuzzedParser, Sound } from './parser.ts';
import { byteOf } from './streams.ts';

/** The frames that a driver of unasked parts takes out of these pieces, each decoded as the driver does, in hex. */
function heardBy(frameAt: FrameAt, decode: (frame: Uint8Array) => unknown) {
  return (pieces: readonly Uint8Array[]): string[] => {
    const heard: string[] = [];
    let rest: Uint8Array = new Uint8Array();
    for (const piece of pieces) {
      const parsed = framesIn(Buffer.concat([rest, piece]), frameAt);
      for (const frame of parsed.found) {
        decode(frame);
        heard.push(Buffer.from(frame).toString('hex'));
      }
      rest = parsed.rest;
    }
    return heard;
  };
}

/** Every place where a frame of one of these sizes begins with `head` and keeps to the rules. */
export function windows(
  stream: Uint8Array,
  head: number,
  sizeAt: (stream: Uint8Array, at: number) => number | undefined,
): Sound<string>[] {
  const found: Sound<string>[] = [];
  for (let from = stream.indexOf(head); from >= 0; from = stream.indexOf(head, from + 1)) {
    const size = sizeAt(stream, from);
    if (size === undefined || from + size > stream.length) continue;
    found.push({ from, to: from + size, says: Buffer.from(stream.subarray(from, from + size)).toString('hex') });
  }
  return found;
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total;
}

const data = (byte: fc.Arbitrary<number>, length: number) => fc.array(byte, { minLength: length, maxLength: length });

// Winsen: ff, 86, six bytes, and what makes the sum of all but the first 0 modulo 256.
const OF_MHZ19 = [0xff, 0x86, 0x01, 0x00] as const;
const mhz19Frame = (six: readonly number[]) => {
  const body = Uint8Array.of(0x86, ...six);
  return Uint8Array.of(0xff, ...body, (256 - (sum(body) % 256)) % 256);
};

// Nova: aa, c0 or c5, six bytes, their sum modulo 256, ab.
const OF_SDS011 = [0xaa, 0xab, 0xc0, 0xc5] as const;
const sds011Frame = (kind: number, six: readonly number[]) =>
  Uint8Array.of(0xaa, kind, ...six, sum(Uint8Array.from(six)) % 256, 0xab);

// Plantower: 42 4d, the length of what follows, data, and the sum of all before it in two bytes.
const OF_PMS5003 = [0x42, 0x4d, 0x00, 0x1c, 0x04] as const;
const pms5003Frame = (body: readonly number[]) => {
  const unsummed = Uint8Array.of(0x42, 0x4d, 0, body.length + 2, ...body);
  return Uint8Array.of(...unsummed, sum(unsummed) >> 8, sum(unsummed) & 0xff);
};

// Hi-Link: head, length, data, tail; no checksum.
const OF_LD2410 = [
  ...[0xf4, 0xf3, 0xf2, 0xf1, 0xf8, 0xf7, 0xf6, 0xf5, 0xfd, 0xfc, 0xfb, 0xfa, 0x04, 0x03, 0x02, 0x01],
  ...[0xaa, 0x55, 0x00, 0x0d, 0x23],
] as const;
const ld2410Report = (kind: number, told: readonly number[]) => {
  const content = [kind, 0xaa, ...told, 0x55, 0];
  return Uint8Array.of(0xf4, 0xf3, 0xf2, 0xf1, content.length, 0, ...content, 0xf8, 0xf7, 0xf6, 0xf5);
};
const ld2410Answer = (content: readonly number[]) =>
  Uint8Array.of(0xfd, 0xfc, 0xfb, 0xfa, content.length, 0, ...content, 4, 3, 2, 1);

const ld2410Byte = byteOf(...OF_LD2410);
const energy = fc.nat(100);
const target = fc
  .tuple(fc.nat(6), ld2410Byte, ld2410Byte, energy, ld2410Byte, ld2410Byte, energy, ld2410Byte, ld2410Byte)
  .map((told): readonly number[] => told);
const gates = fc.array(energy, { minLength: 18, maxLength: 18 }).map((told) => [8, 8, ...told]);

/** As the protocol has it: 13 bytes of a basic report, more of an engineering one, or an answer. */
function ld2410Size(stream: Uint8Array, at: number): number | undefined {
  const length = (stream[at + 4] ?? 0) + 256 * (stream[at + 5] ?? 0);
  const ends = [...stream.subarray(at, at + 4), ...stream.subarray(at + 6 + length, at + 10 + length)].join();
  if (ends === '253,252,251,250,4,3,2,1') return stream[at + 7] === 1 ? length + 10 : undefined;
  const isReport = stream[at + 7] === 0xaa && stream[at + 4 + length] === 0x55 && stream[at + 5 + length] === 0;
  return ends === '244,243,242,241,248,247,246,245' && isReport ? length + 10 : undefined;
}

/** The parts that send frames of their own kind unasked, or nine bytes when asked. */
export const framedParsers: readonly FuzzedParser[] = [
  {
    name: 'MH-Z19',
    special: OF_MHZ19,
    frame: data(byteOf(...OF_MHZ19), 6).map(mhz19Frame),
    last: [mhz19Frame([1, 0x90, 0x41, 0, 0, 0]), mhz19Frame([2, 0x91, 0x42, 0, 0, 0])],
    hear: heardBy(mhz19.frameAt, mhz19.decode),
    soundIn: (stream) =>
      windows(stream, 0xff, (all, at) => (sum(all.subarray(at + 1, at + 9)) % 256 === 0 ? 9 : undefined)),
  },
  {
    name: 'SDS011',
    special: OF_SDS011,
    frame: fc.tuple(fc.constantFrom(0xc0, 0xc5), data(byteOf(...OF_SDS011), 6)).map((told) => sds011Frame(...told)),
    last: [sds011Frame(0xc0, [9, 0, 14, 0, 1, 2]), sds011Frame(0xc0, [10, 0, 15, 0, 1, 2])],
    hear: heardBy(sds011.frameAt, sds011.decode),
    soundIn: (stream) =>
      windows(stream, 0xaa, (all, at) => {
        const isKnown = all[at + 1] === 0xc0 || all[at + 1] === 0xc5;
        const isSummed = all[at + 8] === sum(all.subarray(at + 2, at + 8)) % 256;
        return isKnown && isSummed && all[at + 9] === 0xab ? 10 : undefined;
      }),
  },
  {
    name: 'PMS5003',
    special: OF_PMS5003,
    frame: fc.oneof(data(byteOf(...OF_PMS5003), 26), data(byteOf(...OF_PMS5003), 2)).map(pms5003Frame),
    last: [pms5003Frame(Array(26).fill(1)), pms5003Frame(Array(26).fill(2))],
    hear: heardBy(pms5003.frameAt, (frame) => {
      if (pms5003.lengthOf(frame) === pms5003.DATA_LENGTH) pms5003.decode(frame, pms5003.ALL);
    }),
    soundIn: (stream) =>
      windows(stream, 0x42, (all, at) => {
        const size = 4 + 256 * (all[at + 2] ?? 0) + (all[at + 3] ?? 0);
        if (all[at + 1] !== 0x4d || size < 6 || at + size > all.length) return undefined;
        const written = 256 * (all[at + size - 2] ?? 0) + (all[at + size - 1] ?? 0);
        return sum(all.subarray(at, at + size - 2)) === written ? size : undefined;
      }),
  },
  {
    name: 'LD2410',
    special: OF_LD2410,
    frame: fc.oneof(
      target.map((told) => ld2410Report(2, told)),
      fc.tuple(target, gates).map(([told, more]) => ld2410Report(1, [...told, ...more])),
      fc.array(ld2410Byte, { maxLength: 26 }).map((rest) => ld2410Answer([0xff, 1, 0, 0, ...rest])),
    ),
    last: [
      ld2410Report(2, [1, 0x40, 0, 50, 0x40, 0, 0, 0x40, 0]),
      ld2410Report(2, [2, 0x41, 0, 51, 0x41, 0, 0, 0x41, 0]),
    ],
    hear: heardBy(ld2410.frameAt, (frame) => ld2410.isReport(frame) && ld2410.report(ld2410.dataOf(frame))),
    soundIn: (stream) => [0xf4, 0xfd].flatMap((head) => windows(stream, head, ld2410Size)),
  },
];
