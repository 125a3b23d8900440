/**
 * A Modbus meter's register map as data: what stands where, read in few requests, decoded into a sample.
 *
 * A value longer than 16 bits takes several registers. The specification is silent about their order; most vendors send
 * the high word first (`ABCD`), some the low word.
 */
import type { SerialDevice } from '../hal/serial.ts';
import { faulty, type Reading, type Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import { MOST_REGISTERS, type Pace, readRegisters } from './modbus-rtu.ts';

interface RegisterForm {
  /** How many registers it takes. */
  readonly words: 1 | 2 | 4;
  read(view: DataView): number;
}

const FORMS = {
  int16: { words: 1, read: (view) => view.getInt16(0) },
  uint16: { words: 1, read: (view) => view.getUint16(0) },
  int32: { words: 2, read: (view) => view.getInt32(0) },
  uint32: { words: 2, read: (view) => view.getUint32(0) },
  int64: { words: 4, read: (view) => Number(view.getBigInt64(0)) },
  uint64: { words: 4, read: (view) => Number(view.getBigUint64(0)) },
  float32: { words: 2, read: (view) => view.getFloat32(0) },
  float64: { words: 4, read: (view) => view.getFloat64(0) },
} as const satisfies Record<string, RegisterForm>;

/** How a value stands in its registers. */
export type RegisterType = keyof typeof FORMS;

/** Every form that a value can have. */
export const registerTypes = Object.keys(FORMS) as unknown as readonly [RegisterType, ...RegisterType[]];

/** How many registers a value of this type takes. */
export const wordsIn = (type: RegisterType): number => FORMS[type].words;

/**
 * The orders in which the bytes of a value come over the line, A the highest, as meters' documents name them: `CDAB` has
 * the low word first, `BADC` the low byte of each word. Shorter and longer values follow the same rule.
 */
export const registerOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;

/** One of them. */
export type RegisterOrder = (typeof registerOrders)[number];

/** One value of a meter. */
export interface Register {
  readonly quantity: Quantity;
  /** As it goes over the line: from 0. */
  readonly address: number;
  readonly type: RegisterType;
  /** `ABCD` if absent. */
  readonly order?: RegisterOrder;
  /** Only some bits of an integer of one register: the lowest of them, bit 0 the lowest of all, and their number. */
  readonly bits?: { readonly first: number; readonly count: number };
  /** What the raw value is multiplied by to get the quantity's unit; 1 if absent. */
  readonly scale?: number;
  /** What is added after that; 0 if absent. */
  readonly offset?: number;
  /** True for the raw bits, as one unsigned number, by which the meter says that it has no value to tell. */
  isAbsent?(bits: number): boolean;
}

/** The quantities that stand in these register maps, each once, in their order. */
export function quantitiesIn(...maps: readonly (readonly Register[])[]): Quantity[] {
  return [...new Set(maps.flat().map(({ quantity }) => quantity))];
}

/** Registers that are read in one request. */
export interface RegisterBlock {
  readonly address: number;
  readonly count: number;
  readonly registers: readonly Register[];
}

/** What a meter bears in one request. */
export interface BlockLimits {
  /** The most registers; a meter may allow fewer than the 125 of the specification. */
  readonly most: number;
  /**
   * The most registers between two values that are read along though nothing is known to stand there.
   *
   * One request more costs the line 8 + 5 + 2 · 3.5 = 20 characters and the meter's response time: at two characters a
   * register, 10 registers and, at 9600 baud and 20 ms, 9 more (at 19200 baud 17). A hole shorter than that costs less
   * than a second request, so what a meter bears is the limit and not the line: no map here has a hole between its
   * driver's gap and these 19 registers whose reading would save more than one request in a poll.
   */
  readonly gap: number;
}

/** Joins neighbouring registers into as few requests as the limits allow. */
export function planBlocks(registers: readonly Register[], { most, gap }: BlockLimits): readonly RegisterBlock[] {
  const blocks: RegisterBlock[] = [];
  for (const register of registers.toSorted((a, b) => a.address - b.address)) {
    const last = blocks.at(-1);
    const end = register.address + FORMS[register.type].words;
    const isNear = last !== undefined && register.address - (last.address + last.count) <= gap;
    if (isNear && end - last.address <= Math.min(most, MOST_REGISTERS)) {
      const count = Math.max(last.count, end - last.address); // two values may share registers
      blocks.splice(-1, 1, { address: last.address, count, registers: [...last.registers, register] });
    } else {
      blocks.push({ address: register.address, count: end - register.address, registers: [register] });
    }
  }
  return blocks;
}

/** Reads every block by `function` and decodes all into one sample. */
export async function readBlocks(
  device: SerialDevice,
  blocks: readonly RegisterBlock[],
  pace: Pace & { readonly function: 3 | 4 },
): Promise<Sample> {
  let sample: Sample = {};
  for (const block of blocks) {
    const { address, count } = block;
    const data = await readRegisters(device, { function: pace.function, address, count }, pace);
    sample = { ...sample, ...decodeBlock(block, data) };
  }
  return sample;
}

/** The values in a block's data. What the meter cannot tell, and what is not a number, is told as a fault. */
export function decodeBlock(block: RegisterBlock, data: Uint8Array): Sample {
  const values = block.registers.map((register) => {
    const begin = 2 * (register.address - block.address);
    const bytes = data.subarray(begin, begin + 2 * FORMS[register.type].words);
    return [register.quantity, decode(register, inOrder(bytes, register.order))];
  });
  return Object.fromEntries(values);
}

/** Text in registers, two characters each; what is behind a 0 byte and blanks at either end are filling. */
export function registerText(data: Uint8Array): string {
  return (Buffer.from(data).toString('latin1').split('\0')[0] ?? '').trim();
}

function decode({ type, bits, scale = 1, offset = 0, isAbsent }: Register, view: DataView): number | Reading {
  const { words, read } = FORMS[type];
  if (isAbsent?.(unsigned(view, words))) return faulty('not-available');
  const raw = bits ? (view.getUint16(0) >> bits.first) % 2 ** bits.count : read(view);
  const value = raw * scale + offset;
  return Number.isFinite(value) ? value : faulty('not-a-number');
}

function unsigned(view: DataView, words: 1 | 2 | 4): number {
  if (words === 1) return view.getUint16(0);
  return words === 2 ? view.getUint32(0) : Number(view.getBigUint64(0));
}

/** The value's bytes with the highest first. */
function inOrder(bytes: Uint8Array, order: RegisterOrder = 'ABCD'): DataView {
  const isLowWordFirst = order === 'CDAB' || order === 'DCBA';
  const isLowByteFirst = order === 'BADC' || order === 'DCBA';
  const words = Array.from({ length: bytes.length / 2 }, (_, at) => bytes.slice(2 * at, 2 * at + 2));
  const sorted = (isLowWordFirst ? words.toReversed() : words).flatMap((word) =>
    isLowByteFirst ? [...word].toReversed() : [...word],
  );
  return new DataView(Uint8Array.from(sorted).buffer);
}
