/**
 * The bytes of an LD2410: reports and answers to commands, each between a head and a tail of four bytes, with the number
 * of bytes between them. There is no checksum. Numbers have their low byte first. Headings in quotes are those of the
 * LD2410 serial communication protocol.
 */
import type { FrameAt } from '../../src/driver-kit.ts';

const REPORT_HEAD = [0xf4, 0xf3, 0xf2, 0xf1] as const;
const REPORT_TAIL = [0xf8, 0xf7, 0xf6, 0xf5] as const;
const COMMAND_HEAD = [0xfd, 0xfc, 0xfb, 0xfa] as const;
const COMMAND_TAIL = [0x04, 0x03, 0x02, 0x01] as const;

const ENGINEERING = 1;
const BASIC = 2;
const BASIC_BYTES = 13;
/** An answer repeats the command, with this as its high byte. */
const ANSWER = 1;
const DATA_HEAD = 0xaa;
const DATA_TAIL = [0x55, 0x00] as const;
const MOST_ENERGY = 100;

const SHORTEST_DATA = 4;
// An engineering report has 35 bytes, the answer with all parameters 28. A false length must not hide what follows for
// longer than the two reports of 23 bytes behind it.
const LONGEST_DATA = 44;
const AROUND_BYTES = 10;
const DATA_AT = 6;

/** The shortest frame that the part sends. */
export const SHORTEST_BYTES = AROUND_BYTES + SHORTEST_DATA;

/** "Protocol data format", "Radar data output protocol": a report or an answer, if all that is fixed in it is right. */
export const frameAt: FrameAt = (bytes) => {
  const head = [REPORT_HEAD, COMMAND_HEAD].find((head) => head.every((byte, at) => (bytes[at] ?? byte) === byte));
  if (!head) return 'none';
  if (bytes.length < DATA_AT) return bytes.length === 5 && (bytes[4] ?? 0) > LONGEST_DATA ? 'none' : 'more';
  const length = word(bytes, 4);
  if (length < SHORTEST_DATA || length > LONGEST_DATA) return 'none';
  if (!mayBegin(head, length, bytes.subarray(DATA_AT, DATA_AT + 2))) return 'none';
  const size = length + AROUND_BYTES;
  if (bytes.length < size) return 'more';
  const tail = head === REPORT_HEAD ? REPORT_TAIL : COMMAND_TAIL;
  const isClosed = tail.every((byte, at) => bytes[DATA_AT + length + at] === byte);
  const data = bytes.subarray(DATA_AT, DATA_AT + length);
  const isSound = head === COMMAND_HEAD || report(data) !== undefined;
  return isClosed && isSound ? size : 'none';
};

/** True if the first data bytes, as far as they have come, are those of a report or an answer of this length. */
function mayBegin(head: readonly number[], length: number, [kind, second]: Uint8Array): boolean {
  if (head === COMMAND_HEAD) return second === undefined || second === ANSWER;
  const isKnown = kind === undefined || (kind === BASIC ? length === BASIC_BYTES : kind === ENGINEERING);
  return isKnown && (second === undefined || second === DATA_HEAD);
}

/** What stands between a frame's head and tail. */
export function dataOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(DATA_AT, -4);
}

/** One target: how far away, and how strong its echo is, 0 to 100. */
export interface Target {
  readonly distanceCm: number;
  readonly energy: number;
}

/** What engineering mode adds: the energy in each gate, and on newer firmware the light and the level of its OUT pin. */
export interface Engineering {
  readonly movingGates: readonly number[];
  readonly stillGates: readonly number[];
  readonly light?: number;
  readonly isOut?: boolean;
}

/** A report. A target that `state` does not name is left over from before. */
export interface Report {
  /** 0 nobody, 1 somebody moves, 2 somebody is still, 3 both; beyond that the part does not detect at the moment. */
  readonly state: number;
  readonly moving: Target;
  readonly still: Target;
  readonly detectionCm: number;
  readonly engineering?: Engineering;
}

/** "Target data composition", "Engineering mode": undefined if the data are no report. */
export function report(data: Uint8Array): Report | undefined {
  const [kind, head, state = 0] = data;
  const end = data.length - DATA_TAIL.length;
  const isFramed = head === DATA_HEAD && DATA_TAIL.every((byte, at) => data[end + at] === byte);
  if (!isFramed || (kind === BASIC) !== (data.length === BASIC_BYTES) || (kind !== BASIC && kind !== ENGINEERING))
    return undefined;
  const basic = {
    state,
    moving: { distanceCm: word(data, 3), energy: data[5] ?? 0 },
    still: { distanceCm: word(data, 6), energy: data[8] ?? 0 },
    detectionCm: word(data, 9),
  };
  // "Target energy value 0 to 100": with no checksum, what cannot be is all that shows a damaged byte.
  if (basic.moving.energy > MOST_ENERGY || basic.still.energy > MOST_ENERGY) return undefined;
  if (kind === BASIC) return basic;
  const engineering = gates(data.subarray(11, end));
  return engineering && { ...basic, engineering };
}

/** The number of the farthest gate of both kinds, then each gate's energy, then what newer firmware adds. */
function gates(data: Uint8Array): Engineering | undefined {
  const [farthestMoving = 0, farthestStill = 0] = data;
  const stillAt = 2 + farthestMoving + 1;
  const moreAt = stillAt + farthestStill + 1;
  if (data.length < moreAt) return undefined;
  const [light, out] = data.subarray(moreAt);
  return {
    movingGates: [...data.subarray(2, stillAt)],
    stillGates: [...data.subarray(stillAt, moreAt)],
    ...(light === undefined ? {} : { light }),
    ...(out === undefined ? {} : { isOut: out === 1 }),
  };
}

/** "Send command protocol frame format": a command word and its value. */
export function commandFrame(command: number, ...value: readonly number[]): Uint8Array {
  return Uint8Array.of(...COMMAND_HEAD, value.length + 2, 0, command, 0, ...value, ...COMMAND_TAIL);
}

/** "ACK": true for the answer to `command`, done or refused. */
export function isAnswerTo(command: number): (frame: Uint8Array) => boolean {
  return (frame) => frame[0] === COMMAND_HEAD[0] && frame[DATA_AT] === command && frame[DATA_AT + 1] === ANSWER;
}

/** True for a report. */
export function isReport(frame: Uint8Array): boolean {
  return frame[0] === REPORT_HEAD[0];
}

/** The number in two bytes, low byte first. */
export function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** A number as a parameter: four bytes, low byte first. */
export function parameter(number: number, value: number): number[] {
  return [number, 0, value & 0xff, (value >> 8) & 0xff, 0, 0];
}
