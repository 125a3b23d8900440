/**
 * DS18B20 and its kin on a 1-Wire bus of the kernel: DS18S20, DS1822, DS1825, DS28EA00.
 *
 * The kernel talks to the part; the driver judges what it was told. Each measurement comes with the part's whole memory
 * (the scratchpad): that tells a temperature from what a part says that did not measure, or that is no DS18B20 at all.
 * Headings in quotes are those of the DS18B20 datasheet.
 */
import {
  bytes,
  choice,
  crc8OneWire,
  faulty,
  type OneWireDevice,
  type OneWireDriver,
  options,
  type Parsed,
  SensorError,
} from '../../src/driver-kit.ts';
import { celsiusOf, isVouchedFor, POWER_ON_CELSIUS, parts } from './scratchpad.ts';

const measures = [
  'air_temperature',
  'surface_temperature',
  'soil_temperature',
  'water_temperature',
  'flow_temperature',
  'return_temperature',
] as const;

const fields = options({
  quantity: choice(measures, { help: 'What the probe is in or on.', default: 'air_temperature' }),
});

// "General Description": measures from -55 to 125 °C.
const COLDEST = -55;
const HOTTEST = 125;

// "Temperature Register Format": with 12 bits, as it leaves the factory; with fewer it is sooner done.
const MEASURE_MS = 750;

/** What no part says of itself by accident: a value so near to the last one is believed. */
const NEAR_KELVIN = 10;

export const driver: OneWireDriver<Parsed<typeof fields>> = {
  part: 'ds18b20',
  bus: 'onewire',
  families: ['28', '10', '22', '3b', '42'],
  measures,
  streams: ({ quantity }) => [quantity],
  options: fields,
  period: { default: '60s', least: '1s' },
  busyMs: () => MEASURE_MS,

  create(device, { quantity }) {
    let isParasitic = false;
    let last: number | undefined;
    return {
      async start() {
        const part = parts[device.id.slice(0, 2)];
        if (part === undefined) throw new SensorError('wrong-device', `${device.id} is no thermometer of this family`);
        isParasitic = (await device.read('ext_power'))?.trim() === '0';
        const resolution = (await device.read('resolution'))?.trim();
        const isMax31850 = resolution === '14';
        if (isMax31850) throw new SensorError('wrong-device', `${device.id} is a thermocouple amplifier, not a DS1825`);
        return { part, serialNumber: device.id };
      },
      async poll() {
        const celsius = await measured(device, last);
        if (celsius === undefined) {
          last = undefined;
          return { [quantity]: faulty(isParasitic ? 'weak-supply' : 'not-ready') };
        }
        last = celsius;
        return { [quantity]: celsius };
      },
    };
  },
};

/** The temperature; undefined where the part told what it says after a loss of supply, instead of a measurement. */
async function measured(device: OneWireDevice, last: number | undefined): Promise<number | undefined> {
  const text = await device.read('w1_slave');
  const scratchpad = text === undefined ? undefined : scratchpadIn(text);
  const celsius = scratchpad ? celsiusOf(device.id, scratchpad) : await plainTemperature(device);
  if (!(celsius >= COLDEST && celsius <= HOTTEST)) {
    throw new SensorError('implausible', `${celsius} °C is beyond its scale: a damaged line, or a counterfeit part`);
  }
  const isBelieved = scratchpad ? isVouchedFor(device.id, scratchpad) : celsius !== POWER_ON_CELSIUS;
  const isNear = last !== undefined && Math.abs(celsius - last) <= NEAR_KELVIN;
  return isBelieved || isNear ? celsius : undefined;
}

/** `w1_slave`: nine bytes in hexadecimal, then what the kernel thinks of their checksum, which is computed here anew. */
function scratchpadIn(text: string): Uint8Array {
  const [, digits] = /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (?:YES|NO)\b/.exec(text) ?? [];
  if (digits === undefined) throw new SensorError('implausible', `w1_slave holds ${JSON.stringify(text.slice(0, 80))}`);
  const scratchpad = bytes(digits);
  const first = text.slice(0, text.indexOf('\n'));
  // A line that nobody pulls down reads as ones.
  if (scratchpad.every((byte) => byte === 0xff)) throw new SensorError('no-acknowledge', 'nobody answers on the line');
  // Zeros have the right checksum, which is zero: a line that is held down reads so.
  if (scratchpad.every((byte) => byte === 0)) throw new SensorError('bus', 'the line is held low: a short circuit?');
  if (first.endsWith('NO') || crc8OneWire(scratchpad.subarray(0, 8)) !== scratchpad[8]) {
    throw new SensorError('checksum', `w1_slave says ${first}`);
  }
  return scratchpad;
}

/** `temperature`, in thousandths of a degree: all that there is where a kernel has no `w1_slave`. */
async function plainTemperature(device: OneWireDevice): Promise<number> {
  const text = (await device.read('temperature'))?.trim() ?? '';
  if (!/^-?\d{1,6}$/.test(text)) throw new SensorError('not-ready', `the kernel tells no temperature of ${device.id}`);
  return Number(text) / 1000;
}
