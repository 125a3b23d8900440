import { driver as eastronSdm } from '../../drivers/eastron-sdm/eastron-sdm.ts';
import { registersOf } from '../../drivers/eastron-sdm/registers.ts';
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { planBlocks } from '../../src/protocol/modbus-registers.ts';
import { readRegisters } from '../../src/protocol/modbus-rtu.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { modbusSerial } from './modbus-serial.ts';
import type { Answered, PacedMeterOptions } from './paced-meter.ts';
import { inDirectory, Talker } from './processes.ts';
import { type Measured, median, notMeasured, type Row } from './row.ts';
import { laySerialCable } from './serial-cable.ts';

/** As the meter leaves the factory: a start bit, eight data bits and a stop bit. */
const LINE = { dataBits: 8, parity: 'none', stopBits: 1 } as const;
const CHARACTER_BITS = 10;
const GAP_CHARACTERS = 3.5;
/** As our simulated meter: Eastron's documents name no time. */
const RESPONSE_MS = 20;
const UNIT = 1;
const MEASURED_MS = 6000;
/** What the driver reads in one poll. */
const POLL = planBlocks(registersOf('sdm630'), { most: 50, gap: 8 }).map(({ count }) => count);
const LARGEST = Math.max(...POLL);

/** A client that asks an SDM630 for the same thing over and over. */
interface Contender {
  readonly name: string;
  /** For how many registers its requests are, one after the other. */
  readonly counts: readonly number[];
  open(path: string, baudRate: number): Promise<Client>;
}

/** An open line. */
export interface Client {
  ask(): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Rate extends Contender {
  readonly baudRate: number;
  /** Transactions per second. */
  readonly possible: number;
  readonly reached: number;
  /** The share of its requests that came before the line had been silent for 3.5 characters. */
  readonly early: number;
}

/** How near we come to what a line can carry, on one whose bytes take their time, and how near another client comes. */
export async function modbus(): Promise<Measured> {
  const contenders: readonly Contender[] = [
    ...[LARGEST, 2].flatMap((count) => [
      { name: 'Dorpel', counts: [count], open: reader(count) },
      { name: 'modbus-serial 8.0.25', counts: [count], open: modbusSerial(UNIT, count) },
    ]),
    { name: 'Dorpel, a whole poll, `silence: 0ms`', counts: POLL, open: driver(0) },
    { name: 'Dorpel, a whole poll, `silence: 60ms`', counts: POLL, open: driver(60) },
  ];
  const rates: Rate[] = [];
  try {
    for (const baudRate of [9600, 19_200]) {
      for (const contender of contenders) rates.push(await rateOf(contender, baudRate));
    }
  } catch (cause) {
    return { rows: [{ what: 'Modbus near the line’s limit', value: notMeasured(cause), goal: '≥ 90 %' }] };
  }
  const blocks = rates.filter(({ name, counts }) => name === 'Dorpel' && counts[0] === LARGEST);
  return { rows: blocks.map(rowOf), table: tableOf(rates) };
}

/** One transaction: the request, 3.5 characters, the meter's thought, its answer, 3.5 characters. */
function transactionMs(registers: number, baudRate: number): number {
  const characters = 8 + GAP_CHARACTERS + 5 + 2 * registers + GAP_CHARACTERS;
  return (characters * CHARACTER_BITS * 1000) / baudRate + RESPONSE_MS;
}

function rateOf(contender: Contender, baudRate: number): Promise<Rate> {
  return inDirectory(async (directory) => {
    const cable = await laySerialCable(directory, 'line');
    const characterMs = (CHARACTER_BITS * 1000) / baudRate;
    const options: PacedMeterOptions = { path: cable.far, characterMs, responseMs: RESPONSE_MS };
    const meter = new Talker<Answered>('paced-meter.js', options);
    const client = await contender.open(cable.near, baudRate);
    try {
      const { counts } = contender;
      const { perSecond, silencesMs } = await asked(client, meter, counts.length);
      const early = silencesMs.filter((ms) => ms < GAP_CHARACTERS * characterMs).length / silencesMs.length;
      const wholeMs = counts.reduce((sum, count) => sum + transactionMs(count, baudRate), 0);
      const possible = (counts.length * 1000) / wholeMs;
      return { ...contender, baudRate, possible, reached: perSecond * counts.length, early };
    } finally {
      await client.close();
      await meter.end('SIGKILL');
      await cable.end();
    }
  });
}

/**
 * How often `client` asks in a second, one after the other, and the silence before each of its requests. The middle one
 * of all the times counts: whoever else runs on this machine holds some of them up.
 */
async function asked({ ask }: Client, meter: Talker<Answered>, requests: number) {
  // The first ones are slow: their code is not compiled yet.
  const warmUp = 3;
  for (let count = 0; count < warmUp; count += 1) await ask();
  const beginMs = performance.now();
  const tookMs: number[] = [];
  for (let lastMs = beginMs; lastMs - beginMs < MEASURED_MS; ) {
    await ask();
    const nowMs = performance.now();
    tookMs.push(nowMs - lastMs);
    lastMs = nowMs;
  }
  const silencesMs: number[] = [];
  for (let answer = 0; answer < (warmUp + tookMs.length) * requests; answer += 1) {
    const { silentMs } = await meter.next();
    if (answer >= warmUp * requests && silentMs !== undefined) silencesMs.push(silentMs);
  }
  return { perSecond: 1000 / median(tookMs), silencesMs };
}

const ourLine = (path: string, baudRate: number) =>
  linuxSerialLine(
    path,
    { ...LINE, baudRate },
    systemClock(() => 'ntp'),
  );

/** The protocol's reader, for so many registers. */
function reader(count: number): Contender['open'] {
  return async (path, baudRate) => {
    const line = ourLine(path, baudRate);
    const device = line.device(UNIT);
    return { ask: () => readRegisters(device, { function: 4, address: 0, count }), close: () => line.close() };
  };
}

/** The driver, with its option `silence`. */
function driver(silence: number): Contender['open'] {
  return async (path, baudRate) => {
    const line = ourLine(path, baudRate);
    const memory = new MemoryOutbox([]).memory('meter');
    const sensor = eastronSdm.create(line.device(UNIT), { model: 'sdm630', silence, often: [], restEvery: 0 }, memory);
    return {
      ask: () => ('poll' in sensor ? sensor.poll() : Promise.reject(new TypeError('not polled'))),
      close: () => line.close(),
    };
  };
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function rowOf({ baudRate, counts, possible, reached }: Rate): Row {
  const what = `Modbus transactions/s of ${possible.toFixed(2)} possible, ${counts} registers at ${baudRate} baud`;
  return { what, value: `${reached.toFixed(2)} (${percent(reached / possible)})`, goal: '≥ 90 %' };
}

function tableOf(rates: readonly Rate[]): string {
  return [
    '| transactions/s | baud | registers | possible | reached | of it | asked too early |',
    '|---|---|---|---|---|---|---|',
    ...rates.map(({ name, baudRate, counts, possible, reached, early }) => {
      const figures = [possible.toFixed(2), reached.toFixed(2), percent(reached / possible), percent(early)];
      return `| ${[name, baudRate, counts.join(' + '), ...figures].join(' | ')} |`;
    }),
  ].join('\n');
}
