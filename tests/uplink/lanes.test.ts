import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { UplinkError } from '../../src/uplink/uplink.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { judged } from '../support/feed.ts';
import { Rig, type Rigged } from '../support/forwarding.ts';
import { observation } from '../support/observations.ts';
import { ShapedLine } from '../support/shaped-line.ts';

/** A rig whose line takes so long there and back, and nothing else. */
function distant(roundTripMs: number, changes: Rigged & { maxInFlight?: number } = {}): Rig {
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
  const uplink = new FakeUplink();
  const shape = { bitsPerSecond: 1e9, roundTripMs, lossPercent: 0 };
  uplink.line = { shape: new ShapedLine(shape, clock, () => 1), clock };
  uplink.maxInFlight = changes.maxInFlight ?? 20;
  return new Rig({ clock, uplink, ...changes });
}

const valuesOf = (rig: Rig, device: string) => rig.observations(device).flatMap(({ obs }) => obs.map(({ v }) => v));

describe('the lanes', () => {
  it('with room for one message, an alert is next, then what is new, then the backlog', async () => {
    const rig = distant(1000, { maxInFlight: 1 });
    await rig.append(1, 30, 'old');
    await rig.pass(10_000, 100);
    expect(rig.sequences('old').length).toBeGreaterThan(3);
    const before = rig.uplink.sent.length;
    await rig.append(1, 1, 'new');
    await rig.outbox.append({ ...observation('alarm', 1, rig.clock.now()), priority: 'alert' });
    await rig.pass(6000, 100);
    const next = rig.uplink.sent.slice(before).map(({ topic }) => topic.split('/').slice(4).join('/'));
    expect(next.slice(0, 5)).toEqual(['alarm/meta', 'alarm/obs', 'new/meta', 'new/obs', 'old/obs']);
    await rig.pass(60_000, 100);
    expect(rig.uplink.mostInFlight).toBe(1);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('marks an alert as one, beside the payload, and nothing else', async () => {
    const rig = new Rig();
    await rig.settle();
    await rig.outbox.append({ ...observation('a', 1, rig.clock.now()), priority: 'alert' });
    await rig.append(2, 2);
    await rig.settle();
    const sent = rig.uplink.sent.filter(({ topic }) => topic.endsWith('/obs'));
    expect(sent.map(({ properties }) => properties?.['lane'])).toEqual(['alert', undefined]);
    expect(sent.map(({ payload }) => String(payload)).join()).not.toContain('alert');
    await rig.end();
  });

  it('tells an alert within one round trip while a backlog drains', async () => {
    const rig = distant(600, { drainRate: { kind: 'readings', perSecond: 500 } });
    await rig.append(1, 5000, 'old');
    await rig.pass(5000, 50);
    expect(await rig.backlog()).toBeGreaterThan(1000);
    const appendedMs = rig.clock.uptimeMs();
    await rig.outbox.append({ ...observation('old', 9999, rig.clock.now()), priority: 'alert' });
    await rig.pass(600, 50);
    const arrived = rig.uplink.arrived.find(({ properties }) => properties?.['lane'] === 'alert');
    expect(arrived && arrived.atMs - appendedMs).toBeLessThanOrEqual(600);
    await rig.end();
  });

  it('tells what is new while a backlog drains beside it', async () => {
    const rig = distant(600, { drainRate: { kind: 'readings', perSecond: 500 } });
    await rig.append(1, 5000, 'old');
    await rig.pass(2000, 50);
    for (let value = 1; value <= 10; value += 1) {
      await rig.append(value, value, 'new');
      await rig.pass(700, 50);
      expect(valuesOf(rig, 'new')).toContain(value);
    }
    expect(await rig.backlog()).toBeGreaterThan(0);
    await rig.pass(120_000, 500);
    expect(await rig.backlog()).toBe(0);
    expect(valuesOf(rig, 'old').length).toBe(5000);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it.each([
    ['bits', { kind: 'bits', perSecond: 64_000 } as const, 5000 * 190 * 8, 64_000],
    ['readings', { kind: 'readings', perSecond: 50 } as const, 5000, 50],
  ])('keeps to the rate, in %s', async (_, drainRate, work, perSecond) => {
    const rig = new Rig({ drainRate });
    await rig.append(1, 5000);
    const expectedMs = (work / perSecond) * 1000;
    await rig.pass(expectedMs / 2, 100);
    const half = await rig.backlog();
    expect(half).toBeGreaterThan(1500);
    expect(half).toBeLessThan(3500);
    // What is new is not held to it.
    await rig.append(1, 3, 'new');
    await rig.settle();
    expect(valuesOf(rig, 'new')).toEqual([1, 2, 3]);
    await rig.pass(expectedMs, 100);
    expect(await rig.backlog()).toBe(0);
    await rig.end();
  });

  it('lets a large backlog wait for a random time, but neither a small one nor what is new', async () => {
    const small = new Rig({ drainDelayMs: 30_000 });
    await small.append(1, 400);
    await small.settle();
    expect(await small.backlog()).toBe(0);
    await small.end();

    const large = new Rig({ drainDelayMs: 30_000, random: () => 0.5 });
    await large.append(1, 600, 'old');
    await large.settle();
    await large.append(1, 5, 'new');
    await large.pass(14_900, 100);
    expect(valuesOf(large, 'old')).toEqual([]);
    expect(valuesOf(large, 'new').length).toBe(5);
    await large.pass(1000, 100);
    expect(await large.backlog()).toBe(0);
    await large.end();
  });

  it('does not begin to wait anew when the session is lost', async () => {
    const rig = new Rig({ drainDelayMs: 30_000 });
    await rig.append(1, 600);
    for (let cut = 0; cut < 6; cut += 1) {
      await rig.pass(5000, 100);
      rig.uplink.cut(new UplinkError('reset', '', { cause: new Error('ECONNRESET') }));
    }
    while (!rig.uplink.isConnected) await rig.advance(100);
    await rig.settle();
    expect(await rig.backlog()).toBe(0);
    await rig.end();
  });

  it('gives back what was leased and not told, so that it is sure that the platform has not had it', async () => {
    const rig = new Rig({ drainDelayMs: 30_000 });
    await rig.append(1, 600);
    await rig.settle();
    await rig.end();
    const outbox = rig.outbox;
    expect(rig.observations()).toEqual([]);
    const rows = await outbox.lease('city', 'backlog', 500, new AbortController().signal);
    await outbox.refuse('city', rows);
    const [loss] = (await outbox.lease('city', 'live', 1, new AbortController().signal)) ?? [];
    expect(loss?.content).toBe('[{"from":1,"to":500,"reason":"refused"}]');
  });

  it('makes batches that fit what the platform takes', async () => {
    const uplink = Object.assign(new FakeUplink(), { maxPayloadBytes: 4000 });
    const rig = new Rig({ uplink });
    await rig.append(1, 1500);
    await rig.settle();
    expect(await rig.backlog()).toBe(0);
    expect(rig.batches()).toBeGreaterThan(50);
    expect(Math.max(...uplink.sent.map(({ payload }) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(4000);
    expect(rig.events.filter(({ event }) => event === 'refused')).toEqual([]);
    await rig.end();
    expect(judged(uplink.seen)).toEqual([]);
  });
});

describe('several uplinks', () => {
  it('a dead one never delays another', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
    const outbox = new MemoryOutbox(['city', 'region', 'mute']);
    const [city, region, mute] = [new FakeUplink('city'), new FakeUplink('region'), new FakeUplink('mute')];
    const rigs = [city, region, mute].map((uplink) => new Rig({ clock, outbox, uplink }));
    const [healthy, away, silent] = rigs;
    region.isAway = true;
    region.cut();
    mute.answer = () => undefined;
    for (let second = 1; second <= 3600; second += 1) {
      await healthy?.append(second, second);
      await clock.advance(1000);
      if (second % 600 === 0) expect(healthy?.observations().length).toBe(second);
    }
    expect(await away?.backlog()).toBe(3600);
    expect(await silent?.backlog()).toBe(3600);
    expect(await healthy?.backlog()).toBe(0);
    region.isAway = false;
    for (let minute = 0; minute < 16; minute += 1) await away?.pass(60_000);
    expect(await away?.backlog()).toBe(0);
    await Promise.all(rigs.map((rig) => rig.end()));
    expect(judged(city.seen)).toEqual([]);
    expect(judged(region.seen)).toEqual([]);
  });
});
