import { SensorError } from '../../model/errors.ts';
import { hex } from '../../protocol/hex.ts';
import type { Clock } from '../clock.ts';
import type { GpioChip, GpioDevice } from '../gpio.ts';
import type { Hal } from '../hal.ts';
import type { I2cBus, I2cDevice } from '../i2c.ts';
import type { OneWireBus, OneWireDevice } from '../onewire.ts';
import type { SerialDevice, SerialLine } from '../serial.ts';
import type { Step } from './steps.ts';

/**
 * Writes down what goes over the wire to one device, as playback plays it. For the driver, time passes as it will in
 * playback: in sleeps, in silences and until bytes or edges come. What a board needs beside that (the transfers
 * themselves) is made up for at the next `beginTurn`, so that a driver decides in playback as it did here.
 */
export class Recording {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #over = new AbortController();
  #steps: Step[] = [];
  #uptimeMs = 0;
  /** When the last step ended, by the board's time. */
  #endedMs = 0;
  #isEnough = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.uptimeMs();
  }

  /** Aborted at the first wait after `enough`. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The driver's time, in milliseconds since the recording began. */
  uptimeMs(): number {
    return this.#uptimeMs;
  }

  /** From here on the driver's time is the board's again; gives that time. */
  beginTurn(): number {
    this.#endedMs = this.#passedMs();
    this.#uptimeMs = Math.max(this.#uptimeMs, this.#endedMs);
    return this.#uptimeMs;
  }

  /** The steps since they were last taken. */
  take(): readonly Step[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /** A driver that listens for ever has been heard: its next wait ends it, as it will in playback. */
  enough(): void {
    this.#isEnough = true;
  }

  /** The board's buses, with all that is said on them written down. */
  on(hal: Hal): Hal {
    return {
      i2c: (bus) => this.#i2cBus(hal.i2c(bus)),
      serial: (bus) => this.#serialLine(hal.serial(bus)),
      onewire: (bus) => this.#oneWireBus(hal.onewire(bus)),
      gpio: (bus) => this.#gpioChip(hal.gpio(bus)),
    };
  }

  #i2cBus(bus: I2cBus): I2cBus {
    return {
      device: (address) => this.#i2cDevice(bus.device(address)),
      close: () => bus.close(),
      renew: () => bus.renew(),
    };
  }

  #i2cDevice(device: I2cDevice): I2cDevice {
    return {
      write: (sent) => this.#write(device, sent),
      read: async (length) => {
        const read = await this.#transfer(() => device.read(length));
        this.#steps.push({ read: hex(read) });
        return read;
      },
      writeRead: async (sent, length) => {
        const read = await this.#transfer(() => device.writeRead(sent, length));
        this.#steps.push({ writeRead: [hex(sent), hex(read)] });
        return read;
      },
      sleep: (milliseconds) => this.#sleep(milliseconds, () => device.sleep(milliseconds)),
      uptimeMs: () => this.#uptimeMs,
    };
  }

  #serialLine(line: SerialLine): SerialLine {
    return { device: (address) => this.#serialDevice(line.device(address)), close: () => line.close() };
  }

  #serialDevice(device: SerialDevice): SerialDevice {
    return {
      address: device.address,
      baudRate: device.baudRate,
      write: (sent) => this.#write(device, sent),
      read: async (withinMs, signal) => {
        this.#endIfEnough();
        return this.#listen(withinMs, () => device.read(withinMs, signal));
      },
      discard: () => device.discard(),
      sleep: (milliseconds, signal) => {
        if (signal) this.#endIfEnough();
        return this.#sleep(milliseconds, () => device.sleep(milliseconds, signal));
      },
      uptimeMs: () => this.#uptimeMs,
    };
  }

  /** What the driver did since the last step counts as listening: the line was not waiting for it. */
  async #listen(withinMs: number, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    try {
      const heard = await read();
      const after = Math.min(withinMs, this.#passedMs() - this.#endedMs);
      this.#uptimeMs += after;
      this.#steps.push({ read: hex(heard), ...(after > 0 ? { after } : {}) });
      return heard;
    } catch (cause) {
      if (cause instanceof SensorError && cause.kind === 'timeout') {
        this.#uptimeMs += withinMs;
        this.#steps.push({ silence: withinMs });
      } else this.#failed(cause);
      throw cause;
    } finally {
      this.#endedMs = this.#passedMs();
    }
  }

  #oneWireBus(bus: OneWireBus): OneWireBus {
    return {
      list: () => bus.list(),
      device: (id) => this.#oneWireDevice(bus.device(id)),
      close: () => bus.close(),
    };
  }

  #oneWireDevice(device: OneWireDevice): OneWireDevice {
    return {
      id: device.id,
      read: async (name) => {
        const text = await this.#transfer(() => device.read(name));
        this.#steps.push({ file: `${device.id}/${name}`, text: text ?? null });
        return text;
      },
    };
  }

  #gpioChip(chip: GpioChip): GpioChip {
    return {
      device: (offset, options) => this.#gpioDevice(chip.device(offset, options)),
      close: () => chip.close(),
    };
  }

  #gpioDevice(device: GpioDevice): GpioDevice {
    return {
      level: async (line) => {
        const level = await this.#transfer(() => device.level(line));
        this.#steps.push({ level, ...(line ? { line } : {}) });
        return level;
      },
      edge: (withinMs, signal) => {
        if (withinMs > 0) this.#endIfEnough();
        return this.#edge(device, withinMs, signal);
      },
      uptimeMs: () => this.#uptimeMs,
    };
  }

  /** An edge has the driver's time, which lags a little behind the board's. */
  async #edge(device: GpioDevice, withinMs: number, signal?: AbortSignal) {
    const lagMs = this.#clock.uptimeMs() - this.#uptimeMs;
    const untilMs = this.#uptimeMs + withinMs;
    const seen = await this.#transfer(() => device.edge(withinMs, signal));
    if (!seen) {
      this.#uptimeMs = untilMs;
      if (withinMs > 0) this.#steps.push({ quiet: untilMs });
      return undefined;
    }
    const at = Math.min(untilMs, Math.floor(seen.uptimeMs - lagMs));
    this.#uptimeMs = Math.max(this.#uptimeMs, at);
    this.#steps.push({ edge: seen.level, at, ...(seen.line ? { line: seen.line } : {}) });
    return { ...seen, uptimeMs: at };
  }

  async #write(device: Pick<I2cDevice, 'write'>, sent: Uint8Array): Promise<void> {
    await this.#transfer(() => device.write(sent));
    this.#steps.push({ write: hex(sent) });
  }

  async #sleep(milliseconds: number, sleep: () => Promise<void>): Promise<void> {
    await sleep();
    this.#endedMs = this.#passedMs();
    this.#uptimeMs += milliseconds;
    this.#steps.push({ sleep: milliseconds });
  }

  async #transfer<T>(transfer: () => Promise<T>): Promise<T> {
    try {
      return await transfer();
    } catch (cause) {
      this.#failed(cause);
      throw cause;
    } finally {
      this.#endedMs = this.#passedMs();
    }
  }

  #failed(cause: unknown): void {
    if (cause instanceof SensorError) this.#steps.push({ error: cause.kind });
  }

  #endIfEnough(): void {
    if (!this.#isEnough) return;
    this.#over.abort(new Error('enough was recorded'));
    this.#over.signal.throwIfAborted();
  }

  #passedMs(): number {
    return Math.floor(this.#clock.uptimeMs() - this.#startedMs);
  }
}
