import { expect } from 'vitest';
import type { Sample } from '../../src/driver-kit.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { type Reading, reading } from '../../src/model/observation.ts';
import { type Quantity, rounded } from '../../src/model/quantity.ts';
import { crc16 } from '../../src/protocol/crc.ts';
import { collected, isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter, Vector, VectorFile } from './adapter.ts';
import { type Expected, expectedOf, namedObjects, readByHand } from './dsmr-p1-names.ts';

/** A telegram with what another project reads in it, or a list of cases that are made from such telegrams. */
export const dsmrP1: Adapter = (file) => {
  const { cases, file: telegram } = file.json as { readonly cases?: readonly unknown[]; readonly file?: string };
  if (cases) return caseVectors(file, cases);
  if (telegram) return telegramVectors(file, telegram);
  const packet = sealedPacket(file.json);
  if (packet) return [packet];
  return [{ name: 'an unknown form', run: () => expect.fail(`neither cases nor a telegram in ${file.name}`) }];
};

/** An encrypted packet: its key stands beside it, both in hexadecimal. It must hold one telegram. */
function sealedPacket(json: unknown): Vector | undefined {
  const texts = Object.entries(json as object).filter(([, value]) => typeof value === 'string') as [string, string][];
  const packet = texts.find(([, value]) => /^db08[0-9a-f]{100,}$/i.test(value.replaceAll(/\s/g, '')))?.[1];
  const keyFile = texts.find(([name, value]) => /key/i.test(name) && /^[0-9a-f]{32}$/i.test(value))?.[1];
  if (!packet || !keyFile) return undefined;
  const run = async () => {
    const samples = await heard(Buffer.from(packet.replaceAll(/\s/g, ''), 'hex'), { options: { keyFile } });
    expect(samples.length, 'telegrams').toBe(1);
  };
  return { name: 'an encrypted packet holds a telegram', run };
}

function telegramVectors(file: VectorFile, name: string): Vector[] {
  const facts = file.json as { readonly crc_in_telegram?: string | null; readonly crc16_arc_recomputed_by_us?: string };
  const bytes = asSent(file.beside(name));
  const written = facts.crc_in_telegram ? Number.parseInt(facts.crc_in_telegram, 16) : undefined;
  if (written !== undefined && written !== Number.parseInt(facts.crc16_arc_recomputed_by_us ?? '', 16)) {
    return [{ name: 'a wrong checksum gives no value', run: async () => expect(await heard(bytes)).toEqual([]) }];
  }
  const text = bytes.toString('latin1');
  return [
    { name: 'gives the values that its lines hold', run: async () => compare(await only(bytes), readByHand(text)) },
    ...expectedOf(file.json).map(([source, objects]) => ({
      name: `gives the values of ${source}`,
      run: async () => compare(await only(bytes), objects()),
    })),
  ];
}

/** What the driver says of these bytes, given to it in pieces of many sizes, or of one. */
async function heard(
  bytes: Uint8Array,
  given: { readonly size?: number; readonly options?: object } = {},
): Promise<Sample[]> {
  const steps: Step[] = [];
  for (let at = 0; at < bytes.length; ) {
    const until = at + (given.size ?? 1 + ((at * 7919) % 149));
    steps.push({ read: Buffer.from(bytes.subarray(at, until)).toString('hex') });
    at = until;
  }
  const { sensor, playback } = played(registered('dsmr-p1').driver, steps, given.options);
  if (!isStreaming(sensor)) throw new Error('a P1 meter talks unasked');
  return collected(sensor, playback.signal);
}

async function only(bytes: Uint8Array): Promise<Sample> {
  const samples = await heard(bytes);
  expect(samples.length, 'telegrams').toBe(1);
  return samples[0] ?? {};
}

/** Every expected value is in the sample, with its time where one is expected. */
function compare(sample: Sample, expected: readonly Expected[]): void {
  expect(expected.length, 'expected values').toBeGreaterThan(0);
  for (const { quantity, value, at } of expected) {
    const told = readingIn(sample, quantity);
    expect(told?.value ?? null, quantity).toBe(value === null ? null : rounded(quantity, value));
    if (at !== undefined) expect(told?.measuredAt, `time of ${quantity}`).toBe(at);
  }
}

function readingIn(sample: Sample, quantity: Quantity): Reading | undefined {
  const given = sample[quantity];
  if (given === undefined) return undefined;
  const told = reading(given);
  return told.value === null ? told : { ...told, value: rounded(quantity, told.value) };
}

/** A file whose line ends went through a text editor gets those of a meter back, if its checksum asks for them. */
function asSent(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  if (text.includes('\r')) return bytes;
  const end = text.lastIndexOf('\n!') + 2;
  const isRight = crc16(bytes.subarray(0, end), 0) === Number.parseInt(text.slice(end), 16);
  return isRight ? bytes : Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
}

/** A corner case: a telegram that is altered, lines of one, or a stream that is described in words. */
interface Case {
  readonly id: string;
  readonly base?: string;
  readonly replace?: readonly [string, string];
  readonly replace2?: readonly [string, string];
  readonly line?: string;
  readonly lines?: readonly string[];
  readonly stream?: string;
  readonly expect: unknown;
}

/** The cases of a file, as vectors. */
function caseVectors(file: VectorFile, cases: readonly unknown[]): Vector[] {
  const telegram = (name: string) => file.beside(name).toString('latin1');
  return (cases as readonly Case[]).map((one) => ({
    name: one.id,
    run: async () => {
      if (one.base) await altered(one, telegram(one.base));
      else if (one.stream) await stream(one.id, telegram);
      else await amongOthers(one);
    },
  }));
}

const samplesOf = (text: string, options?: object) =>
  heard(Buffer.from(text, 'latin1'), { ...(options && { options }) });

async function altered({ replace, replace2, ...one }: Case, base: string): Promise<void> {
  const text = [replace, replace2].reduce((text, pair) => (pair ? text.replace(...pair) : text), base);
  if (one.expect === 'InvalidChecksumError' || one.expect === 'ParseError') {
    expect(await samplesOf(text)).toEqual([]);
    expect(await samplesOf(text + base), 'the next telegram').toEqual(await samplesOf(base));
    return;
  }
  const samples = await samplesOf(text);
  expect(samples.length, 'telegrams').toBe(1);
  if (typeof one.expect === 'string') return;
  // The source tells the 0.000 that stands beside a time that is none. That is a register without a reading: we tell
  // the fault, and no value.
  if (text.includes('(632525252525')) expect(samples[0]?.gas_volume).toMatchObject({ value: null, quality: 'fault' });
  else compare(samples[0] ?? {}, namedObjects(one.expect as Record<string, unknown>));
}

/** Lines without a telegram: they are put into one, and must not spoil what else it holds. */
async function amongOthers(one: Case): Promise<void> {
  const lines = one.lines ?? (one.line === undefined ? [] : [one.line]);
  if (lines.length === 0) expect.fail(`the case ${one.id} is of no form that is known here`);
  const body = `/TST5VECTOR\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n${lines.join('')}1-0:1.8.2(000002.000*kWh)\r\n!`;
  const samples = await samplesOf(`${body}${crc16(Buffer.from(body, 'latin1'), 0).toString(16)}\r\n`);
  expect(samples).toMatchObject([{ active_energy_import_t1: 1, active_energy_import_t2: 2 }]);
  if (one.lines) compare(samples[0] ?? {}, namedObjects({ MBUS_DEVICES: [one.expect] }));
}

async function stream(id: string, telegram: (name: string) => string): Promise<void> {
  const old = telegram('dsmr_parser_V2_2.txt');
  const one = telegram('dsmr_parser_V4_2.txt');
  const alone = await samplesOf(one);
  const olds = await samplesOf(old);
  switch (id) {
    case 'buffer_preceded_by_unclosed':
      return expect(await samplesOf(one.slice(0, -1) + one)).toEqual(alone);
    case 'buffer_preceded_by_unopened':
      return expect(await samplesOf(one.slice(1) + one)).toEqual(alone);
    case 'buffer_char_by_char':
      return expect(await heard(Buffer.from(one, 'latin1'), { size: 1 })).toEqual(alone);
    case 'buffer_mixed':
      // No port has two meters; a meter that sent a checksum once must go on, unless it is told otherwise.
      return expect(await samplesOf(old + one + old, { checksum: 'none' })).toEqual([...olds, ...alone, ...olds]);
    default:
      return expect.fail(`the stream ${id} is not known here`);
  }
}
