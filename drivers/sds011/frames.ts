/**
 * The bytes of an SDS011. What reports and replies have in common is one frame: `aa`, kind, six data bytes, their sum
 * modulo 256, `ab`. Headings in quotes are those of the "Laser Dust Sensor Control Protocol", V1.3.
 */
import type { FrameAt, Sample } from '../../src/driver-kit.ts';

/** The second byte of a frame from the part. */
export const REPORT = 0xc0;
export const REPLY = 0xc5;
export const FRAME_BYTES = 10;

const HEAD = 0xaa;
const TAIL = 0xab;
const COMMAND = 0xb4;
const COMMAND_DATA_BYTES = 13;

/** "Protocol Configuration": a report or a reply, if its sum and its tail are right. */
export const frameAt: FrameAt = (bytes) => {
  const [head, kind] = bytes;
  if (head !== HEAD || (kind !== REPORT && kind !== REPLY && kind !== undefined)) return 'none';
  if (bytes.length < FRAME_BYTES) return 'more';
  const isGood = bytes[8] === checksum(bytes.subarray(2, 8)) && bytes[9] === TAIL;
  return isGood ? FRAME_BYTES : 'none';
};

/** "Query data command": two little-endian words in 0.1 ug/m3. */
export function decode(frame: Uint8Array): Sample {
  const [, , pm25Low = 0, pm25High = 0, pm10Low = 0, pm10High = 0] = frame;
  return { pm25: (pm25Low | (pm25High << 8)) / 10, pm10: (pm10Low | (pm10High << 8)) / 10 };
}

/** "Protocol Configuration": data bytes 14 and 15 are the part's address; `ff ff` is any part. */
export function commandFrame(command: readonly number[]): Uint8Array {
  const body = Uint8Array.of(...command, ...Array<number>(COMMAND_DATA_BYTES - command.length).fill(0), 0xff, 0xff);
  return Uint8Array.of(HEAD, COMMAND, ...body, checksum(body), TAIL);
}

/** "Protocol Configuration": the low byte of the sum of the data bytes. */
function checksum(data: Uint8Array): number {
  return data.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}
