import type { PromisifiedBus } from 'i2c-bus';
import { SensorError, type SensorFault } from '../../model/errors.ts';
import { hex } from '../../protocol/hex.ts';
import type { Clock } from '../clock.ts';
import type { I2cBus } from '../i2c.ts';

/** Opens `/dev/i2c-<number>`; a test gives a bus of its own. */
export type OpenI2c = (number: number) => Promise<PromisifiedBus>;

/** The Linux buses, through i2c-bus; a test gives a `load` that fails as a missing package does. */
export function openLinuxI2c(load = () => import('i2c-bus')): OpenI2c {
  return async (number) => {
    const i2c = await load().catch((cause: unknown) => {
      throw new SensorError('bus', 'the package i2c-bus is not installed: npm install --include=optional', { cause });
    });
    return i2c.default.openPromisified(number);
  };
}

/** How the kernel says what went wrong (i2c-dev; Documentation/i2c/fault-codes.rst). */
const FAULTS: Readonly<Record<string, SensorFault>> = {
  ENXIO: 'no-acknowledge',
  EREMOTEIO: 'no-acknowledge',
  ETIMEDOUT: 'timeout',
  EAGAIN: 'timeout',
  EIO: 'bus',
};

/** An I2C bus of the board. It is opened at the first transfer, and again after it could not be. */
export function linuxI2cBus(path: string, clock: Clock, open: OpenI2c = openLinuxI2c()): I2cBus {
  const number = Number(/(\d+)$/.exec(path)?.[1]);
  let opening: Promise<PromisifiedBus> | undefined;
  const opened = (): Promise<PromisifiedBus> => {
    opening ??= open(number).catch((cause: unknown) => {
      opening = undefined;
      throw cause instanceof SensorError ? cause : new SensorError('bus', openingFailed(path, cause), { cause });
    });
    return opening;
  };

  return {
    device: (address) => {
      const transfer = async <T>(what: string, act: (bus: PromisifiedBus) => Promise<T>): Promise<T> => {
        const bus = await opened();
        try {
          return await act(bus);
        } catch (cause) {
          const { code = '' } = cause as NodeJS.ErrnoException;
          // i2c-bus opens the bus for each address at its first transfer.
          if (code === 'ENOENT' || code === 'EACCES')
            throw new SensorError('bus', openingFailed(path, cause), { cause });
          const where = `${what} at 0x${address.toString(16)} on ${path}`;
          throw new SensorError(FAULTS[code] ?? 'bus', `${where}: ${code || (cause as Error).message}`, { cause });
        }
      };
      return {
        write: (bytes) =>
          transfer(`writing ${hex(bytes)}`, async (bus) => {
            const { bytesWritten } = await bus.i2cWrite(address, bytes.length, Buffer.from(bytes));
            if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} bytes went out`);
          }),
        read: (length) =>
          transfer(`reading ${length} bytes`, async (bus) =>
            whole(length, await bus.i2cRead(address, length, Buffer.alloc(length))),
          ),
        writeRead: async (bytes, length) => {
          const [command] = bytes;
          if (bytes.length !== 1 || command === undefined || length > 32) {
            throw new RangeError('one command byte and at most 32 bytes of answer');
          }
          return transfer(`reading ${length} bytes from ${hex(bytes)}`, async (bus) =>
            whole(length, await bus.readI2cBlock(address, command, length, Buffer.alloc(length))),
          );
        },
        sleep: (milliseconds) => clock.sleep(milliseconds),
        uptimeMs: () => clock.uptimeMs(),
      };
    },
    close: async () => {
      const closing = opening;
      opening = undefined;
      await (await closing?.catch(() => undefined))?.close();
    },
  };
}

/** A driver that asked for six bytes must never decode four. */
function whole(length: number, { bytesRead, buffer }: { bytesRead: number; buffer: Buffer }): Uint8Array {
  if (bytesRead < length) throw new Error(`only ${bytesRead} bytes came`);
  return Uint8Array.from(buffer.subarray(0, length));
}

function openingFailed(path: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no ${path}: switch I2C on (dtparam=i2c_arm=on in config.txt) and restart`;
  if (code === 'EACCES') return `${path} may not be opened: the user must be in the group i2c`;
  return `${path}: ${message}`;
}
