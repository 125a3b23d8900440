/**
 * A Modbus meter's register map as data: what stands where, read in few requests, decoded into a sample.
 *
 * A value longer than 16 bits takes several registers. The specification is silent about their order; most vendors send
 * the high word first (`ABCD`), some the low word.
 */
import type { SerialDevice } from '../hal/serial.ts';
import { faulty, type Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import { MOST_REGISTERS, type Pace, readRegisters } from './modbus-rtu.ts';

interface RegisterForm {
  /** How many registers it takes. */
  readonly words: number;
  read(view: DataView): number;
}

const FORMS = {
  int16: { words: 1, read: (view) => view.getInt16(0) },
  uint16: { words: 1, read: (view) => view.getUint16(0) },
  int32: { words: 2, read: (view) => view.getInt32(0) },
  uint32: { words: 2, read: (view) => view.getUint32(0) },
  'int32 low word first': { words: 2, read: (view) => view.getInt16(2) * 0x10000 + view.getUint16(0) },
  'uint32 low word first': { words: 2, read: (view) => view.getUint16(2) * 0x10000 + view.getUint16(0) },
  int64: { words: 4, read: (view) => Number(view.getBigInt64(0)) },
  uint64: { words: 4, read: (view) => Number(view.getBigUint64(0)) },
  float32: { words: 2, read: (view) => view.getFloat32(0) },
} as const satisfies Record<string, RegisterForm>;

/** How a value stands in its registers; high word first unless it says otherwise. */
export type RegisterType = keyof typeof FORMS;

/** One value of a meter. */
export interface Register {
  readonly quantity: Quantity;
  /** As it goes over the line: from 0. */
  readonly address: number;
  readonly type: RegisterType;
  /** What the raw value is multiplied by to get the quantity's unit; 1 if absent. */
  readonly scale?: number;
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
  /** The most registers between two values that are read along though nothing is known to stand there. */
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
      const joined = [...last.registers, register];
      blocks.splice(-1, 1, { address: last.address, count: end - last.address, registers: joined });
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

/** The values in a block's data. What is not a number is told as a fault. */
export function decodeBlock(block: RegisterBlock, data: Uint8Array): Sample {
  const values = block.registers.map(({ quantity, address, type, scale = 1 }) => {
    const { words, read } = FORMS[type];
    const view = new DataView(data.buffer, data.byteOffset + 2 * (address - block.address), 2 * words);
    const value = read(view) * scale;
    return [quantity, Number.isFinite(value) ? value : faulty('not-a-number')];
  });
  return Object.fromEntries(values);
}
