import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { BusesOptions, BusesResult, Heard } from './buses-gateway.ts';
import { inDirectory, Talker, withBroker } from './processes.ts';
import { type Measured, notMeasured } from './row.ts';
import { laySerialCable, type SerialCable } from './serial-cable.ts';
import type { SerialPartsOptions } from './serial-parts.ts';

const WARM_UP_SECONDS = 20;
const SECONDS = 60;
const REFERENCE_MS = 100;

interface Placed {
  readonly driver: string;
  readonly address?: number;
  readonly period: string;
  readonly options?: object;
}

/** On each of four I2C buses. The last is another product on two of them. */
const ON_I2C: readonly Placed[] = [
  { driver: 'sht4x', address: 0x44, period: '1s' },
  { driver: 'sht3x', address: 0x45, period: '1s' },
  { driver: 'sht4x', address: 0x46, period: '2s' },
  { driver: 'bme280', address: 0x76, period: '1s' },
  { driver: 'bme280', address: 0x77, period: '5s' },
  { driver: 'scd4x', address: 0x62, period: '10s' },
  { driver: 'scd30', address: 0x61, period: '5s' },
];
const I2C: readonly (readonly Placed[])[] = ['sps30', 'sps30', 'sen5x', 'sen5x'].map((driver) => [
  ...ON_I2C,
  { driver, address: 0x69, period: '2s' },
]);

const three = (driver: string, model: string, period: string): Placed[] =>
  [1, 2, 3].map((address) => ({ driver, address, period, options: { model } }));

/** Four RS-485 lines with three meters each, and four parts that have a line of their own. */
const SERIAL: readonly (readonly Placed[])[] = [
  three('eastron-sdm', 'sdm630', '5s'),
  three('abb-b', 'b23', '10s'),
  three('schneider-iem3000', 'iem3255', '5s'),
  three('carlo-gavazzi-em', 'em340', '2s'),
  [{ driver: 'eastron-sdm', period: '1s', options: { model: 'sdm120' } }],
  [{ driver: 'senseair-s8', period: '4s' }],
  [{ driver: 'mh-z19', period: '5s' }],
  [{ driver: 'sps30-uart', period: '2s' }],
];

/** What this machine adds by itself in the same run, ms (p99). */
interface Bare {
  /** How late a timer is. */
  readonly timerMs: number;
  /** How long a byte takes over a cable that nobody else uses. */
  readonly cableMs: number;
}

/** 32 parts on I2C and 16 on serial lines, each with its real driver, every 1 to 10 s, told to a broker. */
export async function buses(): Promise<Measured> {
  try {
    const [result, bare] = await withBroker((port) => inDirectory((directory) => measured(directory, port)));
    return { rows: rowsOf(result, bare) };
  } catch (cause) {
    return { rows: [{ what: '32 I2C and 16 serial devices', value: notMeasured(cause), goal: '' }] };
  }
}

async function measured(directory: string, port: number): Promise<[BusesResult, Bare]> {
  const cables: SerialCable[] = [];
  for (const at of SERIAL.keys()) cables.push(await laySerialCable(directory, `serial-${at}`));
  const spare = await laySerialCable(directory, 'spare');
  const configFile = join(directory, 'gateway.yaml');
  writeFileSync(configFile, stringify(configOn(cables)));
  const farEnds = Object.fromEntries(cables.map(({ far }, at) => [`serial-${at}`, far]));
  const parts = new Talker('serial-parts.js', { configFile, farEnds } satisfies SerialPartsOptions);
  const setup = { directory, port, commitMs: 5000, batches: 'backlog' } as const;
  const options: BusesOptions = { ...setup, configFile, warmUpSeconds: WARM_UP_SECONDS, seconds: SECONDS };
  const gateway = new Talker<BusesResult | 'begin'>('buses-gateway.js', options);
  try {
    await gateway.next();
    const [result, bare] = await Promise.all([gateway.next(), measuredBare(spare, SECONDS * 1000)]);
    if (result === 'begin') throw new Error('it began twice');
    await gateway.exit;
    return [result, bare];
  } finally {
    await gateway.end('SIGKILL');
    await parts.end('SIGKILL');
    for (const cable of [...cables, spare]) await cable.end();
  }
}

function configOn(cables: readonly SerialCable[]): object {
  const named = [
    ...I2C.map((parts, at) => ({ bus: `i2c-${at}`, parts })),
    ...SERIAL.map((parts, at) => ({ bus: `serial-${at}`, parts })),
  ];
  return {
    gateway: { id: 'bench', owner: 'bench' },
    buses: Object.fromEntries([
      ...I2C.map((_, at) => [`i2c-${at}`, { kind: 'i2c', path: `/dev/i2c-${at}` }]),
      ...cables.map(({ near }, at) => [`serial-${at}`, { kind: 'serial', path: near }]),
    ]),
    devices: Object.fromEntries(
      named.flatMap(({ bus, parts }) => parts.map((part, at) => [`${bus}-${at}`, { bus, ...part }])),
    ),
  };
}

async function measuredBare({ near, far }: SerialCable, forMs: number): Promise<Bare> {
  const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
  const clock = systemClock(() => 'ntp');
  const lines = [near, far].map((path) => linuxSerialLine(path, settings, clock));
  const [sender, receiver] = lines.map((line) => line.device(0));
  await receiver?.write(Uint8Array.of(0)); // opens it: nothing is heard by a line that is shut
  const timerMs: number[] = [];
  const cableMs: number[] = [];
  for (const beginMs = performance.now(); performance.now() - beginMs < forMs; ) {
    const sinceMs = performance.now();
    await sleep(REFERENCE_MS);
    const sentMs = performance.now();
    timerMs.push(sentMs - sinceMs - REFERENCE_MS);
    await sender?.write(Uint8Array.of(0));
    await receiver?.read(REFERENCE_MS * 10);
    cableMs.push(performance.now() - sentMs);
  }
  for (const line of lines) await line.close();
  return { timerMs: p99(timerMs), cableMs: p99(cableMs) };
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
}

/** Periods without a value: told as a fault, or not told at all. */
function missedOf({ atMs, periodMs, faults }: Heard, seconds: number): number {
  const marksMs = [...atMs, seconds * 1000];
  const silencesMs = marksMs.map((ms, at) => ms - (atMs[at - 1] ?? 0));
  const untold = silencesMs.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / periodMs) - 1), 0);
  return Math.max(faults, untold);
}

function jittersOf({ atMs, periodMs }: Heard): number[] {
  return atMs.slice(1).map((ms, at) => Math.abs(ms - (atMs[at] ?? 0) - periodMs));
}

function rowsOf({ devices, seconds, cpuSeconds, readings }: BusesResult, bare: Bare) {
  const missed = devices.reduce((sum, device) => sum + missedOf(device, seconds), 0);
  const jitterOn = (kind: string) =>
    p99(devices.filter((device) => device.kind === kind).flatMap(jittersOf)).toFixed(0);
  const perSecond = (readings / seconds).toFixed(0);
  const rate = `${devices.length} devices, 1–10 s, ${perSecond} readings/s`;
  return [
    { what: `missed periods, ${rate}`, value: String(missed), goal: '0' },
    { what: '  jitter of the period, ms (p99): all', value: p99(devices.flatMap(jittersOf)).toFixed(0), goal: '≤ 50' },
    {
      what: '  of the 32 on I2C / the 16 on serial lines',
      value: `${jitterOn('i2c')} / ${jitterOn('serial')}`,
      goal: '',
    },
    {
      what: '  of a bare timer / a byte on a bare pty in the same run',
      value: `${bare.timerMs.toFixed(0)} / ${bare.cableMs.toFixed(0)}`,
      goal: '',
    },
    { what: '  CPU, % of one core', value: ((100 * cpuSeconds) / seconds).toFixed(1), goal: '≤ 5' },
  ];
}
