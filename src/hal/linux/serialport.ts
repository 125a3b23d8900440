import { stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import { BusError, SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import { Inbox } from '../inbox.ts';
import type { LineSettings, SerialLine } from '../serial.ts';
import { tellHangUps } from './hang-up.ts';
import { lockHolder } from './lock-holder.ts';

/** A serial line of the board. It is opened at first use, and again at the next use after it was unplugged. */
export function linuxSerialLine(path: string, settings: LineSettings, clock: Clock): SerialLine {
  const line = new LinuxLine(path, settings, clock);
  return {
    device: (address) => ({
      address,
      baudRate: settings.baudRate,
      write: (bytes) => line.write(bytes),
      read: (withinMs, signal) => line.read(withinMs, signal),
      discard: () => line.discard(),
      sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      uptimeMs: () => clock.uptimeMs(),
    }),
    close: () => line.close(),
  };
}

/** An open port, and which device node `path` led to when it was opened. */
interface Opened {
  readonly port: SerialPort;
  readonly node: string | undefined;
}

class LinuxLine {
  readonly #path: string;
  readonly #settings: LineSettings;
  readonly #inbox: Inbox;
  #opening: Promise<Opened> | undefined;

  constructor(path: string, settings: LineSettings, clock: Clock) {
    this.#path = path;
    this.#settings = settings;
    this.#inbox = new Inbox(clock, path);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { port } = await this.#opened();
    // What is written to a port that is closing waits for it to open again, which never happens.
    if (!port.isOpen) throw this.#gone();
    await new Promise<void>((resolve, reject) => {
      port.write(Buffer.from(bytes));
      port.drain((cause) => (cause ? reject(this.#gone(cause)) : resolve()));
    });
  }

  async read(withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
    const opened = await this.#opened();
    try {
      return await this.#inbox.read(withinMs, signal);
    } catch (cause) {
      if (cause instanceof SensorError && cause.kind === 'timeout') await this.#expectSameNode(opened);
      throw cause;
    }
  }

  discard(): void {
    this.#inbox.discard();
  }

  async close(): Promise<void> {
    const closing = this.#opening;
    this.#opening = undefined;
    await closing?.then(
      ({ port }) => closed(port),
      () => undefined, // what could not be opened need not be closed
    );
  }

  #opened(): Promise<Opened> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Opened> {
    const port = new SerialPort({ path: this.#path, ...this.#settings, autoOpen: false });
    try {
      await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    } catch (cause) {
      this.#opening = undefined;
      throw new BusError(await openingFailed(this.#path, cause as Error), { cause });
    }
    if (port.port) tellHangUps(port.port);
    this.#inbox.discard();
    this.#inbox.mend();
    port.on('data', (chunk: Buffer) => this.#inbox.push(chunk));
    const opened = { port, node: await nodeAt(this.#path) };
    const lost = (cause: Error | null) => void this.#lose(port, cause ?? undefined);
    port.on('error', lost).once('close', lost);
    return opened;
  }

  /** The port failed or closed by itself: whoever reads is told, and the next use opens `path` anew. */
  async #lose(port: SerialPort, cause: Error | undefined): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    if (opened?.port !== port) return;
    // The descriptor goes first: while it is held, the kernel gives an adapter that returns another name.
    const letGo = closed(port);
    this.#opening = letGo.then(() => {
      this.#opening = undefined;
      throw this.#gone(cause);
    });
    this.#opening.catch(() => undefined);
    await letGo;
    this.#inbox.fail(this.#gone(cause));
  }

  /**
   * An unplugged adapter is not always noticed (serialport issue 2024 and others): its line is only silent. So after a
   * silence `path` must still lead to the node that was opened.
   */
  async #expectSameNode({ port, node }: Opened): Promise<void> {
    if ((await nodeAt(this.#path)) === node) return;
    const failure = new Error('unplugged');
    await this.#lose(port, failure);
    throw this.#gone(failure);
  }

  #gone(cause?: Error): BusError {
    return new BusError(`${this.#path} is gone: ${cause?.message ?? 'closed'}`, { cause });
  }
}

/** Resolves when the port's descriptor has been given back. */
async function closed(port: SerialPort): Promise<void> {
  if (port.closing) await new Promise<void>((resolve) => port.once('close', () => resolve()));
  else if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
}

/** What `path` leads to, through its links: a node that was made anew has another number. */
async function nodeAt(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, rdev } = await stat(path);
    return `${dev}:${ino}:${rdev}`;
  } catch {
    return undefined;
  }
}

async function openingFailed(path: string, { message }: Error): Promise<string> {
  if (/No such file/i.test(message)) return `there is no ${path}: is the adapter plugged in? (ls /dev/serial/by-id)`;
  if (/Permission denied/i.test(message)) return `${path} may not be opened: the user must be in the group dialout`;
  if (/lock/i.test(message)) {
    const holder = await lockHolder(path);
    return `${path} is in use by ${holder ?? `another program (sudo fuser -v ${path})`}: it is opened once that has ended`;
  }
  return `${path}: ${message}`;
}
