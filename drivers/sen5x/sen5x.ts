/**
 * Sensirion SEN50, SEN54, SEN55: particulate matter; the latter two also temperature, humidity and a VOC index, the
 * SEN55 also a NOx index.
 *
 * The part measures each second. Headings in quotes are those of the SEN5x datasheet.
 */
import {
  choice,
  type I2cDevice,
  type I2cDriver,
  number,
  options,
  type Parsed,
  Patience,
  type Quantity,
  readWords,
  SensorError,
  sendCommand,
  textOf,
  uint32Of,
} from '../../src/driver-kit.ts';
import { CLEANING, decode, withoutValues } from './measurement.ts';

// "I2C Commands", with the execution time of each.
const START_MEASUREMENT = { code: 0x0021, waitMs: 50 };
const START_MEASUREMENT_WITHOUT_PM = { code: 0x0037, waitMs: 50 };
const STOP_MEASUREMENT = { code: 0x0104, waitMs: 200 };
const READ_DATA_READY = { code: 0x0202, waitMs: 20 };
const READ_MEASURED_VALUES = { code: 0x03c4, waitMs: 20 };
const TEMPERATURE_COMPENSATION = { code: 0x60b2, waitMs: 20 };
const CLEANING_INTERVAL = { code: 0x8004, waitMs: 20 };
const READ_PRODUCT_NAME = { code: 0xd014, waitMs: 50 };
const READ_SERIAL_NUMBER = { code: 0xd033, waitMs: 50 };
const READ_VERSION = { code: 0xd100, waitMs: 20 };
const READ_AND_CLEAR_STATUS = { code: 0xd210, waitMs: 20 };

const TEXT_WORDS = 16;
// From this firmware on, particulate matter can be switched on and off while the rest goes on.
const FIRMWARE_THAT_GOES_ON = 2;
// The product type of an SPS30, which has the same address, stands here.
const SPS30_PRODUCT_TYPE = { code: 0xd002, waitMs: 5 };

// "Fan Cleaning": nothing new is measured for 10 s.
const PATIENCE_MS = 15_000;
const DAY_SECONDS = 86_400;

const PM = ['pm1', 'pm25', 'pm4', 'pm10'] as const;
const STREAMS = {
  sen50: PM,
  sen54: [...PM, 'relative_humidity', 'air_temperature', 'voc_index'],
  sen55: [...PM, 'relative_humidity', 'air_temperature', 'voc_index', 'nox_index'],
} as const satisfies Record<string, readonly Quantity[]>;

const fields = options({
  part: choice(['sen55', 'sen54', 'sen50'], { default: 'sen55', help: 'which part it is, as its label says' }),
  temperatureOffset: number({
    help: 'how much warmer the part is in its housing than the air; not for a sen50',
    default: 0,
    min: 0,
    max: 20,
    unit: 'Cel',
  }),
  cleaningInterval: number({
    help: 'the part cleans its fan every so many days of work, 10 s at full speed; 0: never',
    default: 7,
    min: 0,
    max: 60,
    unit: 'd',
    whole: true,
  }),
});

/** The options in YAML. */
export type Sen5xOptions = Parsed<typeof fields>;

/** SEN5x: sets it up and starts it, then reads its status and its newest measurement at each poll. */
export const driver: I2cDriver<Sen5xOptions> = {
  part: 'sen5x',
  bus: 'i2c',
  addresses: [0x69],
  measures: STREAMS.sen55,
  streams: ({ part }) => STREAMS[part],
  options: fields,
  period: { default: '60s', least: '2s', why: 'it measures every second' },
  // "Particulate Matter Specifications", start-up time: up to 30 s in clean air. The gas indices take longer.
  warmUpSeconds: 30,

  async identify(device) {
    const identity = await identify(device);
    const part = identity.part.toLowerCase();
    return { identity, ...(part !== 'sen55' && { options: { part } }) };
  },

  create(device, settings) {
    const patience = new Patience(PATIENCE_MS);
    const streams = STREAMS[settings.part];
    let goesOn = false;
    let startedMs = 0;
    return {
      async start() {
        patience.renew();
        const identity = await identify(device, settings.part);
        goesOn = Number.parseInt(identity.firmware, 10) >= FIRMWARE_THAT_GOES_ON;
        if (!goesOn) await sendCommand(device, STOP_MEASUREMENT);
        await configure(device, settings);
        await readWords(device, READ_AND_CLEAR_STATUS, 2); // what went wrong before now is over
        await sendCommand(device, START_MEASUREMENT);
        startedMs = device.uptimeMs();
        return identity;
      },
      async poll() {
        // Cleared each time, an error that is over is told once, and one that is not comes back within two seconds.
        const status = uint32Of(await readWords(device, READ_AND_CLEAR_STATUS, 2));
        const [isReady] = await readWords(device, READ_DATA_READY, 1);
        if (isReady !== 1) {
          if ((status & CLEANING) === 0) patience.strain(device.uptimeMs());
          return withoutValues(streams, status);
        }
        patience.renew();
        const words = await readWords(device, READ_MEASURED_VALUES, 8);
        return decode(words, streams, { status, forMs: device.uptimeMs() - startedMs });
      },
      // Unheard, it would go on wearing out its laser and its fan. What it has learned of the gases it may keep.
      async stop() {
        const hasMore = goesOn && settings.part !== 'sen50';
        await sendCommand(device, hasMore ? START_MEASUREMENT_WITHOUT_PM : STOP_MEASUREMENT);
      },
    };
  },
};

/** Any of the family, where none is expected. */
async function identify(device: I2cDevice, expected?: Sen5xOptions['part']) {
  const part = await prove(device, expected);
  const serialNumber = textOf(await readWords(device, READ_SERIAL_NUMBER, TEXT_WORDS));
  const [firmware = 0] = await readWords(device, READ_VERSION, 4);
  return { part, serialNumber, firmware: `${firmware >> 8}.${firmware & 0xff}` };
}

async function prove(device: I2cDevice, expected?: Sen5xOptions['part']): Promise<string> {
  const words = await readWords(device, READ_PRODUCT_NAME, TEXT_WORDS).catch(async (cause: unknown) => {
    ifUnacknowledged(cause);
    const type = await readWords(device, SPS30_PRODUCT_TYPE, 4).catch(ifUnacknowledged);
    throw type ? new SensorError('wrong-device', 'an SPS30 answers: set "driver: sps30" or fit a SEN5x') : cause;
  });
  const name = textOf(words);
  const isSen5x = Object.keys(STREAMS).includes(name.toLowerCase());
  if (expected ? name.toLowerCase() === expected : isSen5x) return name;
  const hint = isSen5x ? `: set "part: ${name.toLowerCase()}"` : '';
  throw new SensorError('wrong-device', `expected a ${(expected ?? 'sen5x').toUpperCase()}, found a "${name}"${hint}`);
}

/** The cleaning interval may stand in non-volatile memory: written only where it differs. The offset does not. */
async function configure(
  device: I2cDevice,
  { part, temperatureOffset, cleaningInterval }: Sen5xOptions,
): Promise<void> {
  const seconds = cleaningInterval * DAY_SECONDS;
  if (uint32Of(await readWords(device, CLEANING_INTERVAL, 2)) !== seconds) {
    await sendCommand(device, CLEANING_INTERVAL, seconds >>> 16, seconds & 0xffff);
  }
  // "Temperature Compensation Parameters": what is added, in 1/200 of a degree; no slope, at once.
  if (part !== 'sen50') {
    await sendCommand(device, TEMPERATURE_COMPENSATION, -Math.round(temperatureOffset * 200) & 0xffff, 0, 0);
  }
}

function ifUnacknowledged(cause: unknown): undefined {
  if (!(cause instanceof SensorError && cause.kind === 'no-acknowledge')) throw cause;
}
