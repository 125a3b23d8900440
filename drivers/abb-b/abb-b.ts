/**
 * ABB's EQ meters of the B series: B21 for one phase, B23 and B24 (current transformers) for three, over Modbus RTU.
 *
 * Headings in quotes are those of the _B23/B24 User Manual_ (2CMC485003M0201), "Communication with Modbus".
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
  SensorError,
  type SerialDevice,
  type SerialDriver,
  UNIT_ADDRESSES,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

const READ = { function: 3 } as const;

// "Function Code 3": 125 registers in a request. Registers inside a mapping range that hold nothing can be read along.
const LIMITS = { most: 125, gap: 16 };

// "Production data and identification"
const TYPE_DESIGNATION = { ...READ, address: 0x8960, count: 6 };
const SERIAL_NUMBER = { ...READ, address: 0x8900, count: 2 };
const FIRMWARE_VERSION = { ...READ, address: 0x8908, count: 8 };

const fields = meterOptions(
  {
    // No default: which quantities there are depends on it.
    model: choice(models, { help: 'The product, as its front says: b21, b23 or b24' }),
  },
  ({ model }) => quantitiesIn(registersOf(model)),
);

/** ABB's B series: all values of the model, in two or three requests. */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'abb-b',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
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
      const identity = await identify(device);
      return { identity, options: { model: models.find((model) => isOf(model, identity.part)) } };
    },
  },

  create: (device, { model, ...share }) => ({
    start: () => identify(device, model),
    poll: meterReader(device, registersOf(model), { ...READ, ...LIMITS, ...share }),
  }),
};

/** Every meter of the family tells its type, such as `B23 112-100`; another part at this address does not. */
async function identify(device: SerialDevice, ...wanted: readonly Model[]) {
  const expected = wanted.length > 0 ? wanted : models;
  const designation = await readRegistersIfAny(device, TYPE_DESIGNATION);
  const part = designation && registerText(designation);
  if (part === undefined || !expected.some((model) => isOf(model, part))) {
    const told = part === undefined ? 'it has no type designation' : `its type designation is "${part}"`;
    const names = expected.map((model) => model.toUpperCase()).join(' or ');
    throw new SensorError('wrong-device', `unit ${device.address} is not an ABB ${names}: ${told}`);
  }
  const serial = Buffer.from(await readRegisters(device, SERIAL_NUMBER)).readUInt32BE();
  const firmware = registerText(await readRegisters(device, FIRMWARE_VERSION));
  return { part, serialNumber: String(serial), firmware };
}

const isOf = (model: Model, designation: string) => designation.toLowerCase().startsWith(model);
