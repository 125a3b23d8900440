import { bytes, crc16, type Quantity, type SerialSimulation, type World } from '../../src/driver-kit.ts';
import { sealedMessage } from './sealed.ts';
import { stampOf } from './timestamp.ts';

const TELEGRAM_EVERY_MS = 1000;
const GAS_EVERY_MS = 300_000;

const energy = { min: 0, max: 99_999, resolution: 0.001 };
const power = { min: 0, max: 17_250, resolution: 1 };
const voltage = { min: 207, max: 253, resolution: 0.1 };
const current = { min: 0, max: 25, resolution: 0.01 };

const COUNTERS = [
  'active_energy_import_t1',
  'active_energy_import_t2',
  'active_energy_export_t1',
  'active_energy_export_t2',
] as const satisfies readonly Quantity[];

/** The driver's options that make it another meter. */
interface Options {
  readonly meter?: 'electricity' | 'heat';
  readonly keyFile?: string | undefined;
}

/**
 * A three-phase DSMR 5 meter that speaks each second, with a gas meter on channel 1 that is read every five minutes; or
 * one of district heating. With a key it encrypts what it says.
 */
export const simulation: SerialSimulation<Options> = {
  bus: 'serial',
  // Not gas: it follows the truth by up to five minutes.
  spans: {
    active_energy_import_t1: energy,
    active_energy_import_t2: energy,
    active_energy_export_t1: energy,
    active_energy_export_t2: energy,
    tariff: { min: 1, max: 2, resolution: 1 },
    active_power_import: power,
    active_power_import_l1: power,
    active_power_import_l2: power,
    active_power_import_l3: power,
    active_power_export: power,
    active_power_export_l1: power,
    active_power_export_l2: power,
    active_power_export_l3: power,
    voltage_l1: voltage,
    voltage_l2: voltage,
    voltage_l3: voltage,
    current_l1: current,
    current_l2: current,
    current_l3: current,
  },
  faults: { 'counters at zero': { why: 'fell', streams: COUNTERS } },
  variants: [{}, { checksum: 'required' }, { keyFile: '00112233445566778899aabbccddeeff' }],

  async run(far, world, { meter, keyFile: key }, signal) {
    let late = { readAt: 0, gasM3: 0, heatGj: 0 };
    for (let counter = 1; ; counter += 1) {
      const readAt = Math.floor(world.now() / GAS_EVERY_MS) * GAS_EVERY_MS;
      const isNew = readAt > late.readAt;
      if (isNew) late = { readAt, gasM3: world.truth('gas_volume'), heatGj: world.truth('heat_energy') };
      const telegram =
        meter === 'heat'
          ? telegramOf('NWA-WARMTELINK', heatOf(late, world.now()))
          : telegramOf('DRP5\\SIMULATED', [...electricityOf(world), ...gasOf(late)]);
      await far.write(key === undefined ? telegram : sealedMessage(telegram, { key: bytes(key), counter }));
      await world.sleep(TELEGRAM_EVERY_MS - (world.uptimeMs() % TELEGRAM_EVERY_MS), signal);
    }
  },
};

/** "Representation of P1 telegram" */
function telegramOf(identification: string, lines: readonly string[]): Uint8Array {
  const body = Buffer.from([`/${identification}`, '', ...lines, '!'].join('\r\n'));
  const checksum = crc16(body, 0).toString(16).toUpperCase().padStart(4, '0');
  return Buffer.concat([body, Buffer.from(`${checksum}\r\n`)]);
}

function electricityOf(world: World): string[] {
  const isZero = world.fault?.() === 'counters at zero';
  const [t1 = 0, t2 = 0, t1Export = 0, t2Export = 0] = COUNTERS.map((counter) => (isZero ? 0 : world.truth(counter)));
  return [
    '1-3:0.2.8(50)',
    `0-0:1.0.0(${stampOf(world.now())})`,
    '0-0:96.1.1(44524553)',
    `1-0:1.8.1(${fixed(t1, 10, 3)}*kWh)`,
    `1-0:1.8.2(${fixed(t2, 10, 3)}*kWh)`,
    `1-0:2.8.1(${fixed(t1Export, 10, 3)}*kWh)`,
    `1-0:2.8.2(${fixed(t2Export, 10, 3)}*kWh)`,
    `0-0:96.14.0(${fixed(Math.max(1, world.truth('tariff')), 4, 0)})`,
    `1-0:1.7.0(${kilowatts(world.truth('active_power_import'))})`,
    `1-0:2.7.0(${kilowatts(world.truth('active_power_export'))})`,
    '0-0:96.7.21(00004)',
    '0-0:96.7.9(00002)',
    '0-0:96.13.0()',
    `1-0:32.7.0(${fixed(world.truth('voltage_l1'), 5, 1)}*V)`,
    `1-0:52.7.0(${fixed(world.truth('voltage_l2'), 5, 1)}*V)`,
    `1-0:72.7.0(${fixed(world.truth('voltage_l3'), 5, 1)}*V)`,
    `1-0:31.7.0(${fixed(world.truth('current_l1'), 6, 2)}*A)`,
    `1-0:51.7.0(${fixed(world.truth('current_l2'), 6, 2)}*A)`,
    `1-0:71.7.0(${fixed(world.truth('current_l3'), 6, 2)}*A)`,
    `1-0:21.7.0(${kilowatts(world.truth('active_power_import_l1'))})`,
    `1-0:41.7.0(${kilowatts(world.truth('active_power_import_l2'))})`,
    `1-0:61.7.0(${kilowatts(world.truth('active_power_import_l3'))})`,
    `1-0:22.7.0(${kilowatts(world.truth('active_power_export_l1'))})`,
    `1-0:42.7.0(${kilowatts(world.truth('active_power_export_l2'))})`,
    `1-0:62.7.0(${kilowatts(world.truth('active_power_export_l3'))})`,
  ];
}

interface Late {
  readonly readAt: number;
  readonly gasM3: number;
  readonly heatGj: number;
}

/** "Representation of M-Bus values": with the time of the reading, not of the telegram. */
function gasOf({ readAt, gasM3 }: Late): string[] {
  return ['0-1:24.1.0(003)', '0-1:96.1.0(44524547)', `0-1:24.2.1(${stampOf(readAt)})(${fixed(gasM3, 9, 3)}*m3)`];
}

/** As a meter of district heating writes it: one device, and no electricity. */
function heatOf({ readAt, heatGj }: Late, at: number): string[] {
  return [
    '1-3:0.2.8(50)',
    `0-0:1.0.0(${stampOf(at)})`,
    '0-1:24.1.0(004)',
    '0-1:96.1.0(44524548)',
    `0-1:24.2.1(${stampOf(readAt)})(${fixed(heatGj, 7, 3)}*GJ)`,
  ];
}

/** As the meter writes it: `width` characters, with leading zeros. */
function fixed(value: number, width: number, decimals: number): string {
  return value.toFixed(decimals).padStart(width, '0');
}

function kilowatts(watts: number): string {
  return `${fixed(watts / 1000, 6, 3)}*kW`;
}
