import type { PromisifiedBus } from 'i2c-bus';
import { BusError, SensorError, type SensorFault } from '../../model/errors.ts';
import { hex } from '../../protocol/hex.ts';
import type { Clock } from '../clock.ts';
import type { I2cBus, I2cDevice } from '../i2c.ts';

/** Opens `/dev/i2c-<number>`; a test gives a bus of its own. */
export type OpenI2c = (number: number) => Promise<PromisifiedBus>;

/** The Linux buses, through i2c-bus; a test gives a `load` that fails as a missing package does. */
export function openLinuxI2c(load = () => import('i2c-bus')): OpenI2c {
  return async (number) => {
    const i2c = await load().catch((cause: unknown) => {
      throw new BusError('the package i2c-bus is not installed: npm install --include=optional', { cause });
    });
    return i2c.default.openPromisified(number);
  };
}

interface Fault {
  readonly kind: SensorFault;
  /** What it means at the cable, and what to look at. */
  readonly hint: string;
}

const NOBODY: Fault = {
  kind: 'no-acknowledge',
  hint: 'nothing acknowledges that address: look at its wires, its supply and its address (i2cdetect)',
};

/**
 * How the kernel says what went wrong (Documentation/i2c/fault-codes.rst). Adapters differ: for a missing acknowledge
 * i2c-bcm2835 says EREMOTEIO where others say ENXIO, and for a clock that is stretched too long it says EIO.
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  ENXIO: NOBODY,
  EREMOTEIO: NOBODY,
  ETIMEDOUT: {
    kind: 'timeout',
    hint: 'the transfer never ended: a part holds SCL or SDA low, or stretches the clock; take its supply for a moment',
  },
  EAGAIN: {
    kind: 'timeout',
    hint: 'lost arbitration: something else drives the bus, another master or a short of SDA',
  },
  EBUSY: {
    kind: 'timeout',
    hint: 'the bus never came free, or a driver of the kernel has the address (UU in i2cdetect)',
  },
  EIO: {
    kind: 'bus',
    hint: 'the transfer broke off: noise, a short, weak pull-ups, a long cable; on a Pi also a clock stretched too long',
  },
};

/** The adapter behind the open file is no more: unplugged, or bound to its driver anew. */
const GONE: readonly string[] = ['ENODEV', 'ESHUTDOWN'];

/** An I2C bus of the board. It is opened at the first transfer, and again after it could not be. */
export function linuxI2cBus(path: string, clock: Clock, open: OpenI2c = openLinuxI2c()): I2cBus {
  const adapter = new Adapter(path, open);
  return {
    device: (address) => deviceAt(address, adapter, clock),
    // In its turn: it must not close under a transfer.
    renew: () => adapter.inTurn(() => adapter.close()),
    close: () => adapter.close(),
  };
}

class Adapter {
  readonly path: string;
  readonly #open: OpenI2c;
  #opening: Promise<PromisifiedBus> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, open: OpenI2c) {
    this.path = path;
    this.#open = open;
  }

  /** One at a time, whoever asks: a transfer that hangs keeps one thread of Node's pool, and never a second. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  transfer<T>(what: string, act: (bus: PromisifiedBus) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const bus = await this.#opened();
      try {
        return await act(bus);
      } catch (cause) {
        if (GONE.includes(codeOf(cause))) await this.close().catch(() => undefined);
        throw transferFailed(cause, { path: this.path, what: `${what} on ${this.path}` });
      }
    });
  }

  async close(): Promise<void> {
    const closing = this.#opening;
    this.#opening = undefined;
    await (await closing?.catch(() => undefined))?.close();
  }

  #opened(): Promise<PromisifiedBus> {
    const number = Number(/(\d+)$/.exec(this.path)?.[1]);
    this.#opening ??= this.#open(number).catch((cause: unknown) => {
      this.#opening = undefined;
      throw cause instanceof SensorError ? cause : new BusError(openingFailed(this.path, cause), { cause });
    });
    return this.#opening;
  }
}

function deviceAt(address: number, adapter: Adapter, clock: Clock): I2cDevice {
  const where = `at 0x${address.toString(16)}`;
  return {
    write: (bytes) =>
      adapter.transfer(`writing ${hex(bytes)} ${where}`, async (bus) => {
        const { bytesWritten } = await bus.i2cWrite(address, bytes.length, Buffer.from(bytes));
        if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} bytes went out`);
      }),
    read: (length) =>
      adapter.transfer(`reading ${length} bytes ${where}`, async (bus) =>
        whole(length, await bus.i2cRead(address, length, Buffer.alloc(length))),
      ),
    writeRead: async (bytes, length) => {
      const [command] = bytes;
      if (bytes.length !== 1 || command === undefined || length > 32) {
        throw new RangeError('one command byte and at most 32 bytes of answer');
      }
      return adapter.transfer(`reading ${length} bytes from ${hex(bytes)} ${where}`, async (bus) =>
        whole(length, await bus.readI2cBlock(address, command, length, Buffer.alloc(length))),
      );
    },
    sleep: (milliseconds) => clock.sleep(milliseconds),
    uptimeMs: () => clock.uptimeMs(),
  };
}

/** A driver that asked for six bytes must never decode four. */
function whole(length: number, { bytesRead, buffer }: { bytesRead: number; buffer: Buffer }): Uint8Array {
  if (bytesRead < length) throw new Error(`only ${bytesRead} bytes came`);
  return Uint8Array.from(buffer.subarray(0, length));
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? '';

function transferFailed(cause: unknown, { path, what }: { readonly path: string; readonly what: string }): SensorError {
  const code = codeOf(cause);
  // i2c-bus opens the bus for each address at its first transfer.
  if (code === 'ENOENT' || code === 'EACCES') return new BusError(openingFailed(path, cause), { cause });
  if (GONE.includes(code)) return new BusError(`${path} is gone (${code}): its adapter was taken away`, { cause });
  const fault = FAULTS[code];
  if (!fault) return new SensorError('bus', `${what}: ${code || (cause as Error).message}`, { cause });
  return new SensorError(fault.kind, `${what}: ${code}: ${fault.hint}`, { cause });
}

function openingFailed(path: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no ${path}: switch I2C on (dtparam=i2c_arm=on in config.txt) and restart`;
  if (code === 'EACCES') return `${path} may not be opened: the user must be in the group i2c`;
  return `${path}: ${message}`;
}
