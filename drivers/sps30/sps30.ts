/**
 * Sensirion SPS30 over I2C: particulate matter by laser scattering.
 *
 * The part measures each second while its laser and fan run. Headings in quotes are those of the SPS30 datasheet.
 */
import {
  choice,
  floatsOf,
  hasSps30Error,
  type I2cDevice,
  type I2cDriver,
  number,
  options,
  type Parsed,
  Patience,
  readWords,
  SensorError,
  SPS30,
  sendCommand,
  sps30Sample,
  sps30Streams,
  sps30Trouble,
  textOf,
  uint32Of,
  withoutValues,
} from '../../src/driver-kit.ts';

// "I2C Commands". The waits are those of Sensirion's own driver, which grants reads 5 ms at most.
const WAKE_UP = { code: 0x1103, waitMs: 0 };
const STOP_MEASUREMENT = { code: 0x0104, waitMs: 20 };
const START_MEASUREMENT = { code: 0x0010, waitMs: 20 };
const READ_PRODUCT_TYPE = { code: 0xd002, waitMs: 5 };
const READ_SERIAL_NUMBER = { code: 0xd033, waitMs: 5 };
const READ_FIRMWARE_VERSION = { code: 0xd100, waitMs: 5 };
const READ_CLEANING_INTERVAL = { code: 0x8004, waitMs: 5 };
const WRITE_CLEANING_INTERVAL = { code: 0x8004, waitMs: 20 };
const READ_STATUS = { code: 0xd206, waitMs: 5 };
const CLEAR_STATUS = { code: 0xd210, waitMs: 5 };
const READ_DATA_READY = { code: 0x0202, waitMs: 5 };
const READ_MEASURED_VALUES = { code: 0x0300, waitMs: 5 };

const AWAKE_MS = 5;
const AS_FLOATS = 0x0300;
// The name of a SEN5x, which has the same address, stands here.
const SEN5X_NAME = { code: 0xd014, waitMs: 50 };

// "Fan Auto Cleaning": nothing new is measured for 10 s.
const PATIENCE_MS = 15_000;
const DAY_SECONDS = 86_400;

const fields = options({
  report: choice(['mass', 'all'], {
    default: 'mass',
    help: 'mass concentrations alone, or also the numbers of particles and their typical size',
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
export type Sps30Options = Parsed<typeof fields>;

/** SPS30: starts it with a known form of output, then reads its status and its newest measurement at each poll. */
export const driver: I2cDriver<Sps30Options> = {
  part: 'sps30',
  bus: 'i2c',
  addresses: [0x69],
  measures: sps30Streams.all,
  streams: ({ report }) => sps30Streams[report],
  options: fields,
  period: { default: '60s', least: '2s', why: 'it measures every second' },
  // "Start-up time": up to 30 s in clean air.
  warmUpSeconds: 30,

  async identify(device) {
    await wake(device);
    const { version, serialNumber } = await identify(device);
    return { identity: identityOf(version, serialNumber) };
  },

  create(device, { report, cleaningInterval }) {
    const patience = new Patience(PATIENCE_MS);
    const streams = sps30Streams[report];
    let hasStatus = false;
    return {
      async start() {
        patience.renew();
        await becomeIdle(device);
        const { version, serialNumber } = await identify(device);
        hasStatus = version >= SPS30.firmwareWithStatus;
        await setCleaningInterval(device, cleaningInterval * DAY_SECONDS);
        if (hasStatus) await sendCommand(device, CLEAR_STATUS);
        await sendCommand(device, START_MEASUREMENT, AS_FLOATS);
        return identityOf(version, serialNumber);
      },
      async poll() {
        const trouble = hasStatus ? await readTrouble(device) : undefined;
        if (trouble) return withoutValues(streams, trouble);
        const [isReady] = await readWords(device, READ_DATA_READY, 1);
        if (isReady !== 1) {
          patience.strain(device.uptimeMs());
          return withoutValues(streams, 'not-ready');
        }
        patience.renew();
        return sps30Sample(floatsOf(await readWords(device, READ_MEASURED_VALUES, 20)), streams);
      },
      // Unheard, it would go on wearing out its laser and its fan.
      stop: () => sendCommand(device, STOP_MEASUREMENT),
    };
  },
};

const identityOf = (version: number, serialNumber: string) => {
  return { part: 'SPS30', serialNumber, firmware: `${version >> 8}.${version & 0xff}` };
};

async function readTrouble(device: I2cDevice): Promise<string | undefined> {
  const status = uint32Of(await readWords(device, READ_STATUS, 2));
  // Cleared, an error that is over is told once, and one that is not comes back within two seconds.
  if (hasSps30Error(status)) await sendCommand(device, CLEAR_STATUS);
  return sps30Trouble(status);
}

/** "Wake-up": asleep, the part takes no notice of the first command but that it came. Firmware before 2.0 knows no sleep. */
async function wake(device: I2cDevice): Promise<void> {
  await sendCommand(device, WAKE_UP).catch(ifUnacknowledged);
  await sendCommand(device, WAKE_UP).catch(ifUnacknowledged);
  await device.sleep(AWAKE_MS);
}

/** Nothing says that an idle part acknowledges the command to stop: where it does not, that may be so. */
async function becomeIdle(device: I2cDevice): Promise<void> {
  await wake(device);
  await sendCommand(device, STOP_MEASUREMENT).catch(ifUnacknowledged);
}

async function identify(device: I2cDevice): Promise<{ readonly version: number; readonly serialNumber: string }> {
  const words = await readWords(device, READ_PRODUCT_TYPE, 4).catch(async (cause: unknown) => {
    ifUnacknowledged(cause);
    const name = await readWords(device, SEN5X_NAME, 16).catch(ifUnacknowledged);
    throw name ? new SensorError('wrong-device', `a ${textOf(name)} answers: set "driver: sen5x"`) : cause;
  });
  const type = textOf(words);
  if (type !== SPS30.productType)
    throw new SensorError('wrong-device', `an SPS30 is ${SPS30.productType}, this is "${type}"`);
  const serialNumber = textOf(await readWords(device, READ_SERIAL_NUMBER, 16));
  const [version = 0] = await readWords(device, READ_FIRMWARE_VERSION, 1);
  return { version, serialNumber };
}

/** "Auto Cleaning Interval" stands in non-volatile memory: written only where it differs. */
async function setCleaningInterval(device: I2cDevice, seconds: number): Promise<void> {
  const kept = uint32Of(await readWords(device, READ_CLEANING_INTERVAL, 2));
  if (kept !== seconds) await sendCommand(device, WRITE_CLEANING_INTERVAL, seconds >>> 16, seconds & 0xffff);
}

function ifUnacknowledged(cause: unknown): undefined {
  if (!(cause instanceof SensorError && cause.kind === 'no-acknowledge')) throw cause;
}
