import { crc8OneWire, type OneWireSimulation, type Quantity } from '../../src/driver-kit.ts';

// "Configuration Register": 12 bits.
const TWELVE_BITS = 0x7f;

const POWER_ON_RAW = 85 * 16;

const whole = { min: -55, max: 125, resolution: 1 / 32 };

/** A DS18B20 with three wires; or with two, whose supply gives way while it measures. */
export const simulation: OneWireSimulation<{ readonly quantity?: Quantity }> = {
  bus: 'onewire',
  spans: {
    air_temperature: whole,
    surface_temperature: whole,
    soil_temperature: whole,
    water_temperature: whole,
    flow_temperature: whole,
    return_temperature: whole,
  },
  variants: [{}, { quantity: 'flow_temperature' }],
  faults: {
    reset: { why: 'not-ready', streams: ['air_temperature'] },
    short: { error: 'bus', at: 'poll' },
    open: { error: 'no-acknowledge', at: 'poll' },
  },

  build(world, { quantity = 'air_temperature' }) {
    return {
      scratchpad() {
        if (world.fault?.() === 'short') return new Uint8Array(9);
        if (world.fault?.() === 'open') return new Uint8Array(9).fill(0xff);
        if (world.fault?.() === 'reset') return withChecksum(POWER_ON_RAW, 0x0c);
        const raw = Math.round(Math.min(125, Math.max(-55, world.truth(quantity))) * 16);
        return withChecksum(raw, 16 - (raw & 15));
      },
    };
  },
};

/** "DS18B20 Memory Map": temperature, alarm limits, configuration, three reserved bytes, checksum. */
function withChecksum(raw: number, reserved: number): Uint8Array {
  const scratchpad = Uint8Array.of(raw & 0xff, (raw >> 8) & 0xff, 0x4b, 0x46, TWELVE_BITS, 0xff, reserved, 0x10, 0);
  scratchpad[8] = crc8OneWire(scratchpad.subarray(0, 8));
  return scratchpad;
}
