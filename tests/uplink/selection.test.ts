import { describe, expect, it } from 'vitest';
import type { StreamReading } from '../../src/model/observation.ts';
import { describeDevice } from '../../src/uplink/describe.ts';
import { judged } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';
import { observation } from '../support/observations.ts';

const temperature: StreamReading = { quantity: 'air_temperature', value: 0.5, quality: 'ok' };
const humidity: StreamReading = { quantity: 'relative_humidity', value: null, quality: 'fault', why: 'checksum' };
const pressure: StreamReading = { quantity: 'air_pressure', value: 1013.25, quality: 'ok' };

const describe2 = (name: string, streams: readonly string[]) =>
  describeDevice(name, {
    device: undefined,
    identity: undefined,
    streams: ['air_temperature', 'relative_humidity', ...streams],
  });

function rig(wanted: { devices?: string[]; quantities?: string[] }): Rig {
  return new Rig({
    wanted,
    descriptors: () => [describe2('a', []), describe2('b', [])],
    describe: describe2,
  });
}

const payloads = (one: Rig, end: string) =>
  one.uplink.sent
    .filter(({ topic }) => topic.endsWith(end))
    .map(({ payload }) => JSON.parse(String(payload)) as { obs: object[]; heads: object; streams: { n: string }[] });

describe('what one platform gets', () => {
  it('leaves out devices: no row, no descriptor, no head; and their rows do not stay', async () => {
    const one = rig({ devices: ['a'] });
    await one.append(1, 3, 'a');
    await one.append(1, 600, 'b');
    await one.settle();
    expect(one.uplink.sent.filter(({ topic }) => topic.includes('/b/'))).toEqual([]);
    expect(one.observations('b')).toEqual([]);
    expect(one.observations('a').length).toBe(3);
    expect(payloads(one, '/-/state')[0]?.heads).toEqual({ a: 3 });
    expect(await one.backlog()).toBe(0);
    await one.end();
    expect(judged(one.uplink.seen)).toEqual([]);
  });

  it('leaves out quantities, in descriptors too, and every other byte stays', async () => {
    const one = rig({ quantities: ['air_temperature'] });
    await one.settle();
    await one.outbox.append({ ...observation('a', 0), readings: [temperature, humidity, pressure] });
    await one.settle();
    expect(String(one.uplink.sent.find(({ topic }) => topic.endsWith('/a/obs'))?.payload)).toContain(
      '"obs":[{"n":"air_temperature","v":0.5,"u":"Cel","q":"ok"}]',
    );
    expect(payloads(one, '/a/meta').map(({ streams }) => streams.map(({ n }) => n))).toEqual([['air_temperature']]);
    await one.end();
    expect(judged(one.uplink.seen)).toEqual([]);
  });

  it('tells an observation of which nothing is left with its values withheld: its number is not missing', async () => {
    const one = rig({ quantities: ['air_temperature'] });
    await one.settle();
    await one.outbox.append({ ...observation('a', 0), readings: [humidity, pressure] });
    await one.append(1, 1, 'a');
    await one.settle();
    expect(payloads(one, '/a/obs')[0]?.obs).toEqual([
      { n: 'relative_humidity', v: null, u: '%', q: 'withheld' },
      { n: 'air_pressure', v: null, u: 'hPa', q: 'withheld' },
    ]);
    expect(one.sequences('a')).toEqual([1, 2]);
    // Described before they are told, and from then on.
    one.forwarder.announce('a');
    await one.append(2, 4, 'a');
    await one.settle();
    await one.end();
    expect(judged(one.uplink.seen)).toEqual([]);
  });

  it('is everything where nothing is said', async () => {
    const one = rig({});
    await one.outbox.append({ ...observation('a', 0), readings: [temperature, humidity, pressure] });
    await one.settle();
    expect(payloads(one, '/a/obs')[0]?.obs.length).toBe(3);
    expect(payloads(one, '/-/state')[0]?.heads).toEqual({ a: 1 });
    await one.end();
    expect(judged(one.uplink.seen)).toEqual([]);
  });
});
