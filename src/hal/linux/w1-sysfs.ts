import { constants } from 'node:fs';
import { access, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BusError, SensorError, type SensorFault } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import type { OneWireBus, OneWireDevice, OneWireFile } from '../onewire.ts';

/** Reads a whole file; a test gives a reader of its own. */
export type ReadFile = (path: string) => Promise<string>;

// The longest of the files, w1_slave, has two lines of about 40 characters.
const FILE_BYTES = 512;

// A conversion takes 750 ms at most, and the kernel tries a damaged one three times.
const PATIENCE_MS = 5000;

const SWITCH_ON = 'switch 1-Wire on (dtoverlay=w1-gpio in config.txt) and restart';

/**
 * One read of the file and no second: for the kernel each read that begins at 0 is a new measurement. It runs on a
 * thread of Node's pool, so that the program goes on while the part measures.
 */
async function readOnce(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FILE_BYTES), 0, FILE_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The 1-Wire buses of the board, as the kernel shows them below `root` (`/sys/bus/w1`). */
export function w1SysfsBus(root: string, clock: Clock, readFile: ReadFile = readOnce): OneWireBus {
  const bus = new SysfsBus(clock, readFile);
  return {
    list: () => listed(root),
    device: (id) => new SysfsDevice(root, id, bus),
    close: async () => undefined,
  };
}

// Beside the parts the kernel shows its bus masters there: w1_bus_master1.
const PART = /^[0-9a-f]{2}-[0-9a-f]{12}$/;

async function listed(root: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(root, 'devices'))).filter((name) => PART.test(name)).toSorted();
  } catch (cause) {
    throw new BusError(`there is no ${root}/devices: ${SWITCH_ON}`, { cause });
  }
}

/** The kernel's side: it answers one question at a time, when it pleases. */
class SysfsBus {
  readonly #clock: Clock;
  readonly #readFile: ReadFile;
  /** What the kernel still owes: another question would take another of the few threads of Node's pool. */
  #owed: string | undefined;

  constructor(clock: Clock, readFile: ReadFile) {
    this.#clock = clock;
    this.#readFile = readFile;
  }

  async read(path: string): Promise<string> {
    if (this.#owed !== undefined) {
      throw new BusError(`${this.#owed} has still not been read: take the supply from the bus, or restart the board`);
    }
    this.#owed = path;
    const answer = this.#readFile(path).finally(() => {
      this.#owed = undefined;
    });
    const over = new AbortController();
    try {
      const silence = this.#clock.sleep(PATIENCE_MS, over.signal).then(() => {
        throw new SensorError('timeout', `${path} was not read within ${PATIENCE_MS} ms`);
      });
      silence.catch(() => undefined);
      answer.catch(() => undefined);
      return await Promise.race([answer, silence]);
    } finally {
      over.abort();
    }
  }
}

class SysfsDevice implements OneWireDevice {
  readonly id: string;
  readonly #root: string;
  readonly #bus: SysfsBus;

  constructor(root: string, id: string, bus: SysfsBus) {
    this.id = id;
    this.#root = root;
    this.#bus = bus;
  }

  async read(file: OneWireFile): Promise<string | undefined> {
    try {
      return await this.#bus.read(join(this.#root, 'devices', this.id, file));
    } catch (cause) {
      if (cause instanceof SensorError) throw cause;
      return await this.#failed(file, cause as NodeJS.ErrnoException);
    }
  }

  /** Returns where only this file is missing; throws what is wrong otherwise. */
  async #failed(file: OneWireFile, cause: NodeJS.ErrnoException): Promise<undefined> {
    const folder = join(this.#root, 'devices', this.id);
    const { code = '' } = cause;
    if (code !== 'ENOENT') {
      throw new SensorError(FAULTS[code] ?? 'bus', `${join(folder, file)}: ${code || cause.message}`, { cause });
    }
    if (await isThere(folder)) return undefined;
    if (await isThere(join(this.#root, 'devices'))) {
      throw new SensorError('no-acknowledge', `there is no ${folder}: is it wired? (ls ${this.#root}/devices)`, {
        cause,
      });
    }
    throw new BusError(`there is no ${this.#root}/devices: ${SWITCH_ON}`, { cause });
  }
}

/** How w1_therm says what went wrong (Documentation/w1/slaves/w1_therm.rst). */
const FAULTS: Readonly<Record<string, SensorFault>> = {
  EIO: 'checksum',
  ENODEV: 'no-acknowledge',
  EAGAIN: 'not-ready',
  ETIMEDOUT: 'timeout',
};

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
