import { describe, expect, it } from 'vitest';
import { findings, subjectOf } from '../../src/health/findings.ts';
import type { Quantity } from '../../src/model/quantity.ts';
import { deviceStatus, outboxStats, statusOf, streamStatus } from '../support/status.ts';

function found(values: { readonly [Q in Quantity]?: number }, device = 'gateway'): string[] {
  const streams = Object.entries(values).map(([quantity, value]) =>
    streamStatus({ quantity: quantity as Quantity, value }),
  );
  const status = statusOf({ devices: [deviceStatus(device, { streams })] });
  return findings(status).map((finding) => `${subjectOf(finding)}: ${finding.what} → ${finding.next}`);
}

const FINE = { cpu_temperature: 55, under_voltage: 0, under_voltage_seen: 0, disk_free: 5000, memory_available: 300 };

describe('what is wrong with the machine', () => {
  it('is nothing where its values are as they should be, or are not known', () => {
    expect(found(FINE)).toEqual([]);
    expect(found({ load_average: 1 })).toEqual([]);
  });

  it.each<[string, { readonly [Q in Quantity]?: number }, RegExp]>([
    [
      'a supply that is too low',
      { under_voltage: 1, under_voltage_seen: 1 },
      /^gateway: its supply is too low at this .*cable, mends it → dorpel history/,
    ],
    [
      'a supply that was too low',
      { under_voltage_seen: 1 },
      /^gateway: its supply was too low since .* → dorpel history/,
    ],
    [
      'heat',
      { cpu_temperature: 80.4 },
      /^gateway: its processor is at 80 °C.* → dorpel history gateway\/cpu_temperature$/,
    ],
    ['a disk that is nearly full', { disk_free: 299 }, /^gateway: only 299 MB are free .* → df -h/],
    ['too little memory', { memory_available: 40 }, /^gateway: only 40 MB of memory .* → ps aux/],
    ['a worn disk', { disk_wear: 90 }, /^gateway: its disk has 90 % .* → dorpel history/],
  ])('names %s, and what to do', (_, values, expected) => {
    const said = found({ ...FINE, ...values });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(expected);
  });

  it('is not looked for in other devices', () => {
    expect(found({ cpu_temperature: 90 }, 'stove')).toEqual([]);
  });
});

describe('what is wrong with the outbox', () => {
  const said = (outbox: Parameters<typeof outboxStats>[0]) =>
    findings(statusOf({ outbox: outboxStats(outbox) })).map(({ what, next }) => `${what} → ${next}`);

  it('is nothing below nine tenths of its room, while nothing was dropped', () => {
    expect(said({ filled: 0.9, losses: [{ reason: 'unclean', count: 3 }] })).toEqual([]);
  });

  it('is that it is nearly full, or that something went', () => {
    expect(said({ filled: 0.93 })).toEqual([expect.stringMatching(/^93 % of its room .* → dorpel queue$/)]);
    const losses = [
      { reason: 'quota', priority: 'low', count: 30 },
      { reason: 'quota', priority: 'normal', count: 2 },
    ] as const;
    expect(said({ losses })).toEqual([expect.stringMatching(/^no room: 32 observations were dropped/)]);
  });
});
