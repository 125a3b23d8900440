/**
 * Sensirion SHT40, SHT41, SHT43, SHT45: air temperature and relative humidity.
 *
 * Every answer is two 16-bit words, each followed by its own checksum.
 * Headings in quotes are those of the SHT4x datasheet.
 */
import {
  checkedWords,
  type I2cDevice,
  type I2cDriver,
  type Identity,
  options,
  readWords,
  type Sample,
  SensorError,
} from '../../src/driver-kit.ts';

// "Command Overview"
const MEASURE_HIGH_PRECISION = 0xfd;
const READ_SERIAL_NUMBER = 0x89;

const SHT3X_STATUS = { code: 0xf32d, waitMs: 1 };

// "Timing": a high-precision measurement takes 8.3 ms at most.
const MEASURE_MS = 9;
const COMMAND_MS = 1;

/** SHT4x: one high-precision measurement a poll; the heater is never used. */
export const driver: I2cDriver = {
  part: 'sht4x',
  bus: 'i2c',
  addresses: [0x44, 0x45, 0x46],
  measures: ['air_temperature', 'relative_humidity'],
  options: options({}),
  period: { default: '60s', least: '1s' },

  identify: async (device) => ({ identity: await identify(device) }),

  create: (device) => ({
    start: () => identify(device),
    async poll() {
      return decode(await ask(device, MEASURE_HIGH_PRECISION, MEASURE_MS));
    },
  }),
};

/**
 * "Conversion of Signal Output": two raw words to degrees Celsius and percent. The humidity line overshoots both ends
 * of the scale; the datasheet says to clip it.
 */
export function decode([temperatureRaw, humidityRaw]: readonly [number, number]): Sample {
  const humidityPercent = -6 + 125 * (humidityRaw / 0xffff);
  return {
    air_temperature: -45 + 175 * (temperatureRaw / 0xffff),
    relative_humidity: Math.min(100, Math.max(0, humidityPercent)),
  };
}

async function identify(device: I2cDevice): Promise<Identity> {
  try {
    const [high, low] = await ask(device, READ_SERIAL_NUMBER, COMMAND_MS);
    return { serialNumber: hex4(high) + hex4(low) };
  } catch (cause) {
    throw (await sht3xInstead(device)) ?? cause;
  }
}

/** The two families share addresses and look alike; an SHT3x has no command of one byte, but a status. */
async function sht3xInstead(device: I2cDevice): Promise<SensorError | undefined> {
  try {
    await readWords(device, SHT3X_STATUS, 1);
    return new SensorError('wrong-device', 'an SHT3x answers: set "driver: sht3x" or fit an SHT4x');
  } catch (cause) {
    if (cause instanceof SensorError) return undefined;
    throw cause;
  }
}

/** "Checksum Calculation": each of the two words is followed by its own. */
async function ask(device: I2cDevice, command: number, waitMs: number): Promise<[number, number]> {
  await device.write(Uint8Array.of(command));
  await device.sleep(waitMs);
  const [first = 0, second = 0] = checkedWords(await device.read(6));
  return [first, second];
}

function hex4(word: number): string {
  return word.toString(16).padStart(4, '0');
}
