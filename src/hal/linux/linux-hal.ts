import type { Clock } from '../clock.ts';
import type { Hal } from '../hal.ts';
import { linuxI2cBus } from './i2c-bus.ts';
import { linuxGpioChip } from './onoff.ts';
import { linuxSerialLine } from './serialport.ts';
import { w1SysfsBus } from './w1-sysfs.ts';

/** This board. */
export function linuxHal(clock: Clock): Hal {
  return {
    i2c: ({ path }) => linuxI2cBus(path, clock),
    serial: ({ path, baudRate, dataBits, parity, stopBits }) =>
      linuxSerialLine(path, { baudRate, dataBits, parity, stopBits }, clock),
    onewire: ({ path }) => w1SysfsBus(path, clock),
    gpio: ({ chip }) => linuxGpioChip(chip, clock),
  };
}
