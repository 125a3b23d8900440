import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, frameAt } from '../../drivers/sds011/frames.ts';
import { driver as sds011 } from '../../drivers/sds011/sds011.ts';
import type { Driver } from '../../src/driver-kit.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { collected, isStreaming, played } from '../support/drivers.ts';
import { byteOf, cuts, heard } from './frames.ts';

const sum = (data: readonly number[]) => data.reduce((total, byte) => total + byte, 0) % 256;

const framed = (data: readonly number[]) => [0xaa, 0xc0, ...data, sum(data), 0xab];

// Heads, kinds and tails far more often than chance would have them.
const byte = byteOf(0xaa, 0xab, 0xc0, 0xc5);
const data = fc.array(byte, { minLength: 6, maxLength: 6 });
const garbage = fc.array(byte, { maxLength: 200, size: 'max' });

describe('the frames of an SDS011', () => {
  it('are never found in bytes whose checksum is wrong, wherever the line cuts them', () => {
    fc.assert(
      fc.property(garbage, cuts, (bytes, at) => {
        for (const frame of heard(frameAt, bytes, at)) {
          expect(frame).toHaveLength(10);
          expect([frame[0], frame[9]]).toEqual([0xaa, 0xab]);
          expect(frame[8]).toBe(sum(frame.slice(2, 8)));
        }
      }),
    );
  });

  it('are found again within two frames after any garbage', () => {
    fc.assert(
      fc.property(garbage, fc.array(data, { minLength: 2, maxLength: 6 }), cuts, (noise, reports, at) => {
        const sent = reports.map(framed);
        const found = heard(frameAt, [...noise, ...sent.flat()], at);
        expect(found.slice(-(sent.length - 1))).toEqual(sent.slice(1));
      }),
    );
  });

  it('do not depend on where the line cuts them', () => {
    fc.assert(
      fc.property(garbage, data, garbage, cuts, (before, report, after, at) => {
        const bytes = [...before, ...framed(report), ...after];
        expect(heard(frameAt, bytes, at)).toEqual(heard(frameAt, bytes, []));
      }),
    );
  });

  it('tell values over the whole of both words', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }), (pm25, pm10) => {
        const report = framed([pm25 % 256, pm25 >> 8, pm10 % 256, pm10 >> 8, 1, 2]);
        expect(decode(Uint8Array.from(report))).toEqual({ pm25: pm25 / 10, pm10: pm10 / 10 });
      }),
    );
  });
});

describe('the SDS011 driver', () => {
  const REPORT = 'aac0 f200 7e01 5651 18 ab';

  function listening(steps: readonly Step[], dutyCycle: number) {
    const { sensor, playback } = played(sds011 as Driver, steps, { dutyCycle });
    if (!isStreaming(sensor)) throw new Error('an SDS011 talks unasked');
    return collected(sensor, playback.signal);
  }

  it('gives up on a line that never ceases to chatter, when the time for a report is over', async () => {
    const noise = Array.from({ length: 30 }, () => ({ read: '00 11 22 33', after: 500 }));
    await expect(listening([{ read: REPORT, after: 1000 }, ...noise], 0)).rejects.toMatchObject({
      kind: 'checksum',
      message: 'for 10000 ms only 0 other frames and 80 bytes that are none',
    });
  });

  it('gives up on a part that replies but does not report', async () => {
    const replies = Array.from({ length: 30 }, () => ({ read: 'aac5 08 01 05 00 a160 0f ab', after: 500 }));
    await expect(listening(replies, 0)).rejects.toMatchObject({
      kind: 'timeout',
      message: 'for 10000 ms only 20 other frames and 0 bytes that are none',
    });
  });

  it('waits for a report as long as its duty cycle and a minute, noise or not', async () => {
    const steps = [
      { read: '00 ff', after: 200_000 },
      { read: REPORT, after: 159_000 },
      { read: REPORT, after: 360_000 },
    ];
    expect(await listening(steps, 5)).toHaveLength(2);
  });
});
