import { describe, expect, it } from 'vitest';
import { driver as sds011 } from '../../drivers/sds011/sds011.ts';
import type { Driver } from '../../src/driver-kit.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { collected, isStreaming, played } from '../support/drivers.ts';

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
