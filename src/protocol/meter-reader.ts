import type { SerialDevice } from '../hal/serial.ts';
import type { Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import { type BlockLimits, planBlocks, type Register, type RegisterBlock, readBlocks } from './modbus-registers.ts';
import { type Pace, readingMs } from './modbus-rtu.ts';

/** How a meter's values share its line. */
export interface LineShare {
  /** What is read at every poll; all of it where this names nothing. */
  readonly often: readonly Quantity[];
  /** How often the rest is read, ms. */
  readonly restEvery: number;
}

/** How the registers of a meter are read. */
export type RegisterAccess = BlockLimits & Pace & { readonly function: 3 | 4 };

/** A line that is polled. */
export interface LinePoll {
  readonly baudRate: number;
  /** How often its device is asked. */
  readonly periodMs: number;
}

interface Turn {
  readonly block: RegisterBlock;
  dueMs: number;
}

/**
 * Reads a register map, poll by poll: what is wanted often each time, the rest when it is due. Requests of the rest fall
 * due one after the other, spread over `restEvery`, so that no poll has to wait for all of them. The first poll reads
 * everything, and so does the first after one that failed: what was told as a fault is told again at once.
 */
export function meterReader(
  device: SerialDevice,
  registers: readonly Register[],
  { often, restEvery, function: code, ...how }: RegisterAccess & LineShare,
): () => Promise<Sample> {
  const { always, rest } = shared(registers, often, how);
  let turns: readonly Turn[] | undefined;
  return async () => {
    const nowMs = device.uptimeMs();
    const due = turns?.filter(({ dueMs }) => dueMs <= nowMs);
    try {
      const blocks = due ? [...always, ...due.map(({ block }) => block)] : [...always, ...rest];
      const sample = await readBlocks(device, blocks, { function: code, ...how });
      turns ??= rest.map((block, at) => ({ block, dueMs: nowMs + (restEvery * (at + 1)) / rest.length }));
      for (const turn of due ?? []) turn.dueMs = nextDue(turn.dueMs, nowMs, restEvery);
      return sample;
    } catch (cause) {
      turns = undefined;
      throw cause;
    }
  };
}

/** How long one poll by `meterReader` takes the line at least, ms, on average: of the rest, what is due in a period. */
export function meterBusyMs(
  registers: readonly Register[],
  { often, restEvery, ...how }: BlockLimits & Pace & LineShare,
  { baudRate, periodMs }: LinePoll,
): number {
  const { always, rest } = shared(registers, often, how);
  const sum = (blocks: readonly RegisterBlock[]) =>
    blocks.reduce((ms, { count }) => ms + readingMs(count, baudRate, how), 0);
  return sum(always) + sum(rest) * Math.min(1, periodMs / restEvery);
}

/** The requests of every poll, and the others. */
function shared(registers: readonly Register[], often: readonly Quantity[], limits: BlockLimits) {
  const isOften = ({ quantity }: Register) => often.length === 0 || often.includes(quantity);
  const others = registers.filter((register) => !isOften(register));
  return { always: planBlocks(registers.filter(isOften), limits), rest: planBlocks(others, limits) };
}

/** The next of its times that is not over: those that nobody polled at are left out, not made up for. */
function nextDue(dueMs: number, nowMs: number, everyMs: number): number {
  return dueMs + (Math.floor((nowMs - dueMs) / everyMs) + 1) * everyMs;
}
