/**
 * Sensirion SCD30: carbon dioxide, air temperature and relative humidity.
 *
 * The part measures by itself; a poll fetches the newest measurement. Headings in quotes are those of the SCD30
 * interface description.
 */
import {
  faulty,
  flag,
  floatsOf,
  type I2cDevice,
  type I2cDriver,
  number,
  options,
  type Parsed,
  Patience,
  readWords,
  type Sample,
  SensorError,
  sendCommand,
  textOf,
  withoutValues,
} from '../../src/driver-kit.ts';

// "Read measurement" asks for more than 3 ms between a command and its answer; Sensirion's own driver grants 10 ms.
const waitMs = 10;
const START_CONTINUOUS_MEASUREMENT = { code: 0x0010, waitMs };
const GET_DATA_READY_STATUS = { code: 0x0202, waitMs };
const READ_MEASUREMENT = { code: 0x0300, waitMs };
const READ_FIRMWARE_VERSION = { code: 0xd100, waitMs };
const READ_SERIAL_NUMBER = { code: 0xd033, waitMs };
// The same command reads a setting and, with an argument, writes it.
const MEASUREMENT_INTERVAL = { code: 0x4600, waitMs };
const ALTITUDE_COMPENSATION = { code: 0x5102, waitMs };
const SELF_CALIBRATION = { code: 0x5306, waitMs };
const TEMPERATURE_OFFSET = { code: 0x5403, waitMs };

// "Trigger continuous measurement with optional ambient pressure compensation": 0 leaves it to the altitude.
const BY_ALTITUDE = 0;
const SERIAL_NUMBER_WORDS = 16;

const fields = options({
  interval: number({
    help: 'how often the part measures; the period of the device must be twice as long, or more',
    default: 2,
    min: 2,
    max: 60,
    unit: 's',
    whole: true,
  }),
  altitude: number({
    help: 'height above the sea, for the air pressure',
    default: 0,
    min: 0,
    max: 3000,
    unit: 'm',
    whole: true,
  }),
  temperatureOffset: number({
    help: 'how much warmer the part is in its housing than the air',
    default: 0,
    min: 0,
    max: 20,
    unit: 'Cel',
  }),
  selfCalibration: flag({
    help: 'take the lowest values of a week for fresh air; only where the room is aired for an hour every day',
    default: false,
  }),
});

/** The options in YAML. */
export type Scd30Options = Parsed<typeof fields>;

/** SCD30: sees that it is set up and measures, then fetches the newest measurement at each poll. */
export const driver: I2cDriver<Scd30Options> = {
  part: 'scd30',
  bus: 'i2c',
  addresses: [0x61],
  measures: ['co2', 'air_temperature', 'relative_humidity'],
  options: fields,
  period: { default: '60s', least: '5s', why: 'it measures every 2 s by itself, at most' },
  leastPeriod: ({ interval }) => ({ seconds: 2 * interval, why: `with this interval it measures every ${interval} s` }),

  identify: async (device) => ({ identity: await identify(device) }),

  create(device, settings) {
    // Three times its own interval, and the time that a change of the interval takes.
    const patience = new Patience(settings.interval * 3000 + 2000);
    return {
      async start() {
        patience.renew();
        const identity = await identify(device);
        await configure(device, settings);
        // That it measures stands in its non-volatile memory: written only where it does not measure already.
        if (!(await isReady(device))) await sendCommand(device, START_CONTINUOUS_MEASUREMENT, BY_ALTITUDE);
        return identity;
      },
      async poll() {
        if (!(await isReady(device))) {
          patience.strain(device.uptimeMs());
          return withoutValues(driver.measures, 'not-ready');
        }
        patience.renew();
        return decode(floatsOf(await readWords(device, READ_MEASUREMENT, 6)));
      },
    };
  },
};

/** "Read measurement": ppm, degrees Celsius and percent. No number, and a CO2 of 0, is the part's way to say none. */
export function decode([co2 = 0, temperature = 0, humidity = 0]: readonly number[]): Sample {
  const given = (value: number) => (Number.isFinite(value) ? value : faulty('no-reading'));
  return {
    co2: co2 > 0 ? given(co2) : faulty('no-reading'),
    air_temperature: given(temperature),
    relative_humidity: given(humidity),
  };
}

async function isReady(device: I2cDevice): Promise<boolean> {
  const [ready] = await readWords(device, GET_DATA_READY_STATUS, 1);
  return ready === 1;
}

/** The interface description has no serial number, Sensirion's own driver has; a part that does not know it is used. */
async function identify(device: I2cDevice) {
  const [version = 0] = await readWords(device, READ_FIRMWARE_VERSION, 1);
  const firmware = `${version >> 8}.${version & 0xff}`;
  try {
    return { serialNumber: textOf(await readWords(device, READ_SERIAL_NUMBER, SERIAL_NUMBER_WORDS)), firmware };
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'no-acknowledge') return { firmware };
    throw cause;
  }
}

/** All four settings are kept in non-volatile memory: only what differs is written. */
async function configure(
  device: I2cDevice,
  { interval, altitude, temperatureOffset, selfCalibration }: Scd30Options,
): Promise<void> {
  const wanted = [
    [MEASUREMENT_INTERVAL, interval],
    [ALTITUDE_COMPENSATION, altitude],
    [TEMPERATURE_OFFSET, Math.round(temperatureOffset * 100)],
    [SELF_CALIBRATION, selfCalibration ? 1 : 0],
  ] as const;
  for (const [command, value] of wanted) {
    const [kept] = await readWords(device, command, 1);
    if (kept !== value) await sendCommand(device, command, value);
  }
}
