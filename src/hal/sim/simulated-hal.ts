import { isDeepStrictEqual } from 'node:util';
import type { Simulation, World } from '../../driver-kit.ts';
import { SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import type { GpioChip } from '../gpio.ts';
import type { Hal } from '../hal.ts';
import type { I2cBus } from '../i2c.ts';
import type { OneWireBus } from '../onewire.ts';
import type { LineSettings, SerialLine } from '../serial.ts';
import { SimulatedGpioChip } from './simulated-gpio.ts';
import { SimulatedI2cBus } from './simulated-i2c.ts';
import { SimulatedOneWireBus } from './simulated-onewire.ts';
import { SimulatedSerialLine } from './simulated-serial.ts';

/** A simulated part and where it is attached. */
export interface Attached {
  readonly bus: string;
  /** I2C or Modbus address, or GPIO line. */
  readonly address: number;
  /** A 1-Wire part's number. */
  readonly id?: string;
  readonly activeLow: boolean;
  /** How a serial part's line is set; absent: as the gateway opens it. */
  readonly line?: LineSettings;
  /** A GPIO part's further lines. */
  readonly further?: readonly number[];
  readonly simulation: Simulation;
  readonly options: object;
  readonly world: World;
}

/** Puts a part on an open bus; what runs by itself ends with the signal. */
type Put = (part: Attached, signal: AbortSignal) => Promise<void> | undefined;

/** A board whose buses carry simulated parts, byte for byte. Buses can be looked up by name, to break them. */
export class SimulatedHal implements Hal {
  readonly i2cBuses = new Map<string, SimulatedI2cBus>();
  readonly serialLines = new Map<string, SimulatedSerialLine>();
  readonly oneWireBuses = new Map<string, SimulatedOneWireBus>();
  readonly gpioChips = new Map<string, SimulatedGpioChip>();
  readonly #clock: Clock;
  #attached: readonly Attached[];
  readonly #puts = new Map<string, Put>();
  /** What ends each part that is on an open bus. */
  readonly #ends = new Map<Attached, AbortController>();
  readonly #running: Promise<void>[] = [];

  constructor(clock: Clock, attached: readonly Attached[]) {
    this.#clock = clock;
    this.#attached = attached;
  }

  i2c({ name }: { readonly name: string }): I2cBus {
    const bus = new SimulatedI2cBus(this.#clock);
    this.i2cBuses.set(name, bus);
    this.#opened(name, ({ simulation, address, world, options }) => {
      if (simulation.bus === 'i2c') bus.attach(address, simulation.build(world, options));
      return undefined;
    });
    return bus;
  }

  serial({ name, baudRate, dataBits, parity, stopBits }: { readonly name: string } & LineSettings): SerialLine {
    const settings = { baudRate, dataBits, parity, stopBits };
    const line = new SimulatedSerialLine(this.#clock, name, settings);
    this.serialLines.set(name, line);
    this.#opened(name, ({ simulation, address, line: own, world, options }, signal) => {
      return simulation.bus === 'serial'
        ? simulation.run(line.farEnd(address, own), world, options, signal)
        : undefined;
    });
    return line;
  }

  onewire({ name }: { readonly name: string }): OneWireBus {
    const bus = new SimulatedOneWireBus(this.#clock);
    this.oneWireBuses.set(name, bus);
    this.#opened(name, ({ simulation, id = '', world, options }) => {
      if (simulation.bus === 'onewire') bus.attach(id, simulation.build(world, options));
      return undefined;
    });
    return bus;
  }

  gpio({ name }: { readonly name: string }): GpioChip {
    const chip = new SimulatedGpioChip(this.#clock);
    this.gpioChips.set(name, chip);
    this.#opened(name, ({ simulation, address, further = [], activeLow, world, options }, signal) => {
      if (simulation.bus !== 'gpio') return undefined;
      const lines = [address, ...further];
      const pin = {
        set: (level: 0 | 1, line = 0) => chip.drive(lines[line] ?? address, activeLow === (level === 0) ? 1 : 0),
      };
      for (const line of lines.keys()) pin.set(0, line);
      return simulation.run(pin, world, options, signal);
    });
    return chip;
  }

  /** Other parts are on the buses from now on; those that are the same as before go on as they are. */
  furnish(attached: readonly Attached[]): void {
    const before = this.#attached;
    this.#attached = attached.map((part) => before.find((known) => isSame(known, part)) ?? part);
    for (const part of before.filter((known) => !this.#attached.includes(known))) this.#end(part);
    for (const part of this.#attached.filter((known) => !before.includes(known))) this.#put(part);
  }

  /** Ends every simulated part. */
  async end(): Promise<void> {
    for (const end of this.#ends.values()) end.abort();
    await Promise.all(this.#running);
  }

  /** A bus is there, or there again: its parts are put on it anew. */
  #opened(name: string, put: Put): void {
    this.#puts.set(name, put);
    for (const part of this.#attached.filter(({ bus }) => bus === name)) {
      this.#end(part);
      this.#put(part);
    }
  }

  #end(part: Attached): void {
    this.#ends.get(part)?.abort();
    this.#ends.delete(part);
  }

  /** A part that ends by itself is a bug in the part; it is told when the simulation ends. */
  #put(part: Attached): void {
    const end = new AbortController();
    const running = this.#puts.get(part.bus)?.(part, end.signal);
    this.#ends.set(part, end);
    const watched = running?.catch((cause: unknown) => {
      if (!end.signal.aborted) throw new SensorError('driver', `a simulated part failed: ${cause}`, { cause });
    });
    watched?.catch(() => undefined);
    if (watched) this.#running.push(watched);
  }
}

/** True for the same part at the same place; the world around it is the place's. */
function isSame({ world: _, ...one }: Attached, { world: __, ...other }: Attached): boolean {
  return isDeepStrictEqual(one, other);
}
