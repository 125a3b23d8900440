import type { BusConfig, DeviceConfig } from '../config/config.ts';
import type { Sensor, StreamingSensor } from '../driver-kit.ts';
import type { GpioChip } from '../hal/gpio.ts';
import type { Hal } from '../hal/hal.ts';
import type { I2cBus } from '../hal/i2c.ts';
import type { Memory } from '../hal/memory.ts';
import type { OneWireBus } from '../hal/onewire.ts';
import type { SerialLine } from '../hal/serial.ts';
import { BusQueue } from './bus-queue.ts';

/** A bus that is open, with the queue of those who want to speak on it. */
export type Bus = { readonly name: string; readonly queue: BusQueue } & (
  | { readonly kind: 'i2c'; readonly open: I2cBus }
  | { readonly kind: 'serial'; readonly open: SerialLine }
  | { readonly kind: 'onewire'; readonly open: OneWireBus }
  | { readonly kind: 'gpio'; readonly open: GpioChip }
);

/** Opens a bus; what cannot be opened yet is tried at each conversation. */
export function openBus(bus: BusConfig, hal: Hal): Bus {
  const common = { name: bus.name, queue: new BusQueue() };
  switch (bus.kind) {
    case 'i2c':
      return { ...common, kind: bus.kind, open: hal.i2c(bus) };
    case 'serial':
      return { ...common, kind: bus.kind, open: hal.serial(bus) };
    case 'onewire':
      return { ...common, kind: bus.kind, open: hal.onewire(bus) };
    case 'gpio':
      return { ...common, kind: bus.kind, open: hal.gpio(bus) };
  }
}

/** The device's sensor, at the near end of its bus. */
export function sensorOn(
  buses: readonly Bus[],
  { name, driver, options, bus, address, id = '', activeLow }: DeviceConfig,
  memory: Memory,
): { readonly sensor: Sensor | StreamingSensor; readonly queue: BusQueue } {
  const on = buses.find((candidate) => candidate.name === bus);
  if (driver.bus === 'i2c' && on?.kind === 'i2c') {
    return { sensor: driver.create(on.open.device(address), options, memory), queue: on.queue };
  }
  if (driver.bus === 'serial' && on?.kind === 'serial') {
    return { sensor: driver.create(on.open.device(address), options, memory), queue: on.queue };
  }
  if (driver.bus === 'onewire' && on?.kind === 'onewire') {
    return { sensor: driver.create(on.open.device(id), options, memory), queue: on.queue };
  }
  if (driver.bus === 'gpio' && on?.kind === 'gpio') {
    // The lines of a chip do not wait for each other.
    const further = driver.furtherLines?.(options) ?? [];
    const device = on.open.device(address, { activeLow, further });
    return { sensor: driver.create(device, options, memory), queue: new BusQueue() };
  }
  throw new RangeError(`${name}: no ${driver.bus} bus called ${bus}`);
}
