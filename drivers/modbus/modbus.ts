/**
 * Any meter with Modbus RTU: its registers are written in the config, so that a technician adds a meter without code.
 *
 * What the document of the meter says of order, scale and "not available" is written down; nothing is guessed.
 */
import {
  hex,
  meterBusyMs,
  meterReader,
  quantityNames,
  readRegistersIfAny,
  type Sample,
  SensorError,
  type SerialDevice,
  type SerialDriver,
  UNIT_ADDRESSES,
} from '../../src/driver-kit.ts';
import { fields, type ModbusOptions, readable } from './options.ts';

/** Meters whose registers are written in YAML: neighbours are read in one request. */
export const driver: SerialDriver<ModbusOptions> = {
  part: 'modbus',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  addresses: UNIT_ADDRESSES,
  measures: quantityNames,
  streams: ({ registers }) => registers.map(({ quantity }) => quantity),
  options: fields,
  period: { default: '10s', least: '1s' },
  // At 1200 baud, in the smallest requests, a start and a poll take a dozen seconds.
  deadline: '30s',
  busyMs: (options, line) => tablesOf(options).reduce((ms, { map, access }) => ms + meterBusyMs(map, access, line), 0),

  create: (device, options) => {
    const read = reader(device, options);
    return {
      async start() {
        for (const proof of options.identity) await prove(device, proof);
        // Where nothing else is known of the meter, that it has these registers must do.
        await reader(device, options)();
        return {};
      },
      poll: read,
    };
  },
};

/** Throws where the unit has other words there than the product that the config describes. */
async function prove(device: SerialDevice, { function: code, address, words }: ModbusOptions['identity'][number]) {
  const request = { function: code === 3 ? 3 : 4, address, count: words.length } as const;
  const read = await readRegistersIfAny(device, request);
  const expected = hex(Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])));
  if (read && hex(read) === expected) return;
  const told = read ? `reads ${hex(read)}` : 'has no registers';
  const place = `0x${address.toString(16).padStart(4, '0')}`;
  throw new SensorError('wrong-device', `unit ${device.address} ${told} at ${place}, where ${expected} should stand`);
}

/** The holding registers and the input registers of the map, and how each are read. */
function tablesOf(options: ModbusOptions) {
  const { registers, mostRegisters: most, gap, silence: silentMs, timeout: timeoutMs, often, restEvery } = options;
  return ([3, 4] as const).map((code) => ({
    map: registers.filter((register) => register.function === code).map(readable),
    access: { function: code, most, gap, silentMs, timeoutMs, often, restEvery },
  }));
}

/** Reads the input registers and the holding registers of the map, each in as few requests as the meter bears. */
function reader(device: SerialDevice, options: ModbusOptions): () => Promise<Sample> {
  const tables = tablesOf(options).map(({ map, access }) => meterReader(device, map, access));
  return async () => {
    let sample: Sample = {};
    for (const readTable of tables) sample = { ...sample, ...(await readTable()) };
    return sample;
  };
}
