/**
 * Carlo Gavazzi's meters for three phases: EM24 and the 300 series (EM330, EM340, ET340), over Modbus RTU.
 *
 * Headings in quotes are those of _EM24-DIN PFA, PFB & X models Communication Protocol_ V4R0 and _EM300 Series and ET300
 * Series Communication Protocol_ V2.
 */
import {
  type BlockLimits,
  choice,
  meterBusyMs,
  meterOptions,
  meterReader,
  type Parsed,
  quantitiesIn,
  readRegistersIfAny,
  registerText,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  UNIT_ADDRESSES,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

// "The functions 03h and 04h have exactly the same effect"
const READ = { function: 4 } as const;

interface Series {
  /** "Carlo Gavazzi Controls identification code" of the model's variants. */
  readonly codes: readonly number[];
  /** "It is possible to read maximum 11 registers", 50 in the 300 series. The map has no holes between its values. */
  readonly limits: BlockLimits;
  /** "Serial number": 13 letters. */
  readonly serialNumberAt: number;
}

const EM24: Series = { codes: [71, 72, 73], limits: { most: 11, gap: 4 }, serialNumberAt: 0x1300 };
const series300 = (...codes: number[]): Series => ({
  codes,
  limits: { most: 50, gap: 8 },
  serialNumberAt: 0x5000,
});

const SERIES: Readonly<Record<Model, Series>> = {
  em24: EM24,
  em330: series300(331, 332),
  em340: series300(341),
  et340: series300(345),
};

// At this address stands also half of the voltage between L3 and L1: only a request for one word gets the code.
const IDENTIFICATION_CODE = { ...READ, address: 0x000b, count: 1 };

const fields = meterOptions(
  {
    // No default: the registers of one model have other meanings in another.
    model: choice(models, { help: 'The product, as its front says' }),
  },
  ({ model }) => quantitiesIn(registersOf(model)),
);

/** Carlo Gavazzi's meters: all values of the model, in two requests (EM24: nine). */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'carlo-gavazzi-em',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  addresses: UNIT_ADDRESSES,
  measures: quantitiesIn(...models.map(registersOf)),
  streams: ({ model }) => quantitiesIn(registersOf(model)),
  options: fields,
  period: { default: '10s', least: '2s', why: 'one reading takes an EM24 most of a second' },
  // At 1200 baud, in the smallest requests, a start and a poll take a dozen seconds.
  deadline: '30s',
  busyMs: ({ model, ...share }, line) => meterBusyMs(registersOf(model), { ...SERIES[model].limits, ...share }, line),

  search: {
    async askUnit(device) {
      const code = await codeOf(device);
      const model = modelOf(code);
      if (!model) throw new SensorError('wrong-device', `unit ${device.address} is none of these: ${told(code)}`);
      return { identity: await identify(device, model), options: { model } };
    },
  },

  create: (device, { model, ...share }) => ({
    start: () => identify(device, model),
    poll: meterReader(device, registersOf(model), { ...READ, ...SERIES[model].limits, ...share }),
  }),
};

/** Every meter has a code of its series; the serial number is missing in EM24s of before 2013. */
async function identify(device: SerialDevice, model: Model) {
  const code = await codeOf(device);
  if (code === undefined || !SERIES[model].codes.includes(code)) {
    throw new SensorError('wrong-device', `unit ${device.address} is not an ${model.toUpperCase()}: ${told(code)}`);
  }
  const serial = await readRegistersIfAny(device, { ...READ, address: SERIES[model].serialNumberAt, count: 7 });
  return { part: model.toUpperCase(), ...(serial && { serialNumber: registerText(serial) }) };
}

async function codeOf(device: SerialDevice): Promise<number | undefined> {
  const answer = await readRegistersIfAny(device, IDENTIFICATION_CODE);
  return answer && Buffer.from(answer).readUInt16BE();
}

const modelOf = (code: number | undefined) =>
  models.find((model) => code !== undefined && SERIES[model].codes.includes(code));

function told(code: number | undefined): string {
  if (code === undefined) return 'it has no identification code';
  const other = modelOf(code);
  return `its identification code is ${code}${other ? `, that of an ${other.toUpperCase()}` : ''}`;
}
