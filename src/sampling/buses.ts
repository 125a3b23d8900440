import type { BusConfig, DeviceConfig } from '../config/config.ts';
import type { Sensor, StreamingSensor } from '../driver-kit.ts';
import type { Clock } from '../hal/clock.ts';
import type { GpioChip } from '../hal/gpio.ts';
import type { Hal } from '../hal/hal.ts';
import type { I2cBus } from '../hal/i2c.ts';
import type { Memory } from '../hal/memory.ts';
import type { OneWireBus } from '../hal/onewire.ts';
import type { SerialLine } from '../hal/serial.ts';
import { BusQueue } from './bus-queue.ts';
import { type BusEvent, BusWatch, type WatchedBus } from './bus-watch.ts';
import { Grip, heldGpio, heldI2c, heldOneWire, heldSerial } from './grip.ts';

/** A bus that is open, with the queue of those who want to speak on it, and what is known of its health. */
export type Bus = { readonly name: string; readonly queue: BusQueue; readonly watch: BusWatch } & (
  | { readonly kind: 'i2c'; readonly open: I2cBus }
  | { readonly kind: 'serial'; readonly open: SerialLine }
  | { readonly kind: 'onewire'; readonly open: OneWireBus }
  | { readonly kind: 'gpio'; readonly open: GpioChip }
);

/** A driver's sensor, and its hold on the bus. */
export interface Held<S extends Sensor | StreamingSensor = Sensor | StreamingSensor> {
  readonly sensor: S;
  readonly grip: Grip;
}

/** A device at the near end of its bus. */
export interface OnBus {
  readonly bus: Pick<Bus, 'queue' | 'watch'>;
  /** A sensor that has spoken with nobody yet. The one before it is to be let go first. */
  create(): Held;
}

interface Surroundings {
  readonly hal: Hal;
  readonly clock: Clock;
  /** How many devices are on a bus. */
  devices(bus: string): number;
  report(event: BusEvent): void;
}

/** Opens a bus; what cannot be opened yet is tried at each conversation. */
export function openBus(bus: BusConfig, { hal, clock, devices, report }: Surroundings): Bus {
  const { name } = bus;
  const watched = (more: Pick<WatchedBus, 'isOpenDrain' | 'renew'>) =>
    new BusWatch({ name, devices: () => devices(name), ...more }, clock, report);
  const common = { name, queue: new BusQueue(clock) };
  switch (bus.kind) {
    case 'i2c': {
      const open = hal.i2c(bus);
      return { ...common, kind: bus.kind, open, watch: watched({ isOpenDrain: true, renew: () => open.renew() }) };
    }
    case 'serial':
      return { ...common, kind: bus.kind, open: hal.serial(bus), watch: watched({ isOpenDrain: false }) };
    case 'onewire':
      return { ...common, kind: bus.kind, open: hal.onewire(bus), watch: watched({ isOpenDrain: false }) };
    case 'gpio':
      return { ...common, kind: bus.kind, open: hal.gpio(bus), watch: watched({ isOpenDrain: false }) };
  }
}

/** The device on its bus; nothing is touched yet. */
export function deviceOn(
  buses: readonly Bus[],
  { name, driver, options, bus, address, id = '', activeLow }: DeviceConfig,
  { memory, clock }: { readonly memory: Memory; readonly clock: Clock },
): OnBus {
  const on = buses.find((candidate) => candidate.name === bus);
  if (driver.bus === 'i2c' && on?.kind === 'i2c') {
    const device = on.open.device(address);
    return { bus: on, create: held((grip) => driver.create(heldI2c(device, grip), options, memory)) };
  }
  if (driver.bus === 'serial' && on?.kind === 'serial') {
    const device = on.open.device(address);
    return { bus: on, create: held((grip) => driver.create(heldSerial(device, grip), options, memory)) };
  }
  if (driver.bus === 'onewire' && on?.kind === 'onewire') {
    const device = on.open.device(id);
    return { bus: on, create: held((grip) => driver.create(heldOneWire(device, grip), options, memory)) };
  }
  if (driver.bus === 'gpio' && on?.kind === 'gpio') {
    const further = driver.furtherLines?.(options) ?? [];
    const device = on.open.device(address, { activeLow, further });
    // The lines of a chip do not wait for each other.
    const own = { queue: new BusQueue(clock), watch: on.watch };
    return { bus: own, create: held((grip) => driver.create(heldGpio(device, grip), options, memory)) };
  }
  throw new RangeError(`${name}: no ${driver.bus} bus called ${bus}`);
}

const held = (create: (grip: Grip) => Sensor | StreamingSensor) => (): Held => {
  const grip = new Grip();
  return { sensor: create(grip), grip };
};
