/**
 * What Sensirion's I2C parts have in common: 16-bit commands, and 16-bit words that are each followed by a checksum.
 *
 * The parts do not know a repeated start: a command is written, waited for, and then its answer is read.
 */
import type { I2cDevice } from '../hal/i2c.ts';
import { SensorError } from '../model/errors.ts';
import { crc8 } from './crc.ts';
import { hex } from './hex.ts';

const WORD_BYTES = 3;

/** A command, and how long the part takes over it. */
export interface SensirionCommand {
  readonly code: number;
  readonly waitMs: number;
}

/** Writes a command with its argument words, and waits until the part is done with it. */
export async function sendCommand(
  device: I2cDevice,
  { code, waitMs }: SensirionCommand,
  ...words: readonly number[]
): Promise<void> {
  await device.write(Uint8Array.of(code >> 8, code & 0xff, ...words.flatMap(wordBytes)));
  if (waitMs > 0) await device.sleep(waitMs);
}

/** The `count` words that the part answers to a command; SensorError `checksum` if one of them is damaged. */
export async function readWords(device: I2cDevice, command: SensirionCommand, count: number): Promise<number[]> {
  await sendCommand(device, command);
  return checkedWords(await device.read(count * WORD_BYTES));
}

/** The words in an answer; SensorError `checksum` if one of them is damaged. */
export function checkedWords(answer: Uint8Array): number[] {
  return Array.from({ length: Math.floor(answer.length / WORD_BYTES) }, (_, index) => {
    const word = answer.subarray(index * WORD_BYTES, (index + 1) * WORD_BYTES);
    const [high = 0, low = 0, received] = word;
    const computed = checksum(high, low);
    if (received !== computed) {
      throw new SensorError('checksum', `${hex(word)} should end in ${computed.toString(16).padStart(2, '0')}`);
    }
    return (high << 8) | low;
  });
}

/** A word as it goes over the bus: high byte, low byte, checksum. */
export function wordBytes(word: number): number[] {
  const [high, low] = [(word >> 8) & 0xff, word & 0xff];
  return [high, low, checksum(high, low)];
}

/** The text that stands in words, two characters each, up to the first zero. */
export function textOf(words: readonly number[]): string {
  const [text = ''] = String.fromCharCode(...words.flatMap((word) => [word >> 8, word & 0xff])).split('\0');
  return text;
}

/** The words of a text that fills `count` of them with zeros after it. */
export function textWords(text: string, count: number): number[] {
  const code = (at: number) => (at < text.length ? text.charCodeAt(at) : 0);
  return Array.from({ length: count }, (_, index) => (code(2 * index) << 8) | code(2 * index + 1));
}

/** The 32-bit floats that stand in pairs of words, high word first. */
export function floatsOf(words: readonly number[]): number[] {
  const view = new DataView(Uint16Array.from(words).buffer);
  const pairs = Math.floor(words.length / 2);
  for (const [index, word] of words.entries()) view.setUint16(2 * index, word);
  return Array.from({ length: pairs }, (_, index) => view.getFloat32(4 * index));
}

/** A 32-bit number of two words. */
export function uint32Of([high = 0, low = 0]: readonly number[]): number {
  return high * 0x10000 + low;
}

/**
 * How long a part may have nothing new to tell before that is a fault: one that has just been started, or that cleans
 * its fan, is not broken.
 */
export class Patience {
  readonly #patienceMs: number;
  #sinceMs: number | undefined;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** A new measurement came, or the part was started. */
  renew(): void {
    this.#sinceMs = undefined;
  }

  /** No new measurement, again: SensorError `not-ready` if that has lasted too long. */
  strain(uptimeMs: number): void {
    this.#sinceMs ??= uptimeMs;
    const forMs = uptimeMs - this.#sinceMs;
    if (forMs >= this.#patienceMs) throw new SensorError('not-ready', `no new measurement for ${forMs} ms`);
  }
}

function checksum(high: number, low: number): number {
  return crc8(Uint8Array.of(high, low), { polynomial: 0x31, initial: 0xff });
}
