import type { GpioChip } from './gpio.ts';
import type { I2cBus } from './i2c.ts';
import type { OneWireBus } from './onewire.ts';
import type { LineSettings, SerialLine } from './serial.ts';

/** The ways to reach a part, on a board (`linux/`) or on a laptop (`sim/`). Opening touches nothing yet. */
export interface Hal {
  i2c(bus: { readonly name: string; readonly path: string }): I2cBus;
  serial(bus: { readonly name: string; readonly path: string } & LineSettings): SerialLine;
  onewire(bus: { readonly name: string; readonly path: string }): OneWireBus;
  gpio(bus: { readonly name: string; readonly chip: string }): GpioChip;
}
