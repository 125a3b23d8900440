import type { SimulatedI2cPart } from '../../driver-kit.ts';
import { SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import type { I2cBus, I2cDevice } from '../i2c.ts';

/** What can go wrong between a bus and one address. */
export type I2cFault = 'absent' | 'corrupt' | 'stuck' | 'hung';

/** An I2C bus with simulated parts on it. */
export class SimulatedI2cBus implements I2cBus {
  readonly #clock: Clock;
  readonly #parts = new Map<number, SimulatedI2cPart>();
  readonly #faults = new Map<number, I2cFault>();
  /** What ends a transfer that hangs. */
  readonly #hung = new Map<number, () => void>();
  /** How often the adapter was opened anew. */
  renewals = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(address: number, part: SimulatedI2cPart): void {
    this.#parts.set(address, part);
  }

  /** Breaks what lies between the bus and `address`, or (undefined) mends it. */
  break(address: number, fault: I2cFault | undefined): void {
    if (fault) this.#faults.set(address, fault);
    else this.#faults.delete(address);
    this.#hung.get(address)?.();
  }

  device(address: number): I2cDevice {
    const write = async (bytes: Uint8Array) => (await this.#reach(address)).write(bytes);
    const read = async (length: number) => {
      const answer = (await this.#reach(address)).read(length);
      if (this.#faults.get(address) !== 'corrupt') return answer;
      return answer.map((byte, index) => (index === 0 ? byte ^ 0x10 : byte));
    };
    return {
      write,
      read,
      writeRead: async (bytes, length) => {
        await write(bytes);
        return read(length);
      },
      sleep: (milliseconds) => this.#clock.sleep(milliseconds),
      uptimeMs: () => this.#clock.uptimeMs(),
    };
  }

  async renew(): Promise<void> {
    this.renewals += 1;
  }

  async close(): Promise<void> {
    this.#parts.clear();
  }

  /** A transfer that hangs ends with a timeout when what is broken changes, as when the line is let go. */
  async #reach(address: number): Promise<SimulatedI2cPart> {
    const fault = this.#faults.get(address);
    if (fault === 'hung') {
      await new Promise<void>((resolve) => this.#hung.set(address, resolve));
      throw new SensorError('timeout', 'the clock was held low');
    }
    if (fault === 'stuck') throw new SensorError('timeout', 'SDA is held low');
    const part = this.#parts.get(address);
    if (!part || fault === 'absent') {
      throw new SensorError('no-acknowledge', `nothing answers at 0x${address.toString(16)}`);
    }
    return part;
  }
}
