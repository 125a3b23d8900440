/**
 * Modbus RTU, the server's side: the unit that simulated meters have in common.
 *
 * Headings in quotes are those of _MODBUS over Serial Line V1.02_ (serial) and of the _MODBUS Application Protocol
 * Specification V1.1b3_ (application).
 */
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { type RegisterOrder, type RegisterType, wordsIn } from './modbus-registers.ts';
import { frame, frameGapMs, isIntact, MOST_REGISTERS } from './modbus-rtu.ts';

/** Words by register address. */
export type RegisterWords = ReadonlyMap<number, number>;

/** A unit that answers reads of its registers. */
export interface RegisterUnit {
  /** From the end of a request to the begin of its answer. */
  readonly responseMs: number;
  /** The most registers that it gives in one answer; the specification's 125 if absent. */
  readonly most?: number;
  /**
   * The registers that `functionCode` reads, as they are now; undefined where the unit does not know the function.
   * `asked` is there for units where the same address holds one thing or another.
   */
  words(functionCode: number, asked: { readonly address: number; readonly count: number }): RegisterWords | undefined;
  /** Takes a value into a holding register; false where it does not. Absent: the unit knows no writing. */
  write?(address: number, value: number): boolean;
}

// Long enough to wake seldom, if nobody asks.
const LISTEN_MS = 3_600_000;

/** Answers the requests to the address of `far` until `signal` ends it. */
export async function serveRegisters(far: SerialDevice, unit: RegisterUnit, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const request = await nextFrame(far, signal);
    const answer = answerTo(request, far.address, unit);
    if (!answer) continue;
    await far.sleep(unit.responseMs, signal);
    await far.write(answer);
  }
}

/**
 * The answer to a request; undefined where a unit keeps silent: "2.4.2 Slave State Diagram" (serial), a damaged frame
 * or one for another unit (0, the broadcast, among them).
 */
export function answerTo(request: Uint8Array, address: number, unit: RegisterUnit): Uint8Array | undefined {
  if (!isIntact(request) || request[0] !== address) return undefined;
  const [, code = 0, addressHigh = 0, addressLow = 0, countHigh = 0, countLow = 0] = request;
  const refused = (exception: number) => frame(address, Uint8Array.of(code | 0x80, exception));
  if (code === 6 && unit.write) {
    const isTaken = request.length === 8 && unit.write((addressHigh << 8) | addressLow, (countHigh << 8) | countLow);
    return isTaken ? request : refused(2);
  }
  // Application, "6.4 Read Input Registers": the state diagram asks in this order.
  const count = (countHigh << 8) | countLow;
  const first = (addressHigh << 8) | addressLow;
  const words = unit.words(code, { address: first, count });
  if (!words) return refused(1);
  if (request.length !== 8 || count < 1 || count > (unit.most ?? MOST_REGISTERS)) return refused(3);
  const data: number[] = [];
  for (let at = first; at < first + count; at += 1) {
    const word = words.get(at);
    if (word === undefined) return refused(2);
    data.push(word >> 8, word & 0xff);
  }
  return frame(address, Uint8Array.of(code, data.length, ...data));
}

/** The two words of a 32-bit float, high word first. */
export function float32Words(value: number): [number, number] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return [view.getUint16(0), view.getUint16(2)];
}

/** The words in which a unit tells `value`, a number that `type` can hold, in the order that `order` says. */
export function wordsOf(value: number, type: RegisterType, order: RegisterOrder = 'ABCD'): number[] {
  const view = new DataView(new ArrayBuffer(2 * wordsIn(type)));
  write(view, value, type);
  const words = Array.from({ length: wordsIn(type) }, (_, at) =>
    view.getUint16(2 * at, order[0] === 'B' || order === 'DCBA'),
  );
  return order === 'CDAB' || order === 'DCBA' ? words.toReversed() : words;
}

function write(view: DataView, value: number, type: RegisterType): void {
  if (type === 'float32') view.setFloat32(0, value);
  else if (type === 'float64') view.setFloat64(0, value);
  else if (view.byteLength === 2) view.setUint16(0, Math.round(value));
  else if (view.byteLength === 4) view.setUint32(0, Math.round(value));
  else view.setBigUint64(0, BigInt(Math.round(value)));
}

/** Serial, "2.5.1.1 MODBUS Message RTU Framing": a frame ends where the line is silent for 3.5 characters. */
async function nextFrame(far: SerialDevice, signal: AbortSignal): Promise<Uint8Array> {
  let heard = new Uint8Array();
  for (;;) {
    try {
      const withinMs = heard.length === 0 ? LISTEN_MS : frameGapMs(far.baudRate);
      heard = Uint8Array.of(...heard, ...(await far.read(withinMs, signal)));
    } catch (cause) {
      if (!(cause instanceof SensorError && cause.kind === 'timeout')) throw cause;
      if (heard.length > 0) return heard;
    }
  }
}
