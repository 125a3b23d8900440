/**
 * Senseair S8: carbon dioxide by infrared absorption, over Modbus on a serial line.
 *
 * Registers are called as in Senseair's _Modbus on Senseair S8_ (TDE2067): IR for input, HR for holding registers. They
 * are counted from 1 there, and from 0 on the line.
 */
import {
  faulty,
  hex,
  number,
  options,
  type Parsed,
  type Reading,
  readingMs,
  readRegisters,
  readRegistersIfAny,
  type Sample,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  UNIT_ADDRESSES,
  writeRegister,
} from '../../src/driver-kit.ts';

// IR1 meter status, IR2 alarm status, IR3 output status, IR4 space CO2.
const STATUS_AND_CO2 = { function: 4, address: 0, count: 4 } as const;
// IR26 and IR27 sensor type, IR28 memory map, IR29 firmware, IR30 and IR31 sensor ID.
const IDENTITY = { function: 4, address: 0x19, count: 6 } as const;
// HR32 ABC period, in hours.
const ABC_PERIOD = { function: 3, address: 0x1f, count: 1 } as const;

// IR1, from its lowest bit on.
const METER_STATUS = [
  'fatal-error',
  'offset-regulation-error',
  'algorithm-error',
  'output-error',
  'self-diagnostics-error',
  'out-of-range',
  'memory-error',
] as const;

// Any S8 answers to 254, whatever its own address.
const ANY_SENSOR = 0xfe;

const fields = options({
  selfCalibration: number({
    help: 'so often the part takes the lowest CO2 for fresh air; 0: never, where the room is never aired',
    default: 180,
    min: 0,
    max: 4800,
    unit: 'h',
    whole: true,
  }),
});

/** The options in YAML. */
export type SenseairS8Options = Parsed<typeof fields>;

/** Senseair S8: sets the period of its self-calibration where it differs, then reads status and CO2 at each poll. */
export const driver: SerialDriver<SenseairS8Options> = {
  part: 'senseair-s8',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  addresses: [ANY_SENSOR, ...UNIT_ADDRESSES],
  measures: ['co2'],
  options: fields,
  period: { default: '60s', least: '4s', why: 'it measures every 2 s, some variants every 4 s' },
  busyMs: (_, { baudRate }) => readingMs(STATUS_AND_CO2.count, baudRate),
  warmUpSeconds: 60,

  search: { askUnit: async (device) => ({ identity: await identify(device) }) },

  create: (device, { selfCalibration }) => ({
    async start() {
      const identity = await identify(device);
      await setSelfCalibration(device, selfCalibration);
      return identity;
    },
    poll: async () => decode(await readRegisters(device, STATUS_AND_CO2)),
  }),
};

/** IR1 to IR4. What the status says against the value comes before the value. */
export function decode(data: Uint8Array): Sample {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return { co2: judged(view.getUint16(0), view.getInt16(6)) };
}

function judged(status: number, ppm: number): Reading | number {
  const errors = METER_STATUS.filter((_, bit) => status & (1 << bit));
  const [worst] = errors.filter((error) => error !== 'out-of-range');
  if (worst) return faulty(worst);
  if (ppm <= 0) return faulty('no-reading');
  return errors.length > 0 ? { value: ppm, quality: 'out_of_range', why: 'the part says so' } : ppm;
}

/** The registers of its identity are the proof: another make has not got them, or something else in them. */
async function identify(device: SerialDevice) {
  const data = await readRegistersIfAny(device, IDENTITY);
  if (!data) throw new SensorError('wrong-device', `unit ${device.address} has not the registers of an S8`);
  const [main = 0, sub = 0, ...id] = data.subarray(6);
  // The type has three bytes; all 0 or all 1 is what an empty memory holds.
  const type = data.subarray(1, 4);
  if (type.every((byte) => byte === 0) || type.every((byte) => byte === 0xff)) {
    throw new SensorError('wrong-device', `unit ${device.address} says that it is of type ${hex(type)}: not an S8`);
  }
  return { serialNumber: hex(Uint8Array.from(id)).replaceAll(' ', ''), firmware: `${main}.${sub}` };
}

/** HR32 is kept by the part when it loses power: written only where it differs, and proved. */
async function setSelfCalibration(device: SerialDevice, hours: number): Promise<void> {
  if ((await selfCalibration(device)) === hours) return;
  await writeRegister(device, ABC_PERIOD.address, hours);
  const told = await selfCalibration(device);
  if (told !== hours) throw new SensorError('refused', `the part does not take ${hours} h: it says ${told}`);
}

async function selfCalibration(device: SerialDevice): Promise<number> {
  const [high = 0, low = 0] = await readRegisters(device, ABC_PERIOD);
  return (high << 8) | low;
}
