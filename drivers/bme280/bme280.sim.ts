import type { I2cSimulation, World } from '../../src/driver-kit.ts';
import type { Bme280Options } from './bme280.ts';

// Temperature and pressure: the calibration of the BMP280 datasheet's own example. Humidity: invented, of usual size,
// with a negative H5.
const T = [27504, 26435, -1000] as const;
const P = [36477n, -10685n, 3024n, 2855n, 140n, -7n, 15500n, -14600n, 6000n] as const;
const H = [75, 362, 0, 313, -24, 30] as const;

const STARTUP_MS = 2;
const COPYING = 0x01;
const MEASURING = 0x08;

/** What stands in a register while the part is so; undefined: what it holds otherwise. */
const SPOILT: Readonly<Record<string, (register: number) => number | undefined>> = {
  'a BMP280 instead': (register) => (register === 0xd0 ? 0x58 : undefined),
  'a BME680 instead': (register) => (register === 0xd0 ? 0x61 : undefined),
  'blank calibration': (register) => (register >= 0x88 && register <= 0xa1 ? 0 : undefined),
  'nothing measured': (register) =>
    register >= 0xf7 ? ([0x80, 0, 0, 0x80, 0, 0, 0x80, 0][register - 0xf7] ?? 0) : undefined,
  'never done': (register) => (register === 0xf3 ? MEASURING : undefined),
};
const TIMES = [0, 1, 2, 4, 8, 16, 16, 16] as const;

/**
 * A BME280 or BMP280: 256 registers behind a pointer that moves on by itself. After a reset it copies its calibration;
 * it measures as slowly as the datasheet allows, and obeys nothing but a reset meanwhile. It has no normal mode, no
 * filter, and finds its raw numbers by the datasheet's integer formulas, while the driver uses the other ones.
 */
export const simulation: I2cSimulation<Bme280Options> = {
  bus: 'i2c',
  variants: [{}, { part: 'bmp280' }],
  spans: {
    air_temperature: { min: -40, max: 85, resolution: 0.01 },
    relative_humidity: { min: 0, max: 100, resolution: 0.01 },
    air_pressure: { min: 300, max: 1100, resolution: 0.03 },
  },
  faults: {
    'a BMP280 instead': { error: 'wrong-device', at: 'start' },
    'a BME680 instead': { error: 'wrong-device', at: 'start' },
    'blank calibration': { error: 'implausible', at: 'start' },
    'nothing measured': { why: 'skipped', streams: ['air_temperature', 'relative_humidity', 'air_pressure'] },
    'never done': { error: 'not-ready', at: 'poll' },
  },
  build: (world, { part }) => {
    const hasHumidity = part === 'bme280';
    const registers = new Uint8Array(256);
    let pointer = 0;
    let underway: { readonly readyAtMs: number; done(): void } | undefined;

    const settle = () => {
      if (!underway || world.uptimeMs() < underway.readyAtMs) return;
      underway.done();
      underway = undefined;
    };
    const powerOn = () => {
      registers.fill(0);
      registers[0xd0] = hasHumidity ? 0x60 : 0x58;
      registers[0xf3] = COPYING;
      registers.set([0x80, 0, 0, 0x80, 0, 0], 0xf7);
      if (hasHumidity) registers.set([0x80, 0], 0xfd);
      const done = () => {
        registers.set(airCalibration(), 0x88);
        if (hasHumidity) registers[0xa1] = H[0];
        if (hasHumidity) registers.set(humidityCalibration(), 0xe1);
        registers[0xf3] = 0;
      };
      underway = { readyAtMs: world.uptimeMs() + STARTUP_MS, done };
    };
    const force = () => {
      const control = registers[0xf4] ?? 0;
      const [t, p] = [times(control >> 5), times(control >> 2)];
      const h = hasHumidity ? times(registers[0xf2] ?? 0) : 0; // takes effect now, and only now
      registers[0xf3] = MEASURING;
      const done = () => {
        registers.set(data(world, { t, p, h }).subarray(0, hasHumidity ? 8 : 6), 0xf7);
        registers[0xf4] = control & 0xfc;
        registers[0xf3] = 0;
      };
      const measureMs = 1.25 + 2.3 * (t + p + h) + (p ? 0.575 : 0) + (h ? 0.575 : 0);
      underway = { readyAtMs: world.uptimeMs() + measureMs, done };
    };

    const put = (register: number, value: number) => {
      if (register === 0xe0 && value === 0xb6) powerOn();
      if (underway || !(hasHumidity ? [0xf2, 0xf4, 0xf5] : [0xf4, 0xf5]).includes(register)) return;
      registers[register] = value;
      if (register === 0xf4 && [1, 2].includes(value & 0x03)) force();
    };

    powerOn();
    return {
      write(bytes) {
        settle();
        pointer = bytes[0] ?? pointer;
        for (let at = 0; at + 1 < bytes.length; at += 2) put(bytes[at] ?? 0, bytes[at + 1] ?? 0);
      },
      read(length) {
        settle();
        return Uint8Array.from({ length }, () => {
          const value = SPOILT[world.fault?.() ?? '']?.(pointer) ?? registers[pointer] ?? 0;
          pointer = (pointer + 1) & 0xff;
          return value;
        });
      },
    };
  },
};

const times = (bits: number) => TIMES[bits & 0x07] ?? 0;

function airCalibration(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  for (const [index, word] of [...T, ...P].entries()) view.setInt16(2 * index, Number(word), true);
  return new Uint8Array(view.buffer);
}

function humidityCalibration(): number[] {
  const [, h2, h3, h4, h5, h6] = H;
  const shared = (h4 & 0x0f) | ((h5 & 0x0f) << 4);
  return [h2 & 0xff, h2 >> 8, h3, h4 >> 4, shared, h5 >> 4, h6]; // Uint8Array.set cuts negative numbers to a byte
}

/** What the world's truth leaves in 0xF7..0xFE. Temperature and pressure: 16 bits, one more for each doubling. */
function data(world: World, { t, p, h }: { readonly t: number; readonly p: number; readonly h: number }): Uint8Array {
  const truth = { fine: world.truth('air_temperature') * 5120, pressurePa: world.truth('air_pressure') * 100 };
  const temperatureRaw = coarse(
    least(20, (raw) => fine(raw) >= truth.fine),
    t,
  );
  const reached = fine(temperatureRaw); // the part, too, sees its temperature through the converter
  const pressureRaw = coarse(
    least(20, (raw) => pressurePa(raw, BigInt(reached)) <= truth.pressurePa),
    p,
  );
  const humidity = world.truth('relative_humidity');
  const humidityRaw = h ? least(16, (raw) => humidityPercent(raw, reached) >= humidity) : 0x8000;
  const twenty = (raw: number) => [raw >> 12, raw >> 4, raw << 4];
  return Uint8Array.from([...twenty(pressureRaw), ...twenty(temperatureRaw), humidityRaw >> 8, humidityRaw]);
}

function coarse(raw: number, times: number): number {
  return times ? Math.round((raw * times) / 16) * (16 / times) : 0x80000;
}

/** The least raw number of so many bits that `reaches`, by halving. */
function least(bits: number, reaches: (raw: number) => boolean): number {
  let raw = 2 ** bits - 1;
  for (let step = 2 ** (bits - 1); step >= 1; step /= 2) if (reaches(raw - step)) raw -= step;
  return raw;
}

// "Compensation formulas": 32-bit integers, and 64-bit ones for pressure. Shifts are the datasheet's way to divide.

function fine(raw: number): number {
  const [t1, t2, t3] = T;
  const linear = (((raw >> 3) - (t1 << 1)) * t2) >> 11;
  return linear + ((((((raw >> 4) - t1) ** 2) >> 12) * t3) >> 14);
}

function pressurePa(raw: number, fine: bigint): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = P;
  const warmth = fine - 128_000n;
  const offset = warmth ** 2n * p6 + ((warmth * p5) << 17n) + (p4 << 35n);
  const slope = (((1n << 47n) + ((warmth ** 2n * p3) >> 8n) + ((warmth * p2) << 12n)) * p1) >> 33n;
  const linear = ((((1_048_576n - BigInt(raw)) << 31n) - offset) * 3125n) / slope;
  const curve = ((p9 * (linear >> 13n) ** 2n) >> 25n) + ((p8 * linear) >> 19n);
  return Number(((linear + curve) >> 8n) + (p7 << 4n)) / 256;
}

function humidityPercent(raw: number, fine: number): number {
  const [h1, h2, h3, h4, h5, h6] = H;
  const warmth = fine - 76_800;
  const level = ((raw << 14) - (h4 << 20) - h5 * warmth + 16_384) >> 15;
  const bend = (((warmth * h6) >> 10) * (((warmth * h3) >> 11) + 32_768)) >> 10;
  const linear = level * (((bend + 2_097_152) * h2 + 8192) >> 14);
  const curved = linear - (((((linear >> 15) * (linear >> 15)) >> 7) * h1) >> 4);
  return (Math.min(419_430_400, Math.max(0, curved)) >> 12) / 1024;
}
