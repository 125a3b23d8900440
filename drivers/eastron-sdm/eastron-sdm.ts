/**
 * Eastron SDM120, SDM220, SDM230, SDM630 and SDM72: electricity meters on an RS-485 line.
 *
 * Headings in quotes are those of Eastron's _Modbus Protocol_ documents: SDM120 V2.5, SDM630 V1.8, SDM72D-M-2 V1.1.
 */
import {
  type BlockLimits,
  choice,
  duration,
  hex,
  meterBusyMs,
  meterOptions,
  meterReader,
  type Parsed,
  planBlocks,
  quantitiesIn,
  readBlocks,
  readRegisters,
  type Sample,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  type Sighting,
  UNIT_ADDRESSES,
} from '../../src/driver-kit.ts';
import { type Model, models, registersOf } from './registers.ts';

// The documents allow 80 registers in a request (SDM72 and one SDM230: 60) and say nothing of holes between values.
// Others' meters in the field read over holes, but some refuse more than 50 registers, some SDM72 more than 10.
const WIDE = { most: 50, gap: 8 };
const NARROW = { most: 10, gap: 0 };

// "Holding Registers"; the SDM630 document has only the serial number, the SDM120 and SDM72 ones have both.
const SERIAL_NUMBER = { function: 3, address: 0xfc00, count: 2 } as const;
const METER_CODE = { function: 3, address: 0xfc02, count: 1 } as const;

// 0x20 and 0x89 are documented, for the first model beside them; the others are reported by owners. Whether siblings
// share a code is not documented: it rules out only what is surely another product.
const MODELS_BY_CODE: ReadonlyMap<number, readonly Model[]> = new Map([
  [0x20, ['sdm120', 'sdm220', 'sdm230']],
  [0x70, ['sdm630']],
  [0x79, ['sdm630']],
  [0x89, ['sdm72v2', 'sdm72']],
]);

const fields = meterOptions(
  {
    // No default: the registers of one model have other meanings in another, and not every meter tells what it is.
    model: choice(models, { help: 'The product, as its front says; sdm72v2 is the SDM72D-M-2' }),
    // "MODBUS Protocol Message Timing (RTU Mode)": some products miss a request without 60 ms of silence before it.
    silence: duration({
      help: 'so much silence before a request; 0ms: 3.5 characters, where the line is to carry all that it can',
      default: '60ms',
      max: '1s',
    }),
  },
  ({ model }) => quantitiesIn(registersOf(model)),
);

/** Eastron's meters: all values of the model, in three requests or so. */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'eastron-sdm',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  addresses: UNIT_ADDRESSES,
  measures: quantitiesIn(...models.map(registersOf)),
  streams: ({ model }) => quantitiesIn(registersOf(model)),
  options: fields,
  period: { default: '10s', least: '1s' },
  // At 1200 baud, in the smallest requests, a start and a poll take a dozen seconds.
  deadline: '30s',
  busyMs: ({ model, silence: silentMs, ...share }, line) =>
    meterBusyMs(registersOf(model), { silentMs, ...WIDE, ...share }, line),

  search: { askUnit: (device) => recognise(device) },

  create: (device, { model, silence: silentMs, ...share }) => {
    const pace = { function: 4, silentMs } as const;
    const meter = { device, model, pace };
    const reader = (limits: BlockLimits) => meterReader(device, registersOf(model), { ...pace, ...limits, ...share });
    let read = reader(WIDE);
    return {
      async start() {
        read = reader(await acceptedLimits(meter));
        return identify(meter);
      },
      poll: () => read(),
    };
  },
};

interface Meter {
  readonly device: SerialDevice;
  readonly model: Model;
  readonly pace: { readonly function: 4; readonly silentMs: number };
}

/** Finds out, with one measurement, which requests the meter bears; that it bears any proves that it is one of these. */
async function acceptedLimits({ device, model, pace }: Meter) {
  for (const limits of [WIDE, NARROW]) {
    const sample = await unless(['refused'], readBlocks(device, planBlocks(registersOf(model), limits), pace));
    if (!sample) continue;
    if (!isMains(sample)) {
      const told = JSON.stringify(sample.frequency);
      throw new SensorError('wrong-device', `unit ${device.address} tells ${told} Hz: not a meter of Eastron's`);
    }
    return limits;
  }
  throw new SensorError('wrong-device', `unit ${device.address} has not the registers of an ${model}`);
}

/** False if the frequency is that of no grid: another make's map, or "Register Order" reversed. 0 says nothing. */
function isMains({ frequency }: Sample): boolean {
  if (typeof frequency !== 'number' || frequency === 0) return true;
  // Some SDM120 tell tenths; the value is then flagged as out of range, but the meter is genuine.
  const hertz = frequency > 100 ? frequency / 10 : frequency;
  return hertz >= 45 && hertz <= 65;
}

/** Serial number and meter code, from meters that tell them; a code that belongs to another model is named. */
async function identify({ device, model, pace }: Meter) {
  const serial = await unless(['refused', 'timeout'], readRegisters(device, SERIAL_NUMBER, pace));
  if (!serial) return {};
  const serialNumber = String(Buffer.from(serial).readUInt32BE());
  const code = await unless(['refused', 'timeout'], readRegisters(device, METER_CODE, pace));
  const candidates = code && MODELS_BY_CODE.get(Buffer.from(code).readUInt16BE());
  if (!candidates || candidates.includes(model)) {
    return { serialNumber, ...(candidates?.[0] === model && { part: model.toUpperCase() }) };
  }
  const told = `meter code ${hex(code)}, ${candidates.join(' or ')}`;
  throw new SensorError('wrong-device', `unit ${device.address} (serial ${serialNumber}) is not an ${model}: ${told}`);
}

// As `silence` has it by default: some products miss a request without it.
const SILENT_MS = 60;
// "Frequency": in every model's map at this place.
const FREQUENCY = { function: 4, address: 0x46, count: 2 } as const;

/** By the frequency, which stands in one place for all of them, and the code, which not every one has. */
async function recognise(device: SerialDevice): Promise<Sighting> {
  const pace = { silentMs: SILENT_MS };
  const told = await unless(['refused'], readRegisters(device, FREQUENCY, pace));
  const frequency = told && Buffer.from(told).readFloatBE();
  if (!frequency || !isMains({ frequency })) {
    throw new SensorError(
      'wrong-device',
      `unit ${device.address} tells ${frequency ?? 'no'} Hz: not a meter of Eastron's`,
    );
  }
  const serial = await unless(['refused', 'timeout'], readRegisters(device, SERIAL_NUMBER, pace));
  const code = await unless(['refused', 'timeout'], readRegisters(device, METER_CODE, pace));
  const candidates = (code && MODELS_BY_CODE.get(Buffer.from(code).readUInt16BE())) ?? models;
  const [model, ...others] = candidates;
  const identity = {
    ...(others.length === 0 && model && { part: model.toUpperCase() }),
    ...(serial && { serialNumber: String(Buffer.from(serial).readUInt32BE()) }),
  };
  const unsaid = `it may be an ${candidates.join(', ')}: its front says which`;
  return { identity, options: { model }, ...(others.length > 0 && { unsaid }) };
}

async function unless<T>(kinds: readonly SensorError['kind'][], attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (cause) {
    if (cause instanceof SensorError && kinds.includes(cause.kind)) return undefined;
    throw cause;
  }
}
