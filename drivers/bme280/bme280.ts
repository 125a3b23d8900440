/**
 * Bosch BME280: air temperature, relative humidity, air pressure. Bosch BMP280: the same without humidity.
 *
 * The part sleeps until a poll forces one measurement. What it measured means nothing without its own calibration.
 * Headings in quotes are those of the BME280 datasheet; the BMP280 has the same registers, save those of humidity.
 */
import {
  choice,
  hex,
  type I2cDevice,
  type I2cDriver,
  options,
  type Parsed,
  SensorError,
} from '../../src/driver-kit.ts';
import {
  type Calibration,
  calibration,
  decode,
  type HumidityCalibration,
  humidityCalibration,
} from './compensation.ts';

// "Memory map"
const CALIBRATION = 0x88;
const ID = 0xd0;
const RESET = 0xe0;
const HUMIDITY_CALIBRATION = 0xe1;
const CTRL_HUM = 0xf2;
const STATUS = 0xf3;
const CTRL_MEAS = 0xf4;

// "Register 0xF3 status"
const MEASURING = 0x08;
const IM_UPDATE = 0x01;

// "Weather monitoring": forced mode, every quantity measured once (×1), filter off. Noise is then 3.3 Pa and 0.07 %,
// far below the part's accuracy; more measurements would warm the part, a filter would smooth over minutes.
const HUMIDITY_ONCE = 0x01;
const MEASURE = 0x25; // temperature and pressure once, forced mode
const MEASURED = 0x24; // the same, back in sleep mode

// "Measurement time", the longest at ×1: temperature, pressure, humidity.
const MEASURE_MS = { bme280: Math.ceil(1.25 + 2.3 + 2.875 + 2.875), bmp280: Math.ceil(1.25 + 2.3 + 2.875) };

// Start-up time in "General electrical specification"; Bosch's own driver grants the copying several of these.
const STARTUP_MS = 2;
const STARTUPS = 5;

// "Register compatibility to BMP280"; BMP180 and BME680 keep their id at the same address.
const CHIPS: ReadonlyMap<number, string> = new Map([
  [0x55, 'BMP180'],
  [0x56, 'BMP280'],
  [0x57, 'BMP280'],
  [0x58, 'BMP280'],
  [0x60, 'BME280'],
  [0x61, 'BME680'],
]);

const schema = options({
  part: choice(['bme280', 'bmp280'], {
    default: 'bme280',
    help: 'which part is on the board; a bmp280 has no humidity',
  }),
});

/** The options in YAML. */
export type Bme280Options = Parsed<typeof schema>;
type Part = Bme280Options['part'];

/** BME280 and BMP280: one forced measurement a poll. */
export const driver: I2cDriver<Bme280Options> = {
  part: 'bme280',
  bus: 'i2c',
  addresses: [0x76, 0x77],
  measures: ['air_temperature', 'relative_humidity', 'air_pressure'],
  streams: ({ part }) => (part === 'bmp280' ? ['air_temperature', 'air_pressure'] : driver.measures),
  options: schema,
  period: { default: '60s', least: '1s' },

  async identify(device) {
    const chip = await chipOf(device);
    const part = chip.name.toLowerCase();
    if (part !== 'bme280' && part !== 'bmp280') throw new SensorError('wrong-device', `found ${shownChip(chip)}`);
    return { identity: { part: chip.name }, ...(part === 'bmp280' && { options: { part } }) };
  },

  create(device, { part }) {
    let air: Calibration | undefined;
    let humidity: HumidityCalibration | undefined;
    return {
      async start() {
        const chip = await identify(device, part); // first: nothing is written to a part that is not ours
        await reset(device);
        const registers = await read(device, CALIBRATION, part === 'bme280' ? 26 : 24);
        if (new Set(registers).size === 1) throw new SensorError('implausible', `blank calibration ${hex(registers)}`);
        if (part === 'bme280') {
          humidity = humidityCalibration(registers.at(-1) ?? 0, await read(device, HUMIDITY_CALIBRATION, 7));
        }
        air = calibration(registers);
        return { part: chip };
      },
      async poll() {
        if (!air) throw new SensorError('not-ready', 'its calibration has not been read');
        return decode(await measure(device, part), air, humidity);
      },
    };
  },
};

async function read(device: I2cDevice, register: number, length: number): Promise<Uint8Array> {
  return device.writeRead(Uint8Array.of(register), length);
}

async function readStatus(device: I2cDevice): Promise<number> {
  const [status = 0] = await read(device, STATUS, 1);
  return status;
}

interface Chip {
  readonly id: number;
  readonly name: string;
}

async function chipOf(device: I2cDevice): Promise<Chip> {
  const [id = 0] = await read(device, ID, 1);
  return { id, name: CHIPS.get(id) ?? 'unknown part' };
}

const shownChip = ({ id, name }: Chip) => `a ${name} (chip id 0x${id.toString(16).padStart(2, '0')})`;

async function identify(device: I2cDevice, part: Part): Promise<string> {
  const chip = await chipOf(device);
  if (chip.name.toLowerCase() === part) return chip.name;
  const found = `expected a ${part.toUpperCase()}, found ${shownChip(chip)}`;
  if (chip.name === 'BMP280') throw new SensorError('wrong-device', `${found}: set "part: bmp280" or fit a BME280`);
  if (chip.name === 'BME280') throw new SensorError('wrong-device', `${found}: set "part: bme280"`);
  throw new SensorError('wrong-device', found);
}

/**
 * The datasheet does not ask for a reset, but the gateway starts more often than the part loses power: a reset ends what
 * another program may have left on (normal mode, a filter) and copies the calibration from its memory again.
 */
async function reset(device: I2cDevice): Promise<void> {
  await device.write(Uint8Array.of(RESET, 0xb6));
  for (let startups = 0; startups < STARTUPS; startups += 1) {
    await device.sleep(STARTUP_MS);
    if (((await readStatus(device)) & IM_UPDATE) === 0) return;
  }
  throw new SensorError('not-ready', `${STARTUPS * STARTUP_MS} ms after a reset it still copies its calibration`);
}

/** "Forced mode": wakes the part for one measurement and yields the registers from 0xF7 on. */
async function measure(device: I2cDevice, part: Part): Promise<Uint8Array> {
  // "Register 0xF2 ctrl_hum": without effect until ctrl_meas is written.
  if (part === 'bme280') await device.write(Uint8Array.of(CTRL_HUM, HUMIDITY_ONCE));
  await device.write(Uint8Array.of(CTRL_MEAS, MEASURE));
  await device.sleep(MEASURE_MS[part]);
  const status = await readStatus(device);
  if (status & MEASURING) throw new SensorError('not-ready', `still measuring after ${MEASURE_MS[part]} ms`);
  // "Data readout" advises one burst. It starts at ctrl_meas: the data has no checksum, but a part that was reset
  // meanwhile, or damaged bytes, show there.
  const burst = await read(device, CTRL_MEAS, part === 'bme280' ? 11 : 9);
  const [settings = 0] = burst;
  if (settings === MEASURE) throw new SensorError('not-ready', 'still in forced mode, so it has not measured');
  if (settings !== MEASURED) throw new SensorError('implausible', `ctrl_meas is not as it was set: ${hex(burst)}`);
  return burst.subarray(3);
}
