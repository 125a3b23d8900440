/**
 * Smart meters with a P1 port, after the Dutch Smart Meter Requirements 2.2 to 5.0 and their Belgian, Luxembourgish and
 * Swedish kin.
 *
 * The meter talks unasked for as long as its Data Request line is driven, which is a matter of wiring: each second
 * (DSMR 5), or each ten seconds.
 */
import {
  bytes,
  choice,
  duration,
  type Identity,
  options,
  type Parsed,
  type Quantity,
  type SerialDriver,
  type Sighting,
  secretFile,
} from '../../src/driver-kit.ts';
import { type Now, Standstill } from './devices.ts';
import { SEALED_HINT, telegrams } from './listening.ts';
import { versionOf } from './obis.ts';
import { measures, sampleOf, timeOf } from './readings.ts';
import { looksSealed, SealedReader } from './sealed.ts';
import { type Telegram, TelegramReader } from './telegram.ts';

const fields = options({
  checksum: choice(['auto', 'required', 'none'], {
    help: 'auto: as the version of the telegram says; none: telegrams without a checksum are taken from any meter',
    default: 'auto',
  }),
  meter: choice(['electricity', 'heat'], {
    help: 'heat: a meter of district heating, which tells no electricity',
    default: 'electricity',
  }),
  staleAfter: duration({
    help: 'A gas, heat or water meter behind this one that tells nothing new for so long is a fault.',
    default: '26h',
    min: '10min',
    max: '60d',
  }),
  keyFile: secretFile({
    help: "A file with the meter's key, where it encrypts its telegrams (Luxembourg); 32 hexadecimal digits.",
    pattern: /^[0-9a-f]{32}$/i,
    wanted: 'a file that holds 32 hexadecimal digits',
  }),
});

// "Representation of P1 telegram": F9(3,3), nine digits of which three are decimals.
const TOP_KWH = 1_000_000;

/** What every Dutch smart meter tells; what else a meter tells is known when it is first heard. */
const TOLD_BY_ALL: readonly Quantity[] = [
  'active_energy_import_t1',
  'active_energy_import_t2',
  'active_energy_export_t1',
  'active_energy_export_t2',
  'tariff',
  'active_power_import',
  'active_power_export',
];

/** P1: one sample per telegram. */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'dsmr-p1',
  bus: 'serial',
  line: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  measures,
  streams: ({ meter }) => (meter === 'heat' ? ['heat_energy'] : TOLD_BY_ALL),
  options: fields,
  period: { default: '10s', least: '1s' },
  rollsOverAt: Object.fromEntries(
    measures.filter((one) => /^active_energy_(im|ex)port/.test(one)).map((one) => [one, TOP_KWH]),
  ),
  // The start waits for a telegram, and says by itself after half a minute that none came.
  deadline: '60s',

  search: {
    // "DSMR 2.2 and 3.0": 9600 baud, 7E1.
    lines: [{ baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 }],
    hear: { withinMs: 11_000, in: sightingIn },
  },

  // `keyFile` is by now what the file holds.
  create(device, { checksum, staleAfter, keyFile: key }) {
    const reader = key === undefined ? new TelegramReader(checksum) : new SealedReader(bytes(key), checksum);
    const standstill = new Standstill(staleAfter);
    return {
      // The telegram that proves the line is not passed on: the next comes by itself, and its counters hold all that
      // this one counted. Nor is one that came in unread: nobody would know when that was.
      async start(signal) {
        device.discard();
        const { value } = await telegrams(device, reader, signal).next();
        return identityOf(value);
      },
      async *samples(signal) {
        device.discard();
        for await (const { objects } of telegrams(device, reader, signal)) {
          const now: Now = { uptimeMs: device.uptimeMs(), telegramAt: timeOf(objects) };
          yield sampleOf(objects, (channel, stamp) => standstill.isOver(channel, stamp, now));
        }
      },
    };
  },
};

/** What a scan heard of a meter. */
function sightingIn(bytes: Uint8Array): Sighting | undefined {
  if (looksSealed(bytes)) return { identity: {}, options: { keyFile: 'p1.key' }, unsaid: SEALED_HINT };
  const heard = new TelegramReader('auto').feed(bytes).find((ended) => 'telegram' in ended);
  if (!heard || !('telegram' in heard)) return undefined;
  const { telegram } = heard;
  const tellsElectricity = telegram.objects.some(({ medium, code }) => medium === 1 && /^[12]\.[78]\./.test(code));
  return { identity: identityOf(telegram), ...(!tellsElectricity && { options: { meter: 'heat' } }) };
}

/** Never the equipment identifier (`0-0:96.1.1`): it leads to a dwelling. */
function identityOf({ identification, objects }: Telegram): Identity {
  // Landis+Gyr ends the identification with the number of the very meter; it goes the same way.
  const part = identification.replaceAll(/[^ -~]/g, '').replace(/\d{8,}$/, '');
  const firmware = versionOf(objects);
  return { part, ...(firmware && { firmware }) };
}
