import { describe, expect, it } from 'vitest';
import { Standstill } from '../../drivers/dsmr-p1/devices.ts';
import { simulation } from '../../drivers/dsmr-p1/dsmr-p1.sim.ts';
import { driver as dsmrP1 } from '../../drivers/dsmr-p1/dsmr-p1.ts';
import { objectsOf } from '../../drivers/dsmr-p1/obis.ts';
import { measures, sampleOf } from '../../drivers/dsmr-p1/readings.ts';
import { momentOf, stampOf } from '../../drivers/dsmr-p1/timestamp.ts';
import { crc16, type Driver, faulty, hex, reading, type Simulation } from '../../src/driver-kit.ts';
import { collected, isStreaming, optionsOf, played } from '../support/drivers.ts';
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
    expect(sample('0-1:24.1.0(015)', '0-1:24.2.1(260112160000W)(00001.000*kWh)')).toEqual({});
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

  it('has each kind of device behind the meter, each with its own time', () => {
    const device = (channel: number, type: string, reading: string) => [
      `0-${channel}:24.1.0(${type})`,
      `0-${channel}:24.2.1(26011216000${channel}W)(${reading})`,
    ];
    const at = (second: number) => Date.UTC(2026, 0, 12, 15, 0, second);
    expect(
      sample(
        ...device(1, '003', '00001.000*m3'),
        ...device(2, '010', '0002.000*GJ'),
        ...device(3, '006', '00003.000*m3'),
        ...device(4, '002', '00004.000*kWh'),
      ),
    ).toEqual({
      gas_volume: { value: 1, quality: 'ok', measuredAt: at(1) },
      cooling_energy: { value: 2, quality: 'ok', measuredAt: at(2) },
      hot_water_volume: { value: 3, quality: 'ok', measuredAt: at(3) },
      active_energy_submeter: { value: 4, quality: 'ok', measuredAt: at(4) },
    });
  });

  it('has the peak of the last month that is over, in whatever order the months stand', () => {
    const months = ['(200401000000S)(200305122139S)(05.980*kW)', '(200501000000S)(200423192538S)(03.695*kW)'];
    for (const order of [months, months.toReversed()]) {
      const { active_power_demand_max_last_month: peak } = sample(
        `0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)${order.join('')}`,
      );
      expect(peak).toEqual({ value: 3695, quality: 'ok', measuredAt: Date.UTC(2020, 3, 23, 17, 25, 38) });
    }
    const none = sample('0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(230801000000S)(632525252525W)(00.000*kW)');
    expect(none.active_power_demand_max_last_month).toMatchObject({ value: null, why: 'not-ready' });
    expect(sample('0-0:98.1.0(230701000000S)(000040.777*kWh)(03.564*kW)'), 'the Hungarian list').toEqual({});
  });

  it('holds no quantity twice in what the driver says it measures', () => {
    expect(new Set(measures).size).toBe(measures.length);
  });
});

describe('a device behind the meter that tells nothing new', () => {
  const HOUR_MS = 3_600_000;
  const unknown = undefined;

  it('stands still once its stamp is the same for longer than the limit, by the gateway’s clock', () => {
    const standstill = new Standstill(2 * HOUR_MS);
    const isOver = (uptimeMs: number, stamp: string, channel = 1) =>
      standstill.isOver(channel, stamp, { uptimeMs, telegramAt: unknown });
    expect(isOver(0, '260112160000W')).toBe(false);
    expect(isOver(2 * HOUR_MS, '260112160000W')).toBe(false);
    expect(isOver(2 * HOUR_MS + 1, '260112160000W')).toBe(true);
    expect(isOver(2 * HOUR_MS + 1, '260112160000W', 2), 'another channel').toBe(false);
    expect(isOver(2 * HOUR_MS + 2, '260112170000W'), 'a new reading').toBe(false);
    expect(isOver(3 * HOUR_MS, '260112170000W')).toBe(false);
  });

  it('stands still from its first telegram on where the meter’s own clock says so', () => {
    const told = (stamp: string, telegramAt: number | undefined) =>
      new Standstill(2 * HOUR_MS).isOver(1, stamp, { uptimeMs: 5, telegramAt });
    const at = Date.UTC(2026, 0, 12, 18);
    expect(told('260112160000W', at)).toBe(true);
    expect(told('260112170000W', at)).toBe(false);
    expect(told('260113160000W', at), 'a stamp in the future').toBe(false);
    expect(told('000112160000W', at), 'a clock that was never set').toBe(false);
  });

  it('is a fault while electricity goes on, and gives way to a device that took its place', () => {
    const lines = ['1-0:1.7.0(00.100*kW)', '0-1:24.1.0(003)', '0-1:24.2.1(260112160000W)(5000.000*m3)'];
    const isStale = (channel: number) => channel === 1;
    const { objects } = objectsOf(lines);
    expect(sampleOf(objects, isStale)).toEqual({ active_power_import: 100, gas_volume: faulty('stale') });
    const both = objectsOf([...lines, '0-2:24.1.0(003)', '0-2:24.2.1(260115160000W)(0.250*m3)']).objects;
    expect(sampleOf(both).gas_volume).toMatchObject({ value: 5000 });
    expect(sampleOf(both, isStale).gas_volume).toMatchObject({ value: 0.25 });
  });

  it('is what the driver tells of a meter whose gas stands still for longer than staleAfter', async () => {
    const telegram = (time: string) => {
      const body = Buffer.from(
        `/DRP5\\TEST\r\n\r\n0-0:1.0.0(${time})\r\n0-1:24.1.0(003)\r\n0-1:24.2.1(260112160000W)(1*m3)\r\n!`,
      );
      return { read: `${hex(body)} ${hex(Buffer.from(`${crc16(body, 0).toString(16).padStart(4, '0')}\r\n`))}` };
    };
    const { sensor, playback } = played(
      dsmrP1 as Driver,
      [telegram('260112170000W'), telegram('260112170001W'), telegram('260113060000W')],
      { staleAfter: '1h' },
    );
    if (!isStreaming(sensor)) throw new Error('a P1 meter talks unasked');
    const samples = await collected(sensor, playback.signal);
    // By the gateway's clock no time has passed between them.
    expect(samples.map(({ gas_volume }) => reading(gas_volume ?? Number.NaN).quality)).toEqual(['ok', 'ok', 'ok']);

    const late = played(dsmrP1 as Driver, [telegram('260112170001W')], { staleAfter: '1h' });
    if (!isStreaming(late.sensor)) throw new Error('a P1 meter talks unasked');
    expect(await collected(late.sensor, late.playback.signal)).toEqual([{ gas_volume: faulty('stale') }]);
  });
});

describe('the P1 driver', () => {
  it('reads a meter of district heating, and promises its heat alone', async () => {
    const driver = dsmrP1 as Driver;
    const rig = bench(driver, simulation as Simulation, { meter: 'heat' });
    if (!isStreaming(rig.sensor)) throw new Error('a P1 meter talks unasked');
    expect(driver.streams?.(optionsOf(driver, { meter: 'heat' }))).toEqual(['heat_energy']);
    rig.truths.set('heat_energy', 240.86);
    await rig.clock.advance(301_000);
    expect(await rig.settle(rig.sensor.start())).toMatchObject({ part: 'NWA-WARMTELINK' });
    const { value } = await rig.settle(rig.sensor.samples(new AbortController().signal)[Symbol.asyncIterator]().next());
    expect(value).toMatchObject({ heat_energy: { value: 240.86, quality: 'ok' } });
    expect(Object.keys(value ?? {})).toEqual(['heat_energy']);
    await rig.end();
  });

  it('tells all that the simulated meter tells, gas with the time of its reading', async () => {
    const rig = bench(dsmrP1 as Driver, simulation as Simulation);
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
    const rig = bench(dsmrP1 as Driver, simulation as Simulation);
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
    const rig = bench(dsmrP1 as Driver, simulation as Simulation);
    rig.breakBus?.('corrupt');
    const started = rig.sensor.start();
    await rig.clock.advance(20_000);
    rig.breakBus?.(undefined);
    expect(await rig.settle(started)).toMatchObject({ firmware: 'DSMR 5.0' });
    await rig.end();
  });

  it('goes on for ever on a line where half of the telegrams are whole, and gives up where most are damaged', async () => {
    const body = Buffer.from('/DRP5\\TEST\r\n\r\n1-0:1.7.0(00.009*kW)\r\n!');
    const [good, bad] = [crc16(body, 0), 0xbeef].map(
      (sum) => `${hex(body)} ${hex(Buffer.from(`${sum.toString(16)}\r\n`))}`,
    );
    const oneIn = (count: number) =>
      Array.from({ length: 80 }, (_, index) => ({
        read: (index % count === count - 1 ? good : bad) ?? '',
        after: 1000,
      }));
    const { sensor, playback } = played(dsmrP1 as Driver, oneIn(2));
    if (!isStreaming(sensor)) throw new Error('a P1 meter talks unasked');
    expect(await collected(sensor, playback.signal)).toHaveLength(40);

    const mostly = played(dsmrP1 as Driver, oneIn(8));
    if (!isStreaming(mostly.sensor)) throw new Error('a P1 meter talks unasked');
    await expect(collected(mostly.sensor, mostly.playback.signal)).rejects.toMatchObject({
      kind: 'checksum',
      message: expect.stringMatching(/^damaged 27 times, last: a wrong checksum/),
    });

    const worse = played(dsmrP1 as Driver, oneIn(40));
    if (!isStreaming(worse.sensor)) throw new Error('a P1 meter talks unasked');
    await expect(collected(worse.sensor, worse.playback.signal)).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('does not tell what came in before anybody listened', async () => {
    const rig = bench(dsmrP1 as Driver, simulation as Simulation);
    if (!isStreaming(rig.sensor)) throw new Error('a P1 meter talks unasked');
    await rig.settle(rig.sensor.start());
    await rig.clock.advance(20_000);
    rig.truths.set('active_power_import', 4321);
    const { value } = await rig.settle(rig.sensor.samples(new AbortController().signal)[Symbol.asyncIterator]().next());
    expect(value).toMatchObject({ active_power_import: 4321 });
    await rig.end();
  });
});
