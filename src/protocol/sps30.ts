/**
 * What Sensirion's SPS30 tells, by I2C and by UART alike. Headings in quotes are those of the SPS30 datasheet.
 */
import { faulty, type Sample, withoutValues } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';

const mass = ['pm1', 'pm25', 'pm4', 'pm10'] as const;

/** The ten values, in the order in which the part tells them, and those of them that are told unless all are wanted. */
export const sps30Streams = {
  mass,
  all: [
    ...mass,
    'particles_pm05',
    'particles_pm1',
    'particles_pm25',
    'particles_pm4',
    'particles_pm10',
    'particle_size',
  ],
} as const satisfies Record<string, readonly Quantity[]>;

/** What "Product Type" says, and the firmware from which on there is a status: major and minor version, a byte each. */
export const SPS30 = { productType: '00080000', firmwareWithStatus: 0x0202 } as const;

/** "Device Status Register": errors stay until they are cleared, the warning ends by itself. */
const FAN_SPEED_WARNING = 1 << 21;
const LASER_ERROR = 1 << 5;
const FAN_ERROR = 1 << 4;

/** True where the status holds something that stays until it is cleared. */
export const hasSps30Error = (status: number): boolean => (status & (FAN_ERROR | LASER_ERROR)) !== 0;

/** What makes the values meaningless: `fan`, `laser` or `fan-speed`; undefined where nothing does. */
export function sps30Trouble(status: number): string | undefined {
  if (status & FAN_ERROR) return 'fan';
  if (status & LASER_ERROR) return 'laser';
  return status & FAN_SPEED_WARNING ? 'fan-speed' : undefined;
}

/**
 * "Read Measured Values": ten floats, in µg/m3, 1/cm3 and µm. A particle has a size: ten zeros are what the part tells
 * before it has measured.
 */
export function sps30Sample(values: readonly number[], streams: readonly Quantity[]): Sample {
  if (values.every((value) => value === 0)) return withoutValues(streams, 'not-ready');
  const given = sps30Streams.all.map((quantity, index) => {
    const value = values[index] ?? Number.NaN;
    return [quantity, Number.isFinite(value) ? value : faulty('not-a-number')] as const;
  });
  return Object.fromEntries(given.filter(([quantity]) => streams.includes(quantity)));
}
