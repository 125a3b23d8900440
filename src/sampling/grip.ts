import type { GpioDevice } from '../hal/gpio.ts';
import type { I2cDevice } from '../hal/i2c.ts';
import type { OneWireDevice } from '../hal/onewire.ts';
import type { SerialDevice } from '../hal/serial.ts';
import type { SensorError } from '../model/errors.ts';

/**
 * What a driver holds of its device. Once it is let go, whatever the driver still waits for rejects, and so does all
 * that it tries later: a conversation that was given up cannot talk into another's turn.
 */
export class Grip {
  readonly #over = new AbortController();
  readonly #waiting = new Set<(why: unknown) => void>();
  readonly #underWay = new Set<Promise<unknown>>();

  /** Aborted when the grip is let go. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Throws why the grip was let go, if it was. */
  check(): void {
    this.#over.signal.throwIfAborted();
  }

  /** Something that is done on the bus. */
  async transfer<T>(act: () => Promise<T>): Promise<T> {
    this.check();
    const transfer = act();
    this.#underWay.add(transfer);
    const done = () => void this.#underWay.delete(transfer);
    transfer.then(done, done);
    return this.#unlessLetGo(transfer);
  }

  /** Something that the bus does not notice. */
  async wait<T>(act: () => Promise<T>): Promise<T> {
    this.check();
    return this.#unlessLetGo(act());
  }

  /** Lets go; resolves when nothing is under way on the bus any more, which for a hung transfer may be never. */
  async letGo(why: SensorError): Promise<void> {
    this.#over.abort(why);
    for (const reject of this.#waiting) reject(why);
    await Promise.allSettled(this.#underWay);
  }

  // Not Promise.race with one long-lived promise: that would keep every result for as long as the grip is held.
  #unlessLetGo<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}

/** The I2C device for as long as `grip` is held. */
export function heldI2c(device: I2cDevice, grip: Grip): I2cDevice {
  return {
    write: (bytes) => grip.transfer(() => device.write(bytes)),
    read: (length) => grip.transfer(() => device.read(length)),
    writeRead: (bytes, length) => grip.transfer(() => device.writeRead(bytes, length)),
    sleep: (milliseconds) => grip.wait(() => device.sleep(milliseconds)),
    uptimeMs: () => device.uptimeMs(),
  };
}

/** The serial device for as long as `grip` is held. Listening does not occupy the line: it ends with the grip. */
export function heldSerial(device: SerialDevice, grip: Grip): SerialDevice {
  return {
    address: device.address,
    baudRate: device.baudRate,
    write: (bytes) => grip.transfer(() => device.write(bytes)),
    read: (withinMs, signal = grip.signal) => grip.wait(() => device.read(withinMs, signal)),
    discard: () => device.discard(),
    sleep: (milliseconds, signal = grip.signal) => grip.wait(() => device.sleep(milliseconds, signal)),
    uptimeMs: () => device.uptimeMs(),
  };
}

/** The 1-Wire device for as long as `grip` is held. */
export function heldOneWire(device: OneWireDevice, grip: Grip): OneWireDevice {
  return { id: device.id, read: (file) => grip.transfer(() => device.read(file)) };
}

/** The GPIO lines for as long as `grip` is held. */
export function heldGpio(device: GpioDevice, grip: Grip): GpioDevice {
  return {
    level: (line) => grip.transfer(() => device.level(line)),
    edge: (withinMs, signal = grip.signal) => grip.wait(() => device.edge(withinMs, signal)),
    uptimeMs: () => device.uptimeMs(),
  };
}
