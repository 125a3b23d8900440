/**
 * Sensirion SHDLC: frames on a serial line, and a question with its answer.
 *
 * `7e`, address, command, (answers only: state,) length, data, checksum, `7e`. Between the two flags `7e`, `7d`, `11` and
 * `13` are written as `7d` and the byte with its bit 5 turned over. The checksum is the inverted low byte of the sum.
 */
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { hex } from './hex.ts';

/** What a host asks. */
export interface ShdlcRequest {
  readonly address: number;
  readonly command: number;
  readonly data: Uint8Array;
}

/** What a part answers. `state` is 0 where it did as it was asked; its bit 7 says that the part's own status has more. */
export interface ShdlcAnswer extends ShdlcRequest {
  readonly state: number;
}

const FLAG = 0x7e;
const ESCAPE = 0x7d;
const BIT_5 = 0x20;
const ESCAPED: readonly number[] = [FLAG, ESCAPE, 0x11, 0x13];
const MOST_DATA = 255;
// Address, command, state, length, data and checksum, each of them escaped.
const LONGEST = 2 * (4 + MOST_DATA + 1);

// The parts answer within 20 ms. A USB adapter holds bytes back for 16 ms, a busy board for longer.
const ANSWER_MS = 200;
// After so much that is no answer, the line will not come to the point.
const LIMIT_BYTES = 4 * LONGEST;

/** A question as it goes over the line. */
export function requestFrame({ address, command, data }: ShdlcRequest): Uint8Array {
  return framed(Uint8Array.of(address, command, data.length, ...data));
}

/** An answer as it goes over the line. */
export function answerFrame({ address, command, state, data }: ShdlcAnswer): Uint8Array {
  return framed(Uint8Array.of(address, command, state, data.length, ...data));
}

/**
 * The contents of the whole, undamaged frames in `bytes`, without their checksums. `rest` may yet become a frame: put it
 * before the next chunk. What stands between two flags is a frame or is nothing, so a lost or a false flag spoils one
 * frame at most; `damagedBytes` counts what was nothing.
 */
export function unframed(bytes: Uint8Array): { found: Uint8Array[]; damagedBytes: number; rest: Uint8Array } {
  const found: Uint8Array[] = [];
  let damagedBytes = 0;
  let begin = bytes.indexOf(FLAG);
  if (begin === -1) return { found, damagedBytes: bytes.length, rest: new Uint8Array() };
  damagedBytes += begin;
  for (;;) {
    const end = bytes.indexOf(FLAG, begin + 1);
    if (end === -1) break;
    const content = end - begin > 1 ? intact(bytes.subarray(begin + 1, end)) : undefined;
    if (content) found.push(content);
    else damagedBytes += end - begin - 1;
    begin = end;
  }
  const rest = bytes.subarray(begin);
  if (rest.length <= LONGEST + 1) return { found, damagedBytes, rest };
  return { found, damagedBytes: damagedBytes + rest.length, rest: new Uint8Array() };
}

/** The content as an answer; undefined if its length is not what it says. */
export function answerIn(content: Uint8Array): ShdlcAnswer | undefined {
  const [address = 0, command = 0, state = 0, length = Number.NaN] = content;
  return content.length === 4 + length ? { address, command, state, data: content.subarray(4) } : undefined;
}

/** The content as a question; undefined if its length is not what it says. */
export function requestIn(content: Uint8Array): ShdlcRequest | undefined {
  const [address = 0, command = 0, length = Number.NaN] = content;
  return content.length === 3 + length ? { address, command, data: content.subarray(3) } : undefined;
}

/**
 * Asks and listens for the answer, whatever its state. Frames that answer something else are set aside. Damaged bytes
 * instead of an answer are a SensorError `checksum`, silence is `timeout`.
 */
export async function askShdlc(device: SerialDevice, request: ShdlcRequest): Promise<ShdlcAnswer> {
  const { address, command } = request;
  device.discard(); // what came in until now answers an earlier question
  await device.write(requestFrame(request));
  const untilMs = device.uptimeMs() + ANSWER_MS + Math.ceil((LONGEST * 10_000) / device.baudRate);
  let heardBytes = 0;
  let damagedBytes = 0;
  let rest: Uint8Array = new Uint8Array();
  while (heardBytes < LIMIT_BYTES) {
    const piece = await pieceOrSilence(device, Math.max(0, untilMs - device.uptimeMs()));
    if (!piece) break;
    heardBytes += piece.length;
    const parsed = unframed(Uint8Array.of(...rest, ...piece));
    rest = parsed.rest;
    damagedBytes += parsed.damagedBytes;
    const answers = parsed.found.map(answerIn);
    const answer = answers.find((one) => one?.address === address && one.command === command);
    if (answer) return answer;
    damagedBytes += parsed.found.filter((_, index) => !answers[index]).reduce((sum, { length }) => sum + length, 0);
  }
  throw missing(command, { heardBytes, damagedBytes: damagedBytes + Math.max(0, rest.length - 1) });
}

function missing(command: number, heard: { readonly heardBytes: number; readonly damagedBytes: number }): SensorError {
  const instead = `${heard.heardBytes} bytes came, ${heard.damagedBytes} of them damaged`;
  const what = `no answer to command ${hex(Uint8Array.of(command))}: ${heard.heardBytes > 0 ? instead : 'silence'}`;
  return new SensorError(heard.damagedBytes > 0 ? 'checksum' : 'timeout', what);
}

async function pieceOrSilence(device: SerialDevice, withinMs: number): Promise<Uint8Array | undefined> {
  try {
    return await device.read(withinMs);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return undefined;
    throw cause;
  }
}

function framed(content: Uint8Array): Uint8Array {
  const escaped = [...content, checksum(content)].flatMap((byte) =>
    ESCAPED.includes(byte) ? [ESCAPE, byte ^ BIT_5] : [byte],
  );
  return Uint8Array.of(FLAG, ...escaped, FLAG);
}

/** What stood between two flags, without its checksum; undefined if it is damaged. */
function intact(stuffed: Uint8Array): Uint8Array | undefined {
  const plain: number[] = [];
  for (let at = 0; at < stuffed.length; at += 1) {
    const byte = stuffed[at] ?? 0;
    if (byte !== ESCAPE) {
      plain.push(byte);
      continue;
    }
    at += 1;
    const original = (stuffed[at] ?? 0) ^ BIT_5;
    if (!ESCAPED.includes(original)) return undefined;
    plain.push(original);
  }
  const content = Uint8Array.from(plain.slice(0, -1));
  return content.length > 0 && plain.at(-1) === checksum(content) ? content : undefined;
}

function checksum(content: Uint8Array): number {
  return ~content.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
