import { expect } from 'vitest';
import { driver as senseairS8 } from '../../drivers/senseair-s8/senseair-s8.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { readRegisters } from '../../src/protocol/modbus-rtu.ts';
import { writeRegister } from '../../src/protocol/modbus-write.ts';
import { lineThatSays } from '../protocol/modbus-line.ts';
import { isStreaming, testMemory } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Command {
  readonly id: string;
  readonly bytes: string;
  readonly reply_length?: number;
}

/** Requests of Senseair's document: built by our client byte for byte; the one for status and CO2 by the driver. */
export const senseairS8Commands: Adapter = ({ json }) => {
  const { commands } = json as { readonly commands: readonly Command[] };
  return commands.map((command) => ({ name: command.id, run: () => asked(command) }));
};

async function asked({ bytes: text, reply_length }: Command): Promise<void> {
  const [unit = 0, code = 0, high = 0, low = 0, ...value] = bytes(text);
  const { device, written } = lineThatSays([], { address: unit, baudRate: 9600 });
  const [address, argument] = [(high << 8) | low, ((value[0] ?? 0) << 8) | (value[1] ?? 0)];
  const attempt =
    code === 6
      ? writeRegister(device, address, argument)
      : readRegisters(device, { function: code === 3 ? 3 : 4, address, count: argument });
  await expect(attempt).rejects.toMatchObject({ kind: 'timeout' });
  expect(written.map(hex)).toEqual([hex(bytes(text))]);
  if (reply_length !== undefined) expect(5 + 2 * argument).toBe(reply_length);
  if (code === 4 && argument === 4) await polled(text);
}

/** The driver's own poll sends this very request. */
async function polled(request: string): Promise<void> {
  const { device, written } = lineThatSays([], { address: 0xfe, baudRate: 9600 });
  const sensor = senseairS8.create(device, { selfCalibration: 180 }, testMemory());
  if (isStreaming(sensor)) throw new Error('an S8 answers when asked');
  await expect(sensor.poll()).rejects.toMatchObject({ kind: 'timeout' });
  expect(written.map(hex)).toEqual([hex(bytes(request))]);
}
