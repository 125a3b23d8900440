/**
 * Sensirion SCD40, SCD41, SCD43: carbon dioxide, air temperature and relative humidity.
 *
 * The part measures by itself, every 5 s or 30 s; a poll fetches the newest measurement. Headings in quotes are those of
 * the SCD4x datasheet.
 */
import {
  choice,
  faulty,
  flag,
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
  withoutValues,
} from '../../src/driver-kit.ts';

// "Command Overview", with the longest execution time of each.
const WAKE_UP = { code: 0x36f6, waitMs: 0 };
const STOP_PERIODIC_MEASUREMENT = { code: 0x3f86, waitMs: 500 };
const GET_SERIAL_NUMBER = { code: 0x3682, waitMs: 1 };
const GET_SENSOR_VARIANT = { code: 0x202f, waitMs: 1 };
const SET_TEMPERATURE_OFFSET = { code: 0x241d, waitMs: 1 };
const SET_SENSOR_ALTITUDE = { code: 0x2427, waitMs: 1 };
const SET_AUTOMATIC_SELF_CALIBRATION = { code: 0x2416, waitMs: 1 };
const START_MEASUREMENT = {
  normal: { code: 0x21b1, waitMs: 0 },
  'low-power': { code: 0x21ac, waitMs: 0 },
} as const;
const GET_DATA_READY_STATUS = { code: 0xe4b8, waitMs: 1 };
const READ_MEASUREMENT = { code: 0xec05, waitMs: 1 };

const AWAKE_MS = 30;
const DATA_READY = 0x07ff;
// Three times the interval in which the part measures: by then it does not measure any more.
const PATIENCE_MS = { normal: 15_000, 'low-power': 90_000 } as const;

// "get_sensor_variant": bits 15 to 12.
const VARIANTS: Readonly<Record<number, string>> = { 0: 'SCD40', 1: 'SCD41', 2: 'SCD42', 5: 'SCD43' };

const fields = options({
  mode: choice(['normal', 'low-power'], {
    default: 'normal',
    help: 'measure every 5 s, or every 30 s with a fifth of the power; then take a period of more than 30 s',
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
    help: 'how much warmer the part is in its housing than the air; 4 as it leaves the factory',
    default: 4,
    min: 0,
    max: 20,
    unit: 'Cel',
  }),
  selfCalibration: flag({
    help: 'take the lowest value of a week for fresh air; false where the room is never aired',
    default: true,
  }),
});

/** The options in YAML. */
export type Scd4xOptions = Parsed<typeof fields>;

/** SCD4x: sets it up in its volatile memory, starts it, then fetches the newest measurement at each poll. */
export const driver: I2cDriver<Scd4xOptions> = {
  part: 'scd4x',
  bus: 'i2c',
  addresses: [0x62],
  measures: ['co2', 'air_temperature', 'relative_humidity'],
  options: fields,
  // Twice the part's own interval: asked every 5 s, the part would at times not have measured yet.
  period: { default: '60s', least: '10s', why: 'it measures every 5 s by itself' },
  leastPeriod: ({ mode }) =>
    mode === 'low-power' ? { seconds: 60, why: 'in low-power mode it measures every 30 s' } : undefined,

  // Only an idle part can be asked: one that measured does not any more.
  async identify(device) {
    await becomeIdle(device);
    return { identity: await identify(device) };
  },

  create(device, settings) {
    const patience = new Patience(PATIENCE_MS[settings.mode]);
    return {
      async start() {
        patience.renew();
        await becomeIdle(device);
        const identity = await identify(device);
        await configure(device, settings);
        await sendCommand(device, START_MEASUREMENT[settings.mode]);
        return identity;
      },
      async poll() {
        const [status = 0] = await readWords(device, GET_DATA_READY_STATUS, 1);
        if ((status & DATA_READY) === 0) {
          patience.strain(device.uptimeMs());
          return withoutValues(driver.measures, 'not-ready');
        }
        patience.renew();
        return decode(await readWords(device, READ_MEASUREMENT, 3));
      },
    };
  },
};

/** "read_measurement": three raw words to ppm, degrees Celsius and percent. A CO2 of 0 is none at all. */
export function decode([co2Raw = 0, temperatureRaw = 0, humidityRaw = 0]: readonly number[]): Sample {
  return {
    co2: co2Raw === 0 ? faulty('no-reading') : co2Raw,
    air_temperature: -45 + 175 * (temperatureRaw / 0xffff),
    relative_humidity: 100 * (humidityRaw / 0xffff),
  };
}

/** "wake_up" is not acknowledged, asleep or not. Only an idle part can be asked who it is and be set up. */
async function becomeIdle(device: I2cDevice): Promise<void> {
  await sendCommand(device, WAKE_UP).catch(ifUnacknowledged);
  await device.sleep(AWAKE_MS);
  await sendCommand(device, STOP_PERIODIC_MEASUREMENT);
}

async function identify(device: I2cDevice) {
  const words = await readWords(device, GET_SERIAL_NUMBER, 3);
  const serialNumber = words.map((word) => word.toString(16).padStart(4, '0')).join('');
  const variant = await readWords(device, GET_SENSOR_VARIANT, 1).catch(ifUnacknowledged);
  const part = variant && VARIANTS[(variant[0] ?? 0) >> 12];
  return part ? { part, serialNumber } : { serialNumber };
}

/**
 * "set_temperature_offset" and its neighbours: kept until the part loses power. "persist_settings" is never sent: the
 * memory behind it bears 2000 writes.
 */
async function configure(
  device: I2cDevice,
  { temperatureOffset, altitude, selfCalibration }: Scd4xOptions,
): Promise<void> {
  await sendCommand(device, SET_TEMPERATURE_OFFSET, Math.round((temperatureOffset * 0xffff) / 175));
  await sendCommand(device, SET_SENSOR_ALTITUDE, altitude);
  await sendCommand(device, SET_AUTOMATIC_SELF_CALIBRATION, selfCalibration ? 1 : 0);
}

function ifUnacknowledged(cause: unknown): undefined {
  if (!(cause instanceof SensorError && cause.kind === 'no-acknowledge')) throw cause;
}
