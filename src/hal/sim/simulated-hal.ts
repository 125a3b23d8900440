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
  /** A GPIO part's further lines. */
  readonly further?: readonly number[];
  readonly simulation: Simulation;
  readonly options: object;
  readonly world: World;
}

/** A board whose buses carry simulated parts, byte for byte. Buses can be looked up by name, to break them. */
export class SimulatedHal implements Hal {
  readonly i2cBuses = new Map<string, SimulatedI2cBus>();
  readonly serialLines = new Map<string, SimulatedSerialLine>();
  readonly oneWireBuses = new Map<string, SimulatedOneWireBus>();
  readonly gpioChips = new Map<string, SimulatedGpioChip>();
  readonly #clock: Clock;
  readonly #attached: readonly Attached[];
  readonly #over = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(clock: Clock, attached: readonly Attached[]) {
    this.#clock = clock;
    this.#attached = attached;
  }

  i2c({ name }: { readonly name: string }): I2cBus {
    const bus = new SimulatedI2cBus(this.#clock);
    this.i2cBuses.set(name, bus);
    for (const { simulation, address, world, options } of this.#on(name)) {
      if (simulation.bus === 'i2c') bus.attach(address, simulation.build(world, options));
    }
    return bus;
  }

  serial({ name, ...settings }: { readonly name: string } & LineSettings): SerialLine {
    const line = new SimulatedSerialLine(this.#clock, name, settings);
    this.serialLines.set(name, line);
    for (const { simulation, address, world, options } of this.#on(name)) {
      if (simulation.bus !== 'serial') continue;
      this.#run(simulation.run(line.farEnd(address), world, options, this.#over.signal));
    }
    return line;
  }

  onewire({ name }: { readonly name: string }): OneWireBus {
    const bus = new SimulatedOneWireBus(this.#clock);
    this.oneWireBuses.set(name, bus);
    for (const { simulation, id = '', world, options } of this.#on(name)) {
      if (simulation.bus === 'onewire') bus.attach(id, simulation.build(world, options));
    }
    return bus;
  }

  gpio({ name }: { readonly name: string }): GpioChip {
    const chip = new SimulatedGpioChip(this.#clock);
    this.gpioChips.set(name, chip);
    for (const { simulation, address, further = [], activeLow, world, options } of this.#on(name)) {
      if (simulation.bus !== 'gpio') continue;
      const lines = [address, ...further];
      const pin = {
        set: (level: 0 | 1, line = 0) => chip.drive(lines[line] ?? address, activeLow === (level === 0) ? 1 : 0),
      };
      for (const line of lines.keys()) pin.set(0, line);
      this.#run(simulation.run(pin, world, options, this.#over.signal));
    }
    return chip;
  }

  /** Ends every simulated part. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }

  #on(bus: string): readonly Attached[] {
    return this.#attached.filter((attached) => attached.bus === bus);
  }

  /** A part that ends by itself is a bug in the part; it is told when the simulation ends. */
  #run(part: Promise<void>): void {
    const watched = part.catch((cause: unknown) => {
      if (!this.#over.signal.aborted) throw new SensorError('driver', `a simulated part failed: ${cause}`, { cause });
    });
    watched.catch(() => undefined);
    this.#running.push(watched);
  }
}
