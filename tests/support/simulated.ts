import {
  type Driver,
  type Level,
  type Sensor,
  SensorError,
  type Simulation,
  type StreamingSensor,
} from '../../src/driver-kit.ts';
import { SimulatedGpioChip } from '../../src/hal/sim/simulated-gpio.ts';
import { SimulatedI2cBus } from '../../src/hal/sim/simulated-i2c.ts';
import { SimulatedOneWireBus } from '../../src/hal/sim/simulated-onewire.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Quantity } from '../../src/model/quantity.ts';
import { optionsOf, testMemory } from './drivers.ts';

/** A driver and its simulated part on a bus of their own, in a world whose truths the test sets, in virtual time. */
export interface Bench {
  readonly sensor: Sensor | StreamingSensor;
  readonly clock: VirtualClock;
  readonly truths: Map<Quantity, number>;
  /** What is wrong with the part itself; one of the simulation's `faults`. */
  show(fault: string | undefined): void;
  /** What lies between driver and part breaks; undefined where the bus has no such fault. */
  readonly breakBus: ((fault: 'gone' | 'corrupt' | undefined) => void) | undefined;
  /** Lets virtual time pass until `promise` settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Ends the simulated part. */
  end(): Promise<void>;
}

/** Puts `driver` and `simulation` on a simulated bus. */
export function bench(driver: Driver, simulation: Simulation, given: object = {}): Bench {
  const clock = new VirtualClock();
  const truths = new Map<Quantity, number>();
  for (const [quantity, span] of Object.entries(simulation.spans)) truths.set(quantity as Quantity, span.min);
  let shown: string | undefined;
  const world = {
    truth: (quantity: Quantity) => truths.get(quantity) ?? 0,
    now: () => clock.now(),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    fault: () => shown,
  };
  const options = optionsOf(driver, given);
  const over = new AbortController();
  const parts: Promise<unknown>[] = [];
  const ends = (run: Promise<void>) => {
    parts.push(
      run.catch((cause: unknown) => {
        if (!over.signal.aborted) throw cause;
      }),
    );
  };

  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    watched.catch(() => undefined);
    for (let turns = 0; !isSettled; turns += 1) {
      if (turns > 100_000) throw new Error(`${driver.part} did not answer within ${turns / 20} s of virtual time`);
      await clock.advance(50);
    }
    return watched;
  };

  const { sensor, breakBus } = ((): Pick<Bench, 'sensor' | 'breakBus'> => {
    if (driver.bus === 'i2c' && simulation.bus === 'i2c') {
      const bus = new SimulatedI2cBus(clock);
      const [address] = driver.addresses;
      bus.attach(address, simulation.build(world, options));
      return {
        sensor: driver.create(bus.device(address), options, testMemory()),
        breakBus: (fault) => bus.break(address, fault === 'gone' ? 'absent' : fault),
      };
    }
    if (driver.bus === 'serial' && simulation.bus === 'serial') {
      const line = new SimulatedSerialLine(clock, 'line', driver.line);
      const address = driver.addresses?.[0] ?? 0;
      ends(simulation.run(line.farEnd(address), world, options, over.signal));
      return {
        sensor: driver.create(line.device(address), options, testMemory()),
        breakBus: (fault) => line.break(fault === 'gone' ? 'silent' : fault),
      };
    }
    if (driver.bus === 'onewire' && simulation.bus === 'onewire') {
      const bus = new SimulatedOneWireBus(clock);
      const id = `${driver.families[0]}-0316a2798dff`;
      bus.attach(id, simulation.build(world, options));
      return {
        sensor: driver.create(bus.device(id), options, testMemory()),
        breakBus: (fault) => bus.break(id, fault === 'gone' ? 'absent' : fault),
      };
    }
    if (driver.bus === 'gpio' && simulation.bus === 'gpio') {
      const chip = new SimulatedGpioChip(clock);
      const further = driver.furtherLines?.(options) ?? [];
      const pin = { set: (level: Level, line = 0) => chip.drive([17, ...further][line] ?? 17, level) };
      ends(simulation.run(pin, world, options, over.signal));
      return {
        sensor: driver.create(chip.device(17, { activeLow: false, further }), options, testMemory()),
        breakBus: undefined,
      };
    }
    throw new SensorError('bus', `${driver.part}: the driver is for ${driver.bus}, its part for ${simulation.bus}`);
  })();

  return {
    sensor,
    clock,
    truths,
    show: (fault) => {
      shown = fault;
    },
    breakBus,
    settle,
    end: async () => {
      over.abort();
      await settle(Promise.all(parts));
    },
  };
}
