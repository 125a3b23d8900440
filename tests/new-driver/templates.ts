/**
 * The files of a new driver, by their names: an I2C part that is told to measure and then read, which is to be replaced
 * by what the datasheet says. It builds and passes the generic tests as it stands, so that each step can be tried.
 */
export function filesOf(name: string): Readonly<Record<string, string>> {
  return {
    [`${name}.ts`]: DRIVER.replaceAll('NAME', name),
    [`${name}.sim.ts`]: SIMULATION.replaceAll('NAME', name),
    'vectors.yaml': VECTORS,
    'README.md': README.replaceAll('NAME', name),
  };
}

const DRIVER = `/**
 * NAME: the maker and the parts, and what they measure.
 *
 * How the part speaks, in a sentence or two.
 * Headings in quotes are those of the datasheet.
 */
import { checkedWords, type I2cDriver, options, type Sample } from '../../src/driver-kit.ts';

// "Commands"
const MEASURE = 0x01;

// "Timing": the longest that a measurement takes.
const MEASURE_MS = 10;

/** NAME: one measurement a poll. */
export const driver: I2cDriver = {
  part: 'NAME',
  bus: 'i2c',
  addresses: [0x40],
  measures: ['air_temperature'],
  options: options({}),
  period: { default: '60s', least: '1s' },

  create: (device) => ({
    // What proves that this part answers, and no other: a serial number, a product code.
    async start() {
      return {};
    },
    async poll() {
      await device.write(Uint8Array.of(MEASURE));
      await device.sleep(MEASURE_MS);
      const [temperatureRaw = 0] = checkedWords(await device.read(3));
      return decode(temperatureRaw);
    },
  }),
};

/** "Conversion": hundredths of a degree above -100 degrees Celsius. */
export function decode(temperatureRaw: number): Sample {
  return { air_temperature: temperatureRaw / 100 - 100 };
}
`;

const SIMULATION = `import { type I2cSimulation, SensorError, wordBytes } from '../../src/driver-kit.ts';

/** A NAME: it does not acknowledge a read before it has measured. */
export const simulation: I2cSimulation = {
  bus: 'i2c',
  spans: { air_temperature: { min: -40, max: 85, resolution: 0.01 } },
  build: (world) => {
    let answer: readonly number[] | undefined;
    return {
      write([command]) {
        if (command === 0x01) answer = wordBytes(Math.round((world.truth('air_temperature') + 100) * 100));
      },
      read(length) {
        if (!answer) throw new SensorError('no-acknowledge', 'NAME has not measured');
        return Uint8Array.from(answer.slice(0, length));
      },
    };
  },
};
`;

const VECTORS = `- name: a mild room
  origin: computed, and only to be replaced by the datasheet's example and by a recording
  poll:
    - { write: "01" }
    - { sleep: 10 }
    - { read: "2f76 9a" }
  expect: { air_temperature: 21.50 }

- name: one flipped bit
  origin: first vector, altered
  poll:
    - { write: "01" }
    - { sleep: 10 }
    - { read: "2f77 9a" }
  error: checksum
`;

const README = `# NAME: the maker and the parts

What it measures, in a sentence.

## Wiring

Supply, lines, pull-ups, and how its address (\`0x40\`) is chosen.

## Options

None.

## Quantities

| quantity          | unit | resolution |
| ----------------- | ---- | ---------- |
| \`air_temperature\` | Cel  | 0.01       |

## Quirks

- What the datasheet hides, and what the driver makes of it.
- Not tried with a real part yet.

## Datasheet

Maker, _title_, edition: the headings that the driver quotes.
`;
