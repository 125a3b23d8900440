import { describe, expect, it } from 'vitest';
import { simulation } from '../../drivers/dsmr-p1/dsmr-p1.sim.ts';
import { dsmrP1 } from '../../drivers/dsmr-p1/dsmr-p1.ts';
import { objectsOf } from '../../drivers/dsmr-p1/obis.ts';
import { measures, sampleOf } from '../../drivers/dsmr-p1/readings.ts';
import { momentOf, stampOf } from '../../drivers/dsmr-p1/timestamp.ts';
import { crc16, type Driver, hex } from '../../src/driver-kit.ts';
import { collected, isStreaming, played } from '../support/drivers.ts';
import { bench } from '../support/simulated.ts';

describe('the time stamps', () => {
  const utc = (text: string) => Date.parse(`${text}Z`);

  it('are two hours ahead of UTC with S, one with W', () => {
    expect(momentOf('170102161005W')).toBe(utc('2017-01-02T15:10:05'));
    expect(momentOf('200512134558S')).toBe(utc('2020-05-12T11:45:58'));
  });

  it('are Dutch time where DSMR 3.0 writes no letter; of the double hour the first is taken', () => {
    expect(momentOf('260112160000')).toBe(utc('2026-01-12T15:00:00'));
    expect(momentOf('260712160000')).toBe(utc('2026-07-12T14:00:00'));
    expect(momentOf('261025015959')).toBe(utc('2026-10-24T23:59:59'));
    expect(momentOf('261025023000')).toBe(utc('2026-10-25T00:30:00'));
    expect(momentOf('261025030000')).toBe(utc('2026-10-25T02:00:00'));
    expect(momentOf('260329015959')).toBe(utc('2026-03-29T00:59:59'));
    expect(momentOf('260329030000')).toBe(utc('2026-03-29T01:00:00'));
  });

  it('agree with the time zone table for Amsterdam in every hour of twenty years', () => {
    const clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Europe/Amsterdam',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    for (let at = utc('2010-01-01T00:00:00'); at < utc('2030-01-01T00:00:00'); at += 3_600_000) {
      const stamp = stampOf(at);
      const local = clock.format(at).slice(2).replaceAll(/\D/g, '');
      if (stamp.slice(0, 12) !== local || momentOf(stamp) !== at) expect.fail(`${stamp} is ${local}`);
    }
  });

  it('are nothing where they are no date', () => {
    for (const stamp of ['632525252525S', '260230120000W', '260101240000W', '', '26011216000', '(', 'NaN']) {
      expect(momentOf(stamp), stamp).toBeUndefined();
    }
  });
});

describe('a sample of a P1 telegram', () => {
  const sample = (...lines: string[]) => sampleOf(objectsOf(lines).objects);

  it('has the reading of a clock that was never set without its time', () => {
    expect(sample('0-1:24.1.0(003)', '0-1:24.2.1(000101010000W)(00473.789*m3)')).toEqual({ gas_volume: 473.789 });
  });

  it('has the value of the lowest channel of two gas meters', () => {
    const lines = [
      '0-2:24.1.0(003)',
      '0-2:24.2.1(260112160000W)(2*m3)',
      '0-1:24.1.0(003)',
      '0-1:24.2.1(260112160000W)(1*m3)',
    ];
    expect(sample(...lines).gas_volume).toMatchObject({ value: 1 });
  });

  it('has no value of a device of a type that we do not know', () => {
    expect(sample('0-1:24.1.0(002)', '0-1:24.2.1(260112160000W)(00001.000*kWh)')).toEqual({});
  });

  it('has a fault, not a number, for a value that is none', () => {
    expect(sample('1-0:1.7.0(*kW)', '1-0:2.7.0(0x.100*kW)')).toEqual({
      active_power_import: { value: null, quality: 'fault', why: 'not-ready' },
      active_power_export: { value: null, quality: 'fault', why: 'implausible' },
    });
  });

  it('has nothing of a list that has the shape of a value', () => {
    expect(sample('1-0:99.97.0()', '1-0:99.97.0(1)()()()', '0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)()')).toEqual({});
  });

  it('holds no quantity twice in what the driver says it measures', () => {
    expect(new Set(measures).size).toBe(measures.length);
  });
});

describe('the P1 driver', () => {
  it('tells all that the simulated meter tells, gas with the time of its reading', async () => {
    const rig = bench(dsmrP1 as Driver, simulation);
    if (!isStreaming(rig.sensor)) throw new Error('a P1 meter talks unasked');
    rig.truths.set('gas_volume', 321.987).set('voltage_l2', 231.4).set('active_power_export_l3', 1234);
    await rig.clock.advance(301_000);
    expect(await rig.settle(rig.sensor.start())).toEqual({ part: 'DRP5\\SIMULATED', firmware: 'DSMR 5.0' });
    const { value } = await rig.settle(rig.sensor.samples(new AbortController().signal)[Symbol.asyncIterator]().next());
    expect(value).toMatchObject({
      voltage_l2: 231.4,
      active_power_export_l3: 1234,
      power_failures: 4,
      gas_volume: { value: 321.987, quality: 'ok', measuredAt: Math.floor(rig.clock.now() / 300_000) * 300_000 },
    });
    await rig.end();
  });

  it('calls a meter that speaks only damage a checksum fault, after half a minute and not before', async () => {
    const rig = bench(dsmrP1 as Driver, simulation);
    rig.breakBus?.('corrupt');
    await expect(rig.settle(rig.sensor.start())).rejects.toMatchObject({
      kind: 'checksum',
      message: expect.stringMatching(/^damaged 30 times, last: a wrong checksum: .*115200 8N1/),
    });
    expect(rig.clock.uptimeMs()).toBeGreaterThan(29_000);
    expect(rig.clock.uptimeMs()).toBeLessThan(32_000);
    await rig.end();
  });

  it('goes on by itself when the damage ends', async () => {
    const rig = bench(dsmrP1 as Driver, simulation);
    rig.breakBus?.('corrupt');
    const started = rig.sensor.start();
    await rig.clock.advance(20_000);
    rig.breakBus?.(undefined);
    expect(await rig.settle(started)).toMatchObject({ firmware: 'DSMR 5.0' });
    await rig.end();
  });

  it('goes on for ever on a line where one telegram in eight is whole', async () => {
    const body = Buffer.from('/DRP5\\TEST\r\n\r\n1-0:1.7.0(00.009*kW)\r\n!');
    const [good, bad] = [crc16(body, 0), 0xbeef].map(
      (sum) => `${hex(body)} ${hex(Buffer.from(`${sum.toString(16)}\r\n`))}`,
    );
    const oneIn = (count: number) =>
      Array.from({ length: 80 }, (_, index) => ({
        read: (index % count === count - 1 ? good : bad) ?? '',
        after: 1000,
      }));
    const { sensor, playback } = played(dsmrP1 as Driver, oneIn(8));
    if (!isStreaming(sensor)) throw new Error('a P1 meter talks unasked');
    expect(await collected(sensor, playback.signal)).toHaveLength(10);

    const worse = played(dsmrP1 as Driver, oneIn(40));
    if (!isStreaming(worse.sensor)) throw new Error('a P1 meter talks unasked');
    await expect(collected(worse.sensor, worse.playback.signal)).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('does not tell what came in before anybody listened', async () => {
    const rig = bench(dsmrP1 as Driver, simulation);
    if (!isStreaming(rig.sensor)) throw new Error('a P1 meter talks unasked');
    await rig.settle(rig.sensor.start());
    await rig.clock.advance(20_000);
    rig.truths.set('active_power_import', 4321);
    const { value } = await rig.settle(rig.sensor.samples(new AbortController().signal)[Symbol.asyncIterator]().next());
    expect(value).toMatchObject({ active_power_import: 4321 });
    await rig.end();
  });
});
