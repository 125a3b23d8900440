/**
 * Sensirion SHT30, SHT31, SHT33, SHT35 and SHT85: air temperature and relative humidity.
 *
 * Headings in quotes are those of the SHT3x-DIS datasheet.
 */
import {
  checkedWords,
  faulty,
  type I2cDevice,
  type I2cDriver,
  type Identity,
  options,
  readWords,
  type Sample,
  SensorError,
  sendCommand,
} from '../../src/driver-kit.ts';

// "Measurement Commands for Single Shot Data Acquisition Mode": high repeatability, no clock stretching. "Timing
// Specification": 15.5 ms at most.
const MEASURE = { code: 0x2400, waitMs: 16 };
// "Break command", "Soft Reset": the part is back in single-shot mode, its heater off.
const BREAK = { code: 0x3093, waitMs: 1 };
const SOFT_RESET = { code: 0x30a2, waitMs: 2 };
const READ_STATUS = { code: 0xf32d, waitMs: 1 };
const CLEAR_STATUS = { code: 0x3041, waitMs: 1 };
const READ_SERIAL_NUMBER = { code: 0x3780, waitMs: 1 };

// "Description of the status register"
const HEATER = 0x2000;
const RESERVED = 0x500c;
const RESET_DETECTED = 0x0010;
const NOT_PROCESSED = 0x0002;

const SHT4X_SERIAL_NUMBER = 0x89;

/** SHT3x: one single-shot measurement a poll, and a look at the status; the heater is never used. */
export const driver: I2cDriver = {
  part: 'sht3x',
  bus: 'i2c',
  addresses: [0x44, 0x45],
  measures: ['air_temperature', 'relative_humidity'],
  options: options({}),
  period: { default: '60s', least: '1s' },

  create: (device) => ({
    async start() {
      await prove(device);
      return serialNumber(device);
    },
    async poll() {
      const [temperatureRaw = 0, humidityRaw = 0] = await readWords(device, MEASURE, 2);
      return decode([temperatureRaw, humidityRaw], await readStatus(device));
    },
  }),
};

/**
 * "Conversion of Signal Output": two raw words to degrees Celsius and percent. Where the status says that the heater is
 * on, or that the command was not understood, they are no measurement of the air.
 */
export function decode([temperatureRaw, humidityRaw]: readonly [number, number], status: number): Sample {
  const why = status & HEATER ? 'heater' : status & NOT_PROCESSED ? 'command' : undefined;
  if (why) return { air_temperature: faulty(why), relative_humidity: faulty(why) };
  return {
    air_temperature: -45 + 175 * (temperatureRaw / 0xffff),
    relative_humidity: 100 * (humidityRaw / 0xffff),
  };
}

/**
 * The part has no name. That it obeys as an SHT3x does is the proof: after a reset the status says so, after it was
 * cleared it does not.
 */
async function prove(device: I2cDevice): Promise<void> {
  try {
    await sendCommand(device, BREAK);
    await sendCommand(device, SOFT_RESET);
  } catch (cause) {
    throw (await sht4xInstead(device)) ?? cause;
  }
  const afterReset = await readStatus(device);
  await sendCommand(device, CLEAR_STATUS);
  const cleared = await readStatus(device);
  const isSht3x = (afterReset & (RESERVED | RESET_DETECTED)) === RESET_DETECTED && (cleared & RESET_DETECTED) === 0;
  if (isSht3x) return;
  const seen = [afterReset, cleared].map((status) => `0x${status.toString(16).padStart(4, '0')}`).join(', then ');
  throw new SensorError('wrong-device', `its status after a reset and a clearing is not an SHT3x's: ${seen}`);
}

/** Sensirion's own driver asks for it, the datasheet does not mention it: a part that does not know it is none the worse. */
async function serialNumber(device: I2cDevice): Promise<Identity> {
  try {
    const words = await readWords(device, READ_SERIAL_NUMBER, 2);
    return { serialNumber: words.map((word) => word.toString(16).padStart(4, '0')).join('') };
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'no-acknowledge') return {};
    throw cause;
  }
}

/** The two families share addresses and look alike; an SHT4x does not acknowledge the commands of an SHT3x. */
async function sht4xInstead(device: I2cDevice): Promise<SensorError | undefined> {
  try {
    await device.write(Uint8Array.of(SHT4X_SERIAL_NUMBER));
    await device.sleep(1);
    checkedWords(await device.read(6));
    return new SensorError('wrong-device', 'an SHT4x answers: set "driver: sht4x" or fit an SHT3x');
  } catch (cause) {
    if (cause instanceof SensorError) return undefined;
    throw cause;
  }
}

async function readStatus(device: I2cDevice): Promise<number> {
  const [status = 0] = await readWords(device, READ_STATUS, 1);
  return status;
}
