/**
 * Schneider Electric's Acti9 iEM3000 meters for three phases, those with Modbus: iEM3150, 3155, 3250, 3255, 3350 and 3355.
 *
 * Headings in quotes are those of the _iEM3100 / iEM3200 / iEM3300 series User Manual_ (DOCA0005EN), "Communications via
 * Modbus RS-485".
 */
import {
  choice,
  meterBusyMs,
  meterOptions,
  meterReader,
  type Parsed,
  quantitiesIn,
  readRegisters,
  readRegistersIfAny,
  registerText,
  type Sample,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  UNIT_ADDRESSES,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

// "Function list": 3 is the only one that reads.
const READ = { function: 3 } as const;

// Others read such blocks, holes of up to eight registers along.
const LIMITS = { most: 50, gap: 8 };

// "System": registers 50, 130 and 1637 of the manual.
const METER_MODEL = { ...READ, address: 49, count: 20 };
const SERIAL_NUMBER = { ...READ, address: 129, count: 2 };
const FIRMWARE = { ...READ, address: 1636, count: 1 };

const fields = meterOptions(
  {
    // No default: which quantities there are depends on it.
    model: choice(models, { help: 'The product, as its front says' }),
  },
  ({ model }) => quantitiesIn(registersOf(model)),
);

/** The iEM3000 series: all values of the model, in six requests. */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'schneider-iem3000',
  bus: 'serial',
  line: { baudRate: 19_200, dataBits: 8, parity: 'even', stopBits: 1 },
  addresses: UNIT_ADDRESSES,
  measures: quantitiesIn(...models.map(registersOf)),
  streams: ({ model }) => quantitiesIn(registersOf(model)),
  options: fields,
  period: { default: '10s', least: '1s' },
  // At 1200 baud, in the smallest requests, a start and a poll take a dozen seconds.
  deadline: '30s',
  busyMs: ({ model, ...share }, line) => meterBusyMs(registersOf(model), { ...LIMITS, ...share }, line),

  search: {
    async askUnit(device) {
      const told = await modelTold(device);
      const model = models.find((model) => model === told?.toLowerCase());
      if (!model) throw notA('iEM3000', device, told);
      return { identity: await identify(device, model), options: { model } };
    },
  },

  create: (device, { model, ...share }) => {
    const read = meterReader(device, registersOf(model), { ...READ, ...LIMITS, ...share });
    return {
      start: () => identify(device, model),
      poll: async () => withPowerFactor(await read()),
    };
  },
};

/**
 * The power factor comes in the code of four quadrants: the sign says which way the power flows, and beyond ±1 the rest to
 * ±2 is a leading power factor. We keep the first and drop the second.
 */
function withPowerFactor(sample: Sample): Sample {
  const { power_factor: told } = sample;
  if (typeof told !== 'number' || Math.abs(told) <= 1) return sample;
  return { ...sample, power_factor: Math.sign(told) * 2 - told };
}

/** Every meter tells its model, such as `iEM3255`; another part at this address does not, or tells another. */
async function identify(device: SerialDevice, model: Model) {
  const part = await modelTold(device);
  if (part === undefined || part.toLowerCase() !== model) throw notA(model.replace('iem', 'iEM'), device, part);
  const serial = Buffer.from(await readRegisters(device, SERIAL_NUMBER)).readUInt32BE();
  const firmware = Buffer.from(await readRegisters(device, FIRMWARE)).readUInt16BE();
  return { part, serialNumber: String(serial), firmware: versionOf(firmware) };
}

async function modelTold(device: SerialDevice): Promise<string | undefined> {
  const answer = await readRegistersIfAny(device, METER_MODEL);
  return answer && registerText(answer);
}

function notA(name: string, { address }: SerialDevice, part: string | undefined): SensorError {
  const told = part === undefined ? 'it has no meter model' : `its meter model is "${part}"`;
  return new SensorError('wrong-device', `unit ${address} is not an ${name}: ${told}`);
}

/** "DLF format: X.Y.ZTT" of its decimal digits. */
function versionOf(firmware: number): string {
  const [, x, y, ztt] = /^(.)(.)(.{3})$/.exec(String(firmware).padStart(5, '0')) ?? [];
  return `${x}.${y}.${ztt}`;
}
