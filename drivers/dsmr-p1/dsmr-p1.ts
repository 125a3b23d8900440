/**
 * Smart meters with a P1 port, after the Dutch Smart Meter Requirements 2.2 to 5.0 and their Belgian and other kin.
 *
 * The meter talks unasked for as long as its Data Request line is driven, which is a matter of wiring: each second
 * (DSMR 5), or each ten seconds. Headings in quotes are those of the P1 Companion Standard.
 */
import {
  choice,
  type Identity,
  options,
  type Parsed,
  type Quantity,
  SensorError,
  type SerialDevice,
  type SerialDriver,
} from '../../src/driver-kit.ts';
import { versionOf } from './obis.ts';
import { measures, sampleOf } from './readings.ts';
import { type Damage, type Telegram, TelegramReader } from './telegram.ts';

// Between two telegrams lie ten seconds at most. After thirty without a good one something is wrong.
const PATIENCE_MS = 30_000;

const SILENT_HINT = 'is the plug in, and is Data Request (pin 2) driven with 5 V?';
const GARBLED_HINT =
  'is the line 115200 8N1 (DSMR 4 and 5) or 9600 7E1 (DSMR 2 and 3), does the cable invert the signal, is it short?';

const fields = options({
  checksum: choice(['auto', 'required', 'none'], {
    help: 'auto: as the version of the telegram says; none: telegrams without a checksum are taken from any meter',
    default: 'auto',
  }),
});

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
export const dsmrP1: SerialDriver<Parsed<typeof fields>> = {
  part: 'dsmr-p1',
  bus: 'serial',
  line: { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
  measures,
  streams: () => TOLD_BY_ALL,
  options: fields,
  period: { default: '10s', least: '1s' },

  create(device, { checksum }) {
    const reader = new TelegramReader(checksum);
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
        for await (const { objects } of telegrams(device, reader, signal)) yield sampleOf(objects);
      },
    };
  },
};

/** Every good telegram; throws once there was none for too long. */
async function* telegrams(
  device: SerialDevice,
  reader: TelegramReader,
  signal?: AbortSignal,
): AsyncGenerator<Telegram, never> {
  let untilMs = device.uptimeMs() + PATIENCE_MS;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let damages: Damage[] = [];
  for (;;) {
    const bytes = await listen(device, untilMs - device.uptimeMs(), signal);
    if (bytes.length > 0) heardAtMs = device.uptimeMs();
    for (const ended of reader.feed(bytes)) {
      if ('telegram' in ended) {
        yield ended.telegram;
        untilMs = device.uptimeMs() + PATIENCE_MS;
        damages = [];
      } else damages.push(ended.damage);
    }
    const nowMs = device.uptimeMs();
    // A cable that is pulled leaves half a telegram; what counts is that nothing came after it.
    if (nowMs >= untilMs) throw nowMs - heardAtMs > PATIENCE_MS / 2 ? silence() : garble(damages);
  }
}

/** The bytes that came; none if it stayed silent. */
async function listen(device: SerialDevice, withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await device.read(Math.max(0, withinMs), signal);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return new Uint8Array();
    throw cause;
  }
}

function silence(): SensorError {
  return new SensorError('timeout', `the meter is silent: ${SILENT_HINT}`);
}

/** Damage is told here once, with its count: telling it each second has filled other people's logs. */
function garble(damages: readonly Damage[]): SensorError {
  const last = damages.findLast(({ fault }) => fault === 'checksum') ?? damages.at(-1);
  const seen = last ? `damaged ${damages.length} times, last: ${last.why}` : 'bytes, but no telegram';
  return new SensorError(last?.fault ?? 'implausible', `${seen}: ${GARBLED_HINT}`);
}

/** Never the equipment identifier (`0-0:96.1.1`): it leads to a dwelling. */
function identityOf({ identification, objects }: Telegram): Identity {
  // Landis+Gyr ends the identification with the number of the very meter; it goes the same way.
  const part = identification.replaceAll(/[^ -~]/g, '').replace(/\d{8,}$/, '');
  const firmware = versionOf(objects);
  return { part, ...(firmware && { firmware }) };
}
