/**
 * The bytes of a Plantower PMS5003 or PMS7003: `42 4d`, the number of bytes that follow, data, and the sum of all bytes
 * before it. Numbers are two bytes, high byte first. Headings in quotes are those of the PMS5003 series data manual.
 */
import { type FrameAt, faulty, type Sample } from '../../src/driver-kit.ts';

const HEAD = [0x42, 0x4d] as const;
const HEAD_BYTES = 4;
/** What a frame's length says: 13 words and the sum. */
export const DATA_LENGTH = 28;
/** The answer to a command. */
export const REPLY_LENGTH = 4;
/** The shortest frame that the part sends. */
export const SHORTEST_BYTES = HEAD_BYTES + REPLY_LENGTH;
/** Data frames of its siblings, which have other words in other places. */
export const SIBLINGS: Readonly<Record<number, string>> = { 20: 'PMS3003 (G3)', 36: 'PMS5003ST' };

const LENGTHS: readonly number[] = [REPLY_LENGTH, DATA_LENGTH, ...Object.keys(SIBLINGS).map(Number)];

/** "Appendix I": a frame of a length that there is, if its sum is right. */
export const frameAt: FrameAt = (bytes) => {
  if (bytes[0] !== HEAD[0] || (bytes[1] ?? HEAD[1]) !== HEAD[1]) return 'none';
  if (bytes.length < HEAD_BYTES) return bytes.length > 2 && bytes[2] !== 0 ? 'none' : 'more';
  const length = lengthOf(bytes);
  if (!LENGTHS.includes(length)) return 'none';
  const size = HEAD_BYTES + length;
  if (bytes.length < size) return 'more';
  const sum = bytes.subarray(0, size - 2).reduce((total, byte) => total + byte, 0);
  return sum === word(bytes, size - 2) ? size : 'none';
};

/** What the frame's length says. */
export function lengthOf(frame: Uint8Array): number {
  return word(frame, 2);
}

/** The words of a data frame: 1 to 3 as in the factory, 4 to 6 in the air, then numbers, version and error code. */
export function wordsOf(frame: Uint8Array): readonly number[] {
  return Array.from({ length: (lengthOf(frame) - 2) / 2 }, (_, index) => word(frame, HEAD_BYTES + 2 * index));
}

/** The version in the last word's high byte. */
export function versionOf(frame: Uint8Array): string {
  return (frame[28] ?? 0).toString(16).padStart(2, '0');
}

export const MASS = ['pm1', 'pm25', 'pm10'] as const;
export const ALL = [
  ...MASS,
  'particles_over_03',
  'particles_over_05',
  'particles_over_1',
  'particles_over_25',
  'particles_over_5',
  'particles_over_10',
] as const;

/**
 * "Data 4" to "Data 12": concentrations under atmospheric environment, and numbers beyond a size in 0.1 L. An error code
 * stands before all values; all zeros are what the part tells before its fan is up.
 */
export function decode(frame: Uint8Array, streams: readonly (typeof ALL)[number][]): Sample {
  const told = wordsOf(frame).slice(3, 12);
  const errorCode = frame[29] ?? 0;
  const why =
    errorCode !== 0 ? `error-code-${errorCode}` : told.every((value) => value === 0) ? 'not-ready' : undefined;
  const values = ALL.map((quantity, index) => {
    const value = told[index] ?? Number.NaN;
    return [quantity, why ? faulty(why) : index < MASS.length ? value : value / 100] as const;
  });
  return Object.fromEntries(values.filter(([quantity]) => streams.includes(quantity)));
}

/** "Appendix II": a command with its two data bytes. */
export function commandFrame(command: number, data: number): Uint8Array {
  const body = [...HEAD, command, data >> 8, data & 0xff];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(...body, sum >> 8, sum & 0xff);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
