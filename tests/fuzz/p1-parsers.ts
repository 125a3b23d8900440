import { createCipheriv, createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { sampleOf } from '../../drivers/dsmr-p1/readings.ts';
import { SealedReader } from '../../drivers/dsmr-p1/sealed.ts';
import { type Heard, TelegramReader } from '../../drivers/dsmr-p1/telegram.ts';
import type { FuzzedParser, Sound } from './parser.ts';
import { crc16Of } from './reckoned.ts';

/** A telegram that was heard: its first line, and all that its objects say. */
type Told = readonly string[];

const ascii = (text: string) => Buffer.from(text, 'latin1');

function telegram(watts: number): Uint8Array {
  const power = `1-0:1.7.0(${(watts / 1000).toFixed(3).padStart(6, '0')}*kW)`;
  const gas = `0-1:24.2.1(261124010000W)(${String(watts).padStart(5, '0')}.123*m3)`;
  const body = ['/DRP5\\FUZZ', '', '1-3:0.2.8(50)', power, '0-1:24.1.0(003)', gas, '0-0:96.13.0(a/b!)', '!'].join(
    '\r\n',
  );
  return ascii(`${body}${crc16Of(ascii(body), 0).toString(16).toUpperCase().padStart(4, '0')}\r\n`);
}

function told(heard: readonly Heard[]): Told[] {
  return heard.flatMap((ended) => {
    if ('damage' in ended) return [];
    const { identification, objects } = ended.telegram;
    sampleOf(objects);
    return [[identification, ...objects.flatMap(({ code, values }) => [code, ...values])]];
  });
}

/** Every telegram between a `/` and a `!` with the right checksum behind it, as its text. */
function telegramsIn(stream: Uint8Array): Sound<Told>[] {
  const found: Sound<Told>[] = [];
  // In the eighth bit some meters send a parity.
  const text = Buffer.from(stream.map((byte) => byte & 0x7f)).toString('latin1');
  for (let from = text.indexOf('/'); from >= 0; from = text.indexOf('/', from + 1)) {
    let crc = 0;
    for (let at = from; at < stream.length; at += 1) {
      crc = crc16Of(stream.subarray(at, at + 1), crc);
      if (text[at] !== '!') continue;
      const [written = ''] = /^[0-9a-f]{1,4}/i.exec(text.slice(at + 1, at + 5)) ?? [];
      if (Number.parseInt(written, 16) !== crc) continue;
      const end = /^\0?(\r?\n)?/.exec(text.slice(at + 1 + written.length, at + 4 + written.length))?.[0].length ?? 0;
      found.push({ from, to: at + 1 + written.length + end, says: [text.slice(from, at)] });
    }
  }
  return found;
}

/** Every word that was heard stands in the telegram. */
const isTold = (heard: Told, [text = '']: Told) => heard.every((word) => text.includes(word));

const WORDS = ['/', '!', '\r\n', '\r\n\r\n', '(', ')', '1-0:1.7.0(', '*kW)', '0-1:24.1.0(003)', 'A6CD', '/X\r\n\r\n'];
const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }).map((some) => ascii(some.join('')));
const plain = fc.nat(9999).map(telegram);

const p1: FuzzedParser<Told> = {
  name: 'P1',
  special: [0x2f, 0x21, 0x0d, 0x0a, 0x28, 0x29, 0x30],
  frame: fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: words }),
  last: [telegram(10_001), telegram(10_002)],
  hear(pieces) {
    const reader = new TelegramReader('required');
    return told(pieces.flatMap((piece) => reader.feed(piece)));
  },
  soundIn: telegramsIn,
  isSame: isTold,
};

// Smarty: DB 08, title, 82, length, 30, counter, ciphertext, 12 bytes of tag.
const KEY = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'hex');
const ASSOCIATED = Buffer.from('3000112233445566778899aabbccddeeff', 'hex');
const GCM = { authTagLength: 12 } as const;

function sealed(content: Uint8Array, counter: number): Uint8Array {
  const nonce = Buffer.concat([ascii('FUZZFUZZ'), Buffer.from([0, 0, counter >> 8, counter & 0xff])]);
  const cipher = createCipheriv('aes-128-gcm', KEY, nonce, GCM).setAAD(ASSOCIATED);
  const body = Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  const size = 5 + body.length;
  const head = Buffer.from([0xdb, 8, ...nonce.subarray(0, 8), 0x82, size >> 8, size & 0xff, 0x30]);
  return Buffer.concat([head, nonce.subarray(8), body]);
}

function sealedIn(stream: Uint8Array): Sound<Told>[] {
  const found: Sound<Told>[] = [];
  for (let from = stream.indexOf(0xdb); from >= 0; from = stream.indexOf(0xdb, from + 1)) {
    const to = from + 13 + 256 * (stream[from + 11] ?? 0) + (stream[from + 12] ?? 0);
    if (stream[from + 1] !== 8 || stream[from + 10] !== 0x82 || stream[from + 13] !== 0x30) continue;
    if (to > stream.length || to < from + 31) continue;
    const nonce = Buffer.concat([stream.subarray(from + 2, from + 10), stream.subarray(from + 14, from + 18)]);
    const opened = createDecipheriv('aes-128-gcm', KEY, nonce, GCM).setAAD(ASSOCIATED);
    opened.setAuthTag(stream.subarray(to - 12, to));
    try {
      const content = Buffer.concat([opened.update(stream.subarray(from + 18, to - 12)), opened.final()]);
      found.push(...telegramsIn(content).map(({ says }) => ({ from, to, says })));
    } catch {
      // The tag is wrong: nothing that was sent stands here.
    }
  }
  return found;
}

const SEALS = ['db08', '82', '0100', '30', '82010030', '0000000000000000', 'ff'];
const seals = fc.array(fc.constantFrom(...SEALS), { maxLength: 30 }).map((some) => Buffer.from(some.join(''), 'hex'));

const sealedP1: FuzzedParser<Told> = {
  name: 'P1, sealed',
  special: [0xdb, 0x08, 0x82, 0x30, 0x00, 0x01],
  frame: fc.oneof(
    { weight: 4, arbitrary: fc.nat(9999).map((watts) => sealed(telegram(watts), watts)) },
    { weight: 1, arbitrary: seals },
    { weight: 1, arbitrary: plain },
  ),
  last: [sealed(telegram(10_001), 10_001), sealed(telegram(10_002), 10_002)],
  hear(pieces) {
    const reader = new SealedReader(KEY, 'required');
    return told(pieces.flatMap((piece) => reader.feed(piece)));
  },
  soundIn: sealedIn,
  isSame: isTold,
};

/** Telegrams of smart meters. */
export const p1Parsers: readonly FuzzedParser<Told>[] = [p1, sealedP1];
