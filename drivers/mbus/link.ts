/**
 * The master's side of EN 13757-2: reset, select, request. A meter answers between 11 and 330 bit times + 50 ms after
 * the request, or not at all. Asking again is the supervision's affair: nothing is repeated here.
 */
import { bytes, hex, SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { type Frame, framesIn, type LongFrame, longFrame, shortFrame } from './frames.ts';
import type { Telegram } from './header.ts';
import { telegramIn } from './telegram.ts';

const SND_NKE = 0x40;
const SND_UD = 0x73;
const REQ_UD2 = 0x5b;
/** "Frame count bit": set in the first request after a reset or a selection, then turned over with each. */
const FCB = 0x20;
/** Set in all that a master sends, so that an echo is known; some level converters hand it back. */
const FROM_MASTER = 0x40;
/** RSP_UD, whatever its access demand and data flow bits. */
const RSP_UD = 0x08;
const FUNCTION_BITS = 0x0f;

/** The selected meter answers here, whatever its own address. */
export const SELECTED_ADDRESS = 253;
/** The only meter on the line answers here, whatever its own address. */
export const ANY_ADDRESS = 254;

const SELECT = 0x52;
const ANSWER_BITS = 330;
const ANSWER_MS = 50;
/** Silence before a request, so that every receiver is at rest. */
const IDLE_BITS = 33;
const BITS_PER_BYTE = 11;
const LIMIT_BYTES = 1024;
// A short frame; a long one around eight bytes of secondary address, and around the fixed header of an answer.
const REQUEST_BYTES = 5;
const SELECTION_BYTES = 17;
const SHORTEST_ANSWER_BYTES = 21;

/** Which meter is meant, and how patient to be with it. */
export interface Target {
  readonly device: SerialDevice;
  /** Eight bytes of the secondary address, with `f` for any digit and `ff` for any byte; undefined: by `device.address`. */
  readonly secondary?: Uint8Array | undefined;
  /** Added to what the standard allows, for slow meters and converters that hold bytes back. */
  readonly patienceMs: number;
  /** At most so many telegrams of one answer. */
  readonly mostTelegrams: number;
}

/** Ends an earlier selection: a meter that missed the next one would answer beside the one that is meant. */
export async function deselect(target: Target): Promise<void> {
  await reset(target, SELECTED_ADDRESS);
}

/** Every telegram of one answer, from the first on. */
export async function readMeter(target: Target): Promise<readonly Telegram[]> {
  if (target.secondary) await select(target, target.secondary);
  else await reset(target, target.device.address);
  const address = target.secondary ? SELECTED_ADDRESS : target.device.address;
  const telegrams: Telegram[] = [];
  const heard = new Set<string>();
  for (let fcb = FCB; telegrams.length < target.mostTelegrams; fcb ^= FCB) {
    const answer = await request(target, shortFrame(REQ_UD2 | fcb, address));
    // A meter that does not heed the bit tells its first telegram for ever; only its access number counts on.
    const content = hex(answer.data.subarray(12));
    if (heard.has(content)) break;
    heard.add(content);
    const telegram = telegramIn(answer);
    telegrams.push(telegram);
    if (!telegram.hasMore) break;
  }
  return telegrams;
}

/** How long one reading takes the line at least, ms: reset or selection, request, and the shortest answer, at once. */
export function leastReadingMs(isSelected: boolean, baudRate: number): number {
  const characters = (isSelected ? SELECTION_BYTES : REQUEST_BYTES) + 1 + REQUEST_BYTES + SHORTEST_ANSWER_BYTES;
  return ((2 * IDLE_BITS + characters * BITS_PER_BYTE) * 1000) / baudRate;
}

/**
 * SND_NKE: the next request is for the first telegram. True where it was acknowledged; old meters do not, and answer all
 * the same.
 */
export async function reset(target: Target, address: number): Promise<boolean> {
  const { answer } = await converse(target, shortFrame(SND_NKE, address), isAcknowledge);
  return answer !== undefined;
}

async function select(target: Target, secondary: Uint8Array): Promise<void> {
  const question = longFrame({
    control: SND_UD,
    address: SELECTED_ADDRESS,
    information: SELECT,
    data: secondary,
  });
  const { answer, heard } = await converse(target, question, isAcknowledge);
  if (!answer) throw missing(target, heard);
}

async function request(target: Target, question: Uint8Array): Promise<LongFrame> {
  const { address } = target.device;
  const isAny = target.secondary !== undefined || address >= SELECTED_ADDRESS;
  const isAnswer = (frame: Frame): frame is LongFrame =>
    frame.kind === 'long' &&
    (frame.control & (FROM_MASTER | FUNCTION_BITS)) === RSP_UD &&
    (isAny || frame.address === address);
  const { answer, heard } = await converse(target, question, isAnswer);
  if (!answer) throw missing(target, heard);
  return answer;
}

const isAcknowledge = (frame: Frame): frame is Frame => frame.kind === 'acknowledge';

/** Sends, and listens until what `isWanted` has come or the time is over. Other frames are set aside. */
async function converse<F extends Frame>(
  { device, patienceMs }: Target,
  question: Uint8Array,
  isWanted: (frame: Frame) => frame is F,
): Promise<{ readonly answer: F | undefined; readonly heard: Uint8Array }> {
  await device.sleep(bitsMs(device, IDLE_BITS));
  device.discard();
  await device.write(question);
  let withinMs = bitsMs(device, question.length * BITS_PER_BYTE + ANSWER_BITS) + ANSWER_MS + patienceMs;
  let heard: Uint8Array = new Uint8Array();
  while (heard.length < LIMIT_BYTES) {
    const piece = await pieceOrSilence(device, withinMs);
    if (!piece) break;
    heard = Uint8Array.of(...heard, ...piece);
    const answer = framesIn(heard).found.find(isWanted);
    if (answer) return { answer, heard };
    // Once it has begun a meter does not pause: what follows is held back by an adapter at most.
    withinMs = ANSWER_MS + patienceMs;
  }
  const own = startsWith(heard, question) ? heard.subarray(question.length) : heard;
  return { answer: framesIn(own, true).found.find(isWanted), heard: own };
}

const bitsMs = ({ baudRate }: SerialDevice, bits: number) => Math.ceil((bits * 1000) / baudRate);

const startsWith = (bytes: Uint8Array, begin: Uint8Array) => begin.every((byte, index) => bytes[index] === byte);

async function pieceOrSilence(device: SerialDevice, withinMs: number): Promise<Uint8Array | undefined> {
  try {
    return await device.read(withinMs);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return undefined;
    throw cause;
  }
}

/** Silence, or something that is no answer: damaged, or two meters at once. */
function missing({ device, secondary }: Target, heard: Uint8Array): SensorError {
  const who = secondary ? `the meter ${shownSecondary(secondary)}` : `the meter at address ${device.address}`;
  if (heard.length === 0) return new SensorError('timeout', `${who} does not answer`);
  const { found, damagedBytes } = framesIn(heard, true);
  if (damagedBytes === 0) {
    const others = found.map((frame) => (frame.kind === 'acknowledge' ? 'an acknowledgement' : frame.address));
    return new SensorError('timeout', `${who} does not answer, but heard: ${others.join(', ')}`);
  }
  const collision = secondary?.some((byte) => (byte & 0x0f) === 0x0f || byte >= 0xf0)
    ? ': several meters may fit these wildcards and answer at once; write more digits'
    : ': noise, another rate or parity, or two meters that answer at once';
  return new SensorError('checksum', `${who}: no intact answer in ${hex(heard.subarray(0, 64))}${collision}`);
}

/** `12345678` or `123456782D2C3504`, as meters and scanners write a secondary address, as bytes on the line. */
export function secondaryBytes(text: string): Uint8Array {
  return Uint8Array.of(...bytes(text.slice(0, 8)).reverse(), ...bytes(text.slice(8).padEnd(8, 'f')));
}

/** A secondary address as meters and scanners write it: sixteen digits. */
export function shownSecondary(secondary: Uint8Array): string {
  const shown = Uint8Array.of(...secondary.subarray(0, 4).toReversed(), ...secondary.subarray(4));
  return hex(shown).replaceAll(' ', '').toUpperCase();
}

/** True if every digit of the pattern that is no wildcard is that of the meter. */
export function isSelectedBy(pattern: Uint8Array, secondary: Uint8Array): boolean {
  return pattern.every((wanted, index) => {
    const own = secondary[index];
    if (own === undefined || wanted === own) return true;
    // Digit by digit in the number; manufacturer, version and medium only as whole bytes.
    if (index >= 4) return wanted === 0xff;
    const isDigit = (shift: number) => ((wanted >> shift) & 0x0f) === 0x0f || ((wanted ^ own) >> shift) % 16 === 0;
    return isDigit(0) && isDigit(4);
  });
}
