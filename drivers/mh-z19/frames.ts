/**
 * The bytes of an MH-Z19: nine, the last of which makes the sum of those after the first 0, modulo 256. A question is
 * `ff`, sensor number 1, command, five bytes; an answer is `ff`, the command again, six bytes.
 */
import type { FrameAt } from '../../src/driver-kit.ts';

export const FRAME_BYTES = 9;

const HEAD = 0xff;
const SENSOR_NUMBER = 1;

/** A question or a command; `data` begins at the fourth byte. */
export function question(command: number, ...data: readonly number[]): Uint8Array {
  return framed([SENSOR_NUMBER, command, ...data]);
}

/** A question or an answer, if its checksum is right. */
export const frameAt: FrameAt = (bytes) => {
  if (bytes[0] !== HEAD) return 'none';
  if (bytes.length < FRAME_BYTES) return 'more';
  return bytes[FRAME_BYTES - 1] === checksum(bytes.subarray(1, FRAME_BYTES - 1)) ? FRAME_BYTES : 'none';
};

/** True for the answer to `command`. An echo of a question has the sensor's number in that place. */
export function isAnswerTo(command: number): (frame: Uint8Array) => boolean {
  return (frame) => frame[1] === command && command !== SENSOR_NUMBER;
}

/** "Read CO2 concentration": high and low byte, in ppm. */
export function decode([, , high = 0, low = 0]: Uint8Array): number {
  return (high << 8) | low;
}

function framed(body: readonly number[]): Uint8Array {
  const padded = Uint8Array.from({ length: FRAME_BYTES - 2 }, (_, index) => body[index] ?? 0);
  return Uint8Array.of(HEAD, ...padded, checksum(padded));
}

/** "Checksum calculation method": the sum, inverted, plus 1. */
function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
