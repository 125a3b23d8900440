import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../drivers/dsmr-p1/readings.ts';
import { type ChecksumRule, type Heard, TelegramReader } from '../../drivers/dsmr-p1/telegram.ts';
import { crc16 } from '../../src/driver-kit.ts';
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.ts';

const ascii = (text: string) => Buffer.from(text, 'latin1');

/** A telegram; without `end` its checksum is right. */
function telegram(lines: readonly string[], end?: string): string {
  const body = ['/DRP5\\TEST', '', ...lines, '!'].join('\r\n');
  return `${body}${end ?? crc16(ascii(body), 0).toString(16).padStart(4, '0')}\r\n`;
}

const powerOf = (watts: number) => `1-0:1.7.0(${(watts / 1000).toFixed(3).padStart(6, '0')}*kW)`;

/** What was heard, shortened to the power of each telegram in whole watts, or the reason for its damage. */
const shortened = (heard: readonly Heard[]) =>
  heard.map((ended) => {
    if ('damage' in ended) return ended.damage.why;
    const { active_power_import: power } = sampleOf(ended.telegram.objects);
    return typeof power === 'number' ? Math.round(power) : power;
  });

function heardIn(text: string, rule: ChecksumRule = 'auto'): unknown[] {
  return shortened(new TelegramReader(rule).feed(ascii(text)));
}

describe('finding telegrams in a stream of bytes', () => {
  const one = telegram(['1-3:0.2.8(50)', powerOf(1)]);
  const two = telegram(['1-3:0.2.8(50)', powerOf(2)]);
  const old = telegram(['0-0:96.14.0(0001)', powerOf(3)], '');

  it('starts in the middle of a telegram and takes the next', () => {
    expect(heardIn(one.slice(9) + two)).toEqual([2]);
  });

  it('takes every telegram wherever the chunks are cut', () => {
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const reader = new TelegramReader('auto');
      const bytes = ascii(one + two);
      const heard: Heard[] = [];
      for (let at = 0; at < bytes.length; at += size) heard.push(...reader.feed(bytes.subarray(at, at + size)));
      expect(shortened(heard)).toEqual([1, 2]);
    }
  });

  it('reports a telegram that was cut short anywhere, and takes the one glued to it', () => {
    for (let length = 1; length < one.length - 1; length += 1) {
      const heard = heardIn(one.slice(0, length) + two);
      expect(heard.at(-1), `cut after ${length}`).toBe(2);
      // Only the line end after the checksum is missing in the last of them: that is a whole telegram.
      if (length === one.length - 2) expect(heard).toEqual([1, 2]);
      else expect(heard[0], `cut after ${length}`).toBeTypeOf('string');
    }
  });

  it('takes a telegram that follows a text with a slash, an exclamation mark or an empty message', () => {
    const text = telegram(['0-0:96.13.0(see http://dorp.example/! now)', '0-0:96.13.1()', powerOf(4)]);
    expect(heardIn(text + one)).toEqual([4, 1]);
    expect(heardIn(telegram(['0-0:96.13.0(a/b)', '', powerOf(4)])), 'before an empty line').toEqual([4]);
  });

  it('takes a telegram with a line that is no object, if the checksum is right', () => {
    expect(heardIn(telegram(['what is this', powerOf(5)]))).toEqual([5]);
  });

  it('takes lines that end with a line feed alone', () => {
    const body = `/DRP5\n\n${powerOf(5)}\n!`;
    expect(heardIn(`${body}${crc16(ascii(body), 0).toString(16)}\n`)).toEqual([5]);
  });

  it('drops what has no end within 8 KiB, and recovers', () => {
    expect(heardIn(`/DRP5\r\n\r\n${'x'.repeat(9000)}\r\n${one}`)).toEqual(['no end within 8192 bytes', 1]);
  });

  it('has room for a text of 1024 characters and thirteen monthly peaks', () => {
    const peak = '(230801000000S)(230712181500S)(03.064*kW)';
    const lines = [`0-0:98.1.0(13)${peak.repeat(13)}`, `0-0:96.13.0(${'3F'.repeat(1024)})`, powerOf(6)];
    expect(heardIn(telegram(lines))).toEqual([6]);
  });

  it('counts each KiB without a telegram as damage', () => {
    expect(heardIn('x'.repeat(2500))).toEqual(Array(2).fill('no start within 1024 bytes'));
  });

  it('never takes a telegram with a wrong checksum, whatever the option says', () => {
    for (const rule of ['auto', 'required', 'none'] as const) {
      expect(heardIn(telegram([powerOf(7)], 'BEEF'), rule)).toEqual(['a wrong checksum']);
    }
  });

  it('takes a telegram without a checksum only from a meter that has none', () => {
    const bare = telegram(['1-3:0.2.8(50)', powerOf(8)], '');
    const belgian = telegram(['0-0:96.1.4(50217)', powerOf(8)], '');
    expect(heardIn(old)).toEqual([3]);
    expect(heardIn(bare)).toEqual(['no checksum']);
    expect(heardIn(belgian)).toEqual(['no checksum']);
    expect(heardIn(bare, 'none')).toEqual([8]);
    expect(heardIn(old, 'required')).toEqual(['no checksum']);
    expect(heardIn(one + old), 'after one with a checksum').toEqual([1, 'no checksum']);
  });

  it('takes no telegram without a checksum if a line of it is damaged', () => {
    expect(heardIn(old.replace('0-0:96', '0-0?96'))).toEqual(['no checksum']);
  });

  it('checks the parity that a 7E1 meter sends where the line is read as 8N1', () => {
    const ones = (byte: number) => byte.toString(2).replaceAll('0', '').length;
    const sent = ascii(old).map((byte) => (ones(byte) % 2 === 1 ? byte | 0x80 : byte));
    const flipped = sent.map((byte, index) => (index === 40 ? byte ^ 0x01 : byte));
    const reader = new TelegramReader('auto');
    expect(shortened(reader.feed(Buffer.concat([sent, flipped, sent])))).toEqual([3, 'wrong parity', 3]);
  });

  it(
    'gives no value that was not sent, and recovers, however bytes are lost, added or flipped',
    () => {
      const watts = fc.integer({ min: 0, max: 9999 });
      const harm = fc.record({
        at: fc.nat(),
        size: fc.nat({ max: 40 }),
        kind: fc.constantFrom('lose', 'flip', 'insert'),
        noise: fc.uint8Array({ maxLength: 60 }),
      });
      const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
      const run = fc.property(
        fc.array(watts, { minLength: 1, maxLength: 4 }),
        fc.array(harm, { maxLength: 5 }),
        cuts,
        harmed,
      );
      fc.assert(run, { numRuns: fuzzRuns });
    },
    fuzzTimeoutMs,
  );
});

type Harm = { readonly at: number; readonly size: number; readonly kind: string; readonly noise: Uint8Array };

function harmed(watts: readonly number[], harms: readonly Harm[], cuts: readonly number[]): void {
  // The meter is known to send checksums: without that, the first telegram might pass for an older one.
  const sent = [42, ...watts].map((value) => telegram(['1-3:0.2.8(50)', powerOf(value), '0-0:96.13.0(a/b!)']));
  const [known = '', ...rest] = sent;
  const damaged = harms.reduce(
    (bytes, { at, size, kind, noise }) => {
      const from = at % (bytes.length + 1);
      const after = bytes.subarray(kind === 'insert' ? from : from + size);
      const flipped = Uint8Array.from(bytes.subarray(from, from + size), (byte) => byte ^ (1 << (at & 7)));
      const between = kind === 'lose' ? [] : kind === 'flip' ? flipped : noise;
      return Buffer.concat([bytes.subarray(0, from), Uint8Array.from(between), after]);
    },
    ascii(rest.join('')),
  );
  const stream = Buffer.concat([ascii(known), damaged, ascii(telegram([powerOf(51)]) + telegram([powerOf(52)]))]);

  const reader = new TelegramReader('auto');
  const heard: Heard[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = cuts[turn % cuts.length] ?? 1;
    heard.push(...reader.feed(stream.subarray(at, at + size)));
    at += size;
  }
  const values = shortened(heard).filter((value) => typeof value !== 'string');
  for (const value of values) expect([42, 51, 52, ...watts]).toContain(value);
  expect(values.at(-1), 'within two telegrams').toBe(52);
}
