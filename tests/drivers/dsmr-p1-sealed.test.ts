import { describe, expect, it } from 'vitest';
import { simulation } from '../../drivers/dsmr-p1/dsmr-p1.sim.ts';
import { driver as dsmrP1 } from '../../drivers/dsmr-p1/dsmr-p1.ts';
import { sampleOf } from '../../drivers/dsmr-p1/readings.ts';
import { SealedReader, sealedMessage } from '../../drivers/dsmr-p1/sealed.ts';
import type { Heard } from '../../drivers/dsmr-p1/telegram.ts';
import { bytes, crc16, type Driver, type Simulation, unsealed } from '../../src/driver-kit.ts';
import { bench } from '../support/simulated.ts';

const KEY = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const key = bytes(KEY);

function telegram(watts: number): Uint8Array {
  const power = `1-0:1.7.0(${(watts / 1000).toFixed(3).padStart(6, '0')}*kW)`;
  const body = ['/LUX5\\253TEST', '', '1-3:0.2.8(42)', power, '0-0:96.13.0(a/b!)', '!'].join('\r\n');
  return Buffer.from(`${body}${crc16(Buffer.from(body), 0).toString(16).toUpperCase().padStart(4, '0')}\r\n`);
}

const message = (watts: number, counter = watts) => sealedMessage(telegram(watts), { key, counter });

/** What was heard, shortened to the power of each telegram in whole watts, or the reason for its damage. */
const shortened = (heard: readonly Heard[]) =>
  heard.map((ended) => {
    if ('damage' in ended) return ended.damage.why;
    const { active_power_import: power } = sampleOf(ended.telegram.objects);
    return typeof power === 'number' ? Math.round(power) : power;
  });

const heardIn = (...chunks: readonly Uint8Array[]) => {
  const reader = new SealedReader(key, 'auto');
  return shortened(chunks.flatMap((chunk) => reader.feed(chunk)));
};

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte));

describe('a sealed message', () => {
  it('is opened as the published test vector says (GCM specification, case 4, tag cut to 12 bytes)', () => {
    const sealed = bytes(
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e' +
        '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95a',
    );
    const facts = {
      key: bytes('feffe9928665731c6d6a8f9467308308'),
      nonce: bytes('cafebabefacedbaddecaf888'),
      associated: bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
      tagLength: 12,
    };
    expect(unsealed(sealed, facts)).toEqual(
      Buffer.from(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
          '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
        'hex',
      ),
    );
    for (let at = 0; at < sealed.length; at += 1) expect(unsealed(flipped(sealed, at), facts)).toBeUndefined();
    expect(unsealed(bytes('00'), facts), 'shorter than its tag').toBeUndefined();
  });
});

describe('finding sealed telegrams in a stream of bytes', () => {
  it('takes every telegram wherever the chunks are cut', () => {
    const stream = Buffer.concat([message(1), message(2)]);
    for (const size of [1, 2, 13, 64, 1000]) {
      const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
        stream.subarray(index * size, (index + 1) * size),
      );
      expect(heardIn(...chunks)).toEqual([1, 2]);
    }
  });

  it('starts in the middle of a telegram and takes the next', () => {
    expect(heardIn(message(1).subarray(9), message(2))).toEqual([2]);
  });

  it('takes no telegram of which any byte is wrong, and takes the next', () => {
    const one = message(1);
    for (let at = 0; at < one.length; at += 1) {
      const heard = heardIn(flipped(one, at), message(2));
      expect(heard.at(-1), `byte ${at}`).toBe(2);
      expect(heard, `byte ${at}`).not.toContain(1);
    }
  });

  it('takes the next telegram at once where a damaged length promises more bytes than came', () => {
    const one = message(1);
    const long = one.map((byte, index) => (index === 11 ? 0x10 : byte));
    expect(heardIn(long, message(2))).toEqual(['no end', 2]);
  });

  it('takes no telegram under another key, and none that is not encrypted', () => {
    const foreign = sealedMessage(telegram(1), { key: bytes('00'.repeat(16)), counter: 1 });
    expect(heardIn(foreign)).toEqual(['it cannot be decrypted']);
    expect(heardIn(...Array.from({ length: 15 }, () => telegram(1)))).toEqual([
      'no encrypted telegram within 1024 bytes',
    ]);
  });

  it('takes no telegram with a wrong checksum inside', () => {
    const wrong = sealedMessage(flipped(telegram(1), 40), { key, counter: 1 });
    expect(heardIn(wrong)).toEqual(['a wrong checksum']);
    expect(heardIn(sealedMessage(Buffer.from('hello'), { key, counter: 1 }))).toEqual(['no telegram inside']);
  });
});

describe('the P1 driver', () => {
  it('says in words that a key is needed, and that a key is wrong', async () => {
    for (const [given, words] of [
      [{}, /encrypted: .* keyFile$/],
      [{ keyFile: KEY }, /^damaged \d+ times, last: it cannot be decrypted/],
    ] as const) {
      const rig = bench(dsmrP1 as Driver, { ...simulation, run: sealedRun } as Simulation, given);
      await expect(rig.settle(rig.sensor.start())).rejects.toMatchObject({ message: expect.stringMatching(words) });
      await rig.end();
    }
  });
});

/** The simulated meter with a key of its own, whatever the driver's is. */
const sealedRun: typeof simulation.run = (far, world, options, signal) =>
  simulation.run(far, world, { ...options, keyFile: 'ff'.repeat(16) }, signal);
