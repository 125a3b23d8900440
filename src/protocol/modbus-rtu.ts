/**
 * Modbus RTU, the client's side: reads registers of one unit on a serial line.
 *
 * Headings in quotes are those of _MODBUS over Serial Line V1.02_ (serial) and of the _MODBUS Application Protocol
 * Specification V1.1b3_ (application). An answer has no number that ties it to its request: unit, function and length
 * are all there is, so a late answer of the same shape would pass. Do not ask again at once after a timeout.
 */
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { crc16 } from './crc.ts';
import { hex } from './hex.ts';

/** Which registers to read. */
export interface RegisterRequest {
  /** 3: holding registers, 4: input registers. */
  readonly function: 3 | 4;
  /** As it goes over the line: from 0. Documents that count from 30001 or 40001 are one higher. */
  readonly address: number;
  readonly count: number;
}

/** How a unit wants to be spoken to, where it differs from the specification's minimum. */
export interface Pace {
  /** From the end of the request to the begin of the answer. */
  readonly timeoutMs?: number;
  /** Silence before a request, where the unit needs more than 3.5 characters. */
  readonly silentMs?: number;
}

/** "MODBUS over serial line" 2.2: the addresses that a unit may have. */
export const UNIT_ADDRESSES: readonly [number, ...number[]] = [
  1,
  ...Array.from({ length: 246 }, (_, index) => index + 2),
];

/** Application, "6.3 Read Holding Registers": 1 to 125 (0x7D). */
export const MOST_REGISTERS = 125;

// Serial, "2.4.1 Master State diagram", leaves the time-out to the installation and thinks of a second or more at 9600
// baud. Meters answer within about 100 ms; five times that keeps a dead one from holding up the others on its line.
const TIMEOUT_MS = 500;
// Answers come in pieces: some USB adapters hold bytes back for 16 ms, a busy board for longer.
const HELD_BACK_MS = 50;
// Unit, function, address, count and CRC.
const QUESTION_BYTES = 8;
// An exception: unit, function, code and two bytes of CRC. Less than that is a glitch, not an answer.
const SHORTEST_ANSWER = 5;
// A start bit, eight data bits, a stop bit: fewer than the specification asks for, but common.
const SHORTEST_CHARACTER_BITS = 10;
// After twice the longest frame a line that still chatters will not come to the point.
const LIMIT_BYTES = 512;

/**
 * Reads `count` registers of the device's unit: two bytes each, high byte first. A refusal is a SensorError `refused`
 * that names the exception; damaged bytes are `checksum`, silence is `timeout`.
 */
export async function readRegisters(
  device: SerialDevice,
  request: RegisterRequest,
  { timeoutMs = TIMEOUT_MS, silentMs = 0 }: Pace = {},
): Promise<Uint8Array> {
  const question = frame(device.address, requestPdu(request));
  await device.sleep(Math.max(silentMs, frameGapMs(device.baudRate)));
  device.discard(); // after the silence: what came in until now answers an earlier request
  await device.write(question);
  const answerBytes = SHORTEST_ANSWER + 2 * request.count;
  const patienceMs = timeoutMs + transmitMs(question.length + answerBytes, device.baudRate);
  const answer = await intactAnswer(device, request, device.uptimeMs() + patienceMs);
  if (answer[1] !== request.function) throw refusal(device.address, request, answer[2] ?? 0);
  return answer.subarray(3, -2);
}

/** As `readRegisters`, or undefined where the unit says that it has no such registers: it is another, or an older one. */
export async function readRegistersIfAny(
  device: SerialDevice,
  request: RegisterRequest,
  pace: Pace = {},
): Promise<Uint8Array | undefined> {
  try {
    return await readRegisters(device, request, pace);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'refused') return undefined;
    throw cause;
  }
}

/** Serial, "2.5.1 RTU Transmission Mode": the unit's address, the application's bytes, the CRC with its low byte first. */
export function frame(unit: number, pdu: Uint8Array): Uint8Array {
  const unsigned = Uint8Array.of(unit, ...pdu);
  const crc = crc16(unsigned, 0xffff);
  return Uint8Array.of(...unsigned, crc & 0xff, crc >> 8);
}

/** True if the bytes are one whole frame: a CRC run over a message and its own CRC ends at 0. */
export function isIntact(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && crc16(bytes, 0xffff) === 0;
}

/**
 * The silence that separates frames, in whole milliseconds (a shorter sleep than asked for would join two frames).
 * Serial, "2.5.1.1 MODBUS Message RTU Framing": 3.5 characters of 11 bits; fixed at 1.75 ms above 19200 baud.
 */
export function frameGapMs(baudRate: number): number {
  return Math.ceil(baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate);
}

/** How long reading `count` registers takes a line at least, ms: the silence, the question, and an answer at once. */
export function readingMs(count: number, baudRate: number, { silentMs = 0 }: Pace = {}): number {
  const characters = QUESTION_BYTES + SHORTEST_ANSWER + 2 * count;
  return Math.max(silentMs, frameGapMs(baudRate)) + (characters * SHORTEST_CHARACTER_BITS * 1000) / baudRate;
}

function transmitMs(characters: number, baudRate: number): number {
  return Math.ceil((characters * 11 * 1000) / baudRate);
}

function requestPdu({ function: code, address, count }: RegisterRequest): Uint8Array {
  if (count < 1 || count > MOST_REGISTERS) throw new RangeError(`${count} registers in one request`);
  return Uint8Array.of(code, address >> 8, address & 0xff, count >> 8, count & 0xff);
}

/**
 * Listens until the answer is whole. Serial, "2.4.1 Master State diagram": the reply of another unit is set aside and
 * the time-out keeps running; so is the echo of our own request, which some RS-485 adapters hand back, and noise.
 */
async function intactAnswer(device: SerialDevice, request: RegisterRequest, untilMs: number): Promise<Uint8Array> {
  let heard = new Uint8Array();
  let foreign = new Uint8Array();
  while (heard.length + foreign.length < LIMIT_BYTES) {
    const graceMs = heard.length + foreign.length > 0 ? HELD_BACK_MS : 0;
    // Even too late a look is taken at what is already there: it may be we who were held up.
    const piece = await pieceOrSilence(device, Math.max(0, untilMs + graceMs - device.uptimeMs()));
    if (!piece) break;
    heard = Uint8Array.of(...heard, ...piece);
    const answer = answerIn(heard, device.address, request);
    if (answer) return answer;
    if (!isIntact(heard)) {
      const restMs = surelyMissingMs(heard, device, request);
      if (restMs > 0) await device.sleep(restMs);
      continue;
    }
    foreign = Uint8Array.of(...foreign, ...heard);
    heard = new Uint8Array();
  }
  if (heard.length >= SHORTEST_ANSWER) {
    throw new SensorError('checksum', `no intact answer of unit ${device.address} in ${hex(heard)}`);
  }
  const instead = hex(Uint8Array.of(...foreign, ...heard));
  throw new SensorError('timeout', `unit ${device.address} does not answer${instead && `, but heard ${instead}`}`);
}

/**
 * How long the rest of an answer whose begin is there will surely still be on its way: a look at each of its pieces costs
 * the board more than they are worth. A timer wakes a millisecond late or more; so this is two less.
 */
function surelyMissingMs(heard: Uint8Array, { address, baudRate }: SerialDevice, request: RegisterRequest): number {
  const [unit, code, byteCount] = heard;
  if (unit !== address || code !== request.function || byteCount !== 2 * request.count) return 0;
  const missing = SHORTEST_ANSWER + byteCount - heard.length;
  return Math.max(0, Math.floor((missing * SHORTEST_CHARACTER_BITS * 1000) / baudRate) - 2);
}

async function pieceOrSilence(device: SerialDevice, withinMs: number): Promise<Uint8Array | undefined> {
  try {
    return await device.read(withinMs);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return undefined;
    throw cause;
  }
}

/**
 * The answer, wherever it begins: turning an RS-485 line around can leave a 00 or FF before it. Only bytes that begin
 * as this answer must (unit, function, byte count), and whose CRC proves them, are believed.
 */
function answerIn(heard: Uint8Array, unit: number, request: RegisterRequest): Uint8Array | undefined {
  for (const at of heard.keys()) {
    const [address, code, byteCount] = heard.subarray(at, at + 3);
    if (address !== unit) continue;
    const isData = code === request.function && byteCount === 2 * request.count;
    const isException = code === (request.function | 0x80);
    if (!isData && !isException) continue;
    const size = isData ? SHORTEST_ANSWER + 2 * request.count : SHORTEST_ANSWER;
    const candidate = heard.subarray(at, at + size);
    if (candidate.length === size && isIntact(candidate)) return candidate;
  }
  return undefined;
}

// Application, "7 MODBUS Exception Responses".
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

function refusal(unit: number, { function: code, address, count }: RegisterRequest, exception: number): SensorError {
  const name = EXCEPTIONS[exception] ?? 'unknown';
  const registers = `${count} registers from 0x${address.toString(16).padStart(4, '0')} by function ${code}`;
  // 5 and 6 mean: I heard you, ask again later.
  const kind = exception === 5 || exception === 6 ? 'not-ready' : 'refused';
  return new SensorError(kind, `unit ${unit} refuses ${registers}: ${name} (exception ${exception})`);
}
