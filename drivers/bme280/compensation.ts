/**
 * What the BME280's and BMP280's raw numbers mean: calibration and formulas. Each part carries its own calibration, under
 * the datasheet's names without `dig_`. Headings in quotes are those of the BME280 datasheet.
 */
import { faulty, type Sample, SensorError } from '../../src/driver-kit.ts';

/** The calibration of temperature and pressure. */
export type Calibration = Readonly<
  Record<'T1' | 'T2' | 'T3' | 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'P9', number>
>;

/** The calibration of humidity, which a BMP280 lacks. */
export type HumidityCalibration = Readonly<Record<'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6', number>>;

/** "Trimming parameter readout", 0x88..0x9F: little-endian words, signed but for the first of each kind. */
export function calibration(registers: Uint8Array): Calibration {
  const view = new DataView(registers.buffer, registers.byteOffset, registers.byteLength);
  const word = (address: number) => view.getInt16(address - 0x88, true);
  return {
    T1: view.getUint16(0, true),
    T2: word(0x8a),
    T3: word(0x8c),
    P1: view.getUint16(6, true),
    P2: word(0x90),
    P3: word(0x92),
    P4: word(0x94),
    P5: word(0x96),
    P6: word(0x98),
    P7: word(0x9a),
    P8: word(0x9c),
    P9: word(0x9e),
  };
}

/** "Trimming parameter readout", 0xA1 and 0xE1..0xE7: H4 and H5 are signed 12-bit numbers that share the byte at 0xE5. */
export function humidityCalibration(h1: number, registers: Uint8Array): HumidityCalibration {
  const view = new DataView(registers.buffer, registers.byteOffset, registers.byteLength);
  const shared = view.getUint8(4);
  return {
    H1: h1,
    H2: view.getInt16(0, true),
    H3: view.getUint8(2),
    H4: view.getInt8(3) * 16 + (shared & 0x0f),
    H5: view.getInt8(5) * 16 + (shared >> 4),
    H6: view.getInt8(6),
  };
}

// "Temperature measurement", "Pressure measurement", "Humidity measurement": what a skipped one leaves in the registers.
const SKIPPED = 0x80000;
const HUMIDITY_SKIPPED = 0x8000;

/**
 * "Data readout", from 0xF7 on: 20-bit pressure and temperature, 16-bit humidity. A skipped measurement has no value,
 * and without a temperature there is no pressure and no humidity either.
 */
export function decode(data: Uint8Array, air: Calibration, humidity?: HumidityCalibration): Sample {
  const [p2 = 0, p1 = 0, p0 = 0, t2 = 0, t1 = 0, t0 = 0, h1 = 0, h0 = 0] = data;
  const pressureRaw = (p2 << 12) | (p1 << 4) | (p0 >> 4);
  const temperatureRaw = (t2 << 12) | (t1 << 4) | (t0 >> 4);
  const humidityRaw = (h1 << 8) | h0;

  const skipped = faulty('skipped');
  const fine = temperatureRaw === SKIPPED ? undefined : fineTemperature(temperatureRaw, air);
  const hasPressure = fine !== undefined && pressureRaw !== SKIPPED;
  const hasHumidity = fine !== undefined && humidityRaw !== HUMIDITY_SKIPPED;
  return {
    air_temperature: fine === undefined ? skipped : fine / 5120,
    air_pressure: hasPressure ? pressureHpa(pressureRaw, fine, air) : skipped,
    ...(humidity && { relative_humidity: hasHumidity ? humidityPercent(humidityRaw, fine, humidity) : skipped }),
  };
}

// "Compensation formulas in double precision floating point", all three.

/**
 * The datasheet's `t_fine`: 5120 to the degree Celsius; pressure and humidity lean on it. The datasheet cuts it off to a
 * whole number, which is worth some thousandths of a hectopascal and is not done here.
 */
export function fineTemperature(raw: number, { T1, T2, T3 }: Calibration): number {
  const offset = raw / 2 ** 14 - T1 / 2 ** 10;
  return offset * T2 + (offset / 8) ** 2 * T3;
}

/** Pressure in hPa (the datasheet's formula ends in Pa). Throws where a calibration would have it divide by nothing. */
export function pressureHpa(raw: number, fine: number, calibration: Calibration): number {
  const { P1, P2, P3, P4, P5, P6, P7, P8, P9 } = calibration;
  const warmth = fine / 2 - 64_000;
  const slope = (1 + ((P3 * warmth ** 2) / 2 ** 19 + P2 * warmth) / 2 ** 34) * P1;
  if (slope <= 0) throw new SensorError('implausible', `pressure cannot be computed with P1 ${P1}, P2 ${P2}, P3 ${P3}`);
  const offset = ((P6 * warmth ** 2) / 2 ** 15 + P5 * warmth * 2) / 4 + P4 * 2 ** 16;
  const linear = ((2 ** 20 - raw - offset / 2 ** 12) * 6250) / slope;
  const pressurePa = linear + ((P9 * linear ** 2) / 2 ** 31 + (P8 * linear) / 2 ** 15 + P7) / 16;
  return pressurePa / 100;
}

/** Relative humidity in percent. The formula overshoots both ends of the scale; the datasheet says to clip it. */
export function humidityPercent(raw: number, fine: number, { H1, H2, H3, H4, H5, H6 }: HumidityCalibration): number {
  const warmth = fine - 76_800;
  const offset = H4 * 64 + (H5 / 2 ** 14) * warmth;
  const slope = (H2 / 2 ** 16) * (1 + (H6 / 2 ** 26) * warmth * (1 + (H3 / 2 ** 26) * warmth));
  const linear = (raw - offset) * slope;
  return Math.min(100, Math.max(0, linear * (1 - (H1 * linear) / 2 ** 19)));
}
