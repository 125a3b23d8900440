import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { describeDevice } from '../../src/uplink/describe.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { Forwarder, type UplinkEvent } from '../../src/uplink/forwarder.ts';
import type { GatewayState } from '../../src/uplink/gateway-state.ts';
import { UplinkError } from '../../src/uplink/uplink.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { judged, single } from '../support/feed.ts';
import { observation } from '../support/observations.ts';

/** A forwarder between an outbox in memory and a fake platform, in virtual time. */
function rig(maxInFlight = 20) {
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
  const outbox = new MemoryOutbox(['city']);
  const uplink = new FakeUplink();
  uplink.maxInFlight = maxInFlight;
  const events: UplinkEvent[] = [];
  const state = (isOnline: boolean): GatewayState => ({
    isOnline,
    at: clock.now(),
    clock: 'ntp',
    startedAt: clock.now(),
    wasClean: true,
    ...(isOnline ? { heads: {}, backlog: 0 } : {}),
  });
  const forwarder = new Forwarder({
    outbox,
    uplink,
    encoding: feedJson({ root: 'feed', owner: 'asten', gateway: 'gw01', epoch: outbox.epoch }),
    clock,
    random: () => 1,
    maxInFlight: 20,
    batches: 'backlog',
    descriptors: () => [describeDevice('idle', { device: undefined, identity: undefined, streams: [] })],
    describe: (name, streams) => describeDevice(name, { device: undefined, identity: undefined, streams }),
    state: async (isOnline) => state(isOnline),
    will: () => state(false),
    report: (event) => events.push(event),
  });
  const stop = new AbortController();
  const running = forwarder.run(stop.signal);
  const append = (from: number, to: number, device = 'a') =>
    Promise.all(Array.from({ length: to - from + 1 }, (_, n) => outbox.append(observation(device, from + n))));
  const told = () => uplink.sent.filter(({ topic }) => topic.endsWith('/obs')).map(({ payload }) => String(payload));
  const sequences = () => told().map((payload) => (JSON.parse(payload) as { seq: number }).seq);
  const settle = async () => {
    for (let turns = 0; turns < 200; turns += 1) await clock.advance(0);
  };
  const end = async () => {
    stop.abort();
    for (let turns = 0; turns < 50; turns += 1) await clock.advance(100);
    await running;
  };
  return { clock, outbox, uplink, events, forwarder, append, told, sequences, settle, end };
}

describe('the forwarder', () => {
  it('tells a backlog in batches, each row in the bytes of its single form, and settles every row of it', async () => {
    const { uplink, outbox, append, settle, end } = rig();
    await append(1, 1234);
    await settle();
    const batches = uplink.sent.filter(({ topic }) => topic.endsWith('/-/batch'));
    expect(batches.length).toBe(10);
    expect((await outbox.stats()).backlog).toEqual({ city: 0 });
    const singles = uplink.seen.flatMap(single).filter(({ topic }) => topic.endsWith('/obs'));
    expect(singles.length).toBe(1234);
    await end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('tells every row once, in order, and settles it when it is accepted', async () => {
    const { uplink, outbox, append, sequences, settle, end } = rig();
    await append(1, 250);
    await settle();
    expect(sequences()).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    expect((await outbox.stats()).backlog).toEqual({ city: 0 });
    await end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('never has more under way than the platform takes, nor than the config says', async () => {
    const narrow = rig(1);
    await narrow.append(1, 50);
    await narrow.settle();
    expect(narrow.uplink.mostInFlight).toBe(1);
    expect(narrow.sequences().length).toBe(50);
    await narrow.end();

    const wide = rig(65_535);
    await wide.append(1, 50);
    await wide.settle();
    expect(wide.uplink.mostInFlight).toBe(20);
    await wide.end();
  });

  it('settles nothing that is not answered, and tells it again with the same bytes after a cut', async () => {
    const { clock, uplink, outbox, append, told, settle, end } = rig();
    uplink.answer = ({ topic }) => (topic.endsWith('/obs') ? undefined : { kind: 'accepted' });
    await append(1, 5);
    await settle();
    expect((await outbox.stats()).backlog).toEqual({ city: 5 });
    uplink.cut();
    uplink.answer = () => ({ kind: 'accepted' });
    await clock.advance(2000);
    await settle();
    expect(told().length).toBe(10);
    expect(told().slice(5)).toEqual(told().slice(0, 5));
    expect((await outbox.stats()).backlog).toEqual({ city: 0 });
    await end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('describes a device before its first observation, on each connection, and again when a stream is new', async () => {
    const { clock, uplink, outbox, append, settle, end } = rig();
    const metas = () => uplink.sent.filter(({ topic }) => topic.endsWith('/a/meta')).length;
    await append(1, 3);
    await settle();
    expect(metas()).toBe(1);
    await outbox.append({
      ...observation('a', 4),
      readings: [{ quantity: 'air_pressure', value: 1000, quality: 'ok' }],
    });
    await settle();
    expect(metas()).toBe(2);
    uplink.cut();
    await clock.advance(2000);
    await append(5, 5);
    await settle();
    expect(metas()).toBe(3);
    await end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('keeps a refused row and those after it, says so once, and tries again later', async () => {
    const { clock, uplink, outbox, events, append, sequences, settle, end } = rig();
    uplink.answer = ({ topic }) =>
      topic.endsWith('/obs') ? { kind: 'refused', reason: '0x87 Not authorized' } : { kind: 'accepted' };
    await append(1, 3);
    for (let minute = 0; minute < 3; minute += 1) {
      await clock.advance(60_000);
      await settle();
    }
    expect((await outbox.stats()).backlog).toEqual({ city: 3 });
    uplink.answer = () => ({ kind: 'accepted' });
    await clock.advance(60_000);
    await settle();
    expect((await outbox.stats()).backlog).toEqual({ city: 0 });
    expect(new Set(sequences())).toEqual(new Set([1, 2, 3]));
    expect(events.filter(({ event }) => event === 'refused').length).toBe(1);
    await end();
  });

  it('never stops trying, waits longer and longer, and says once that the platform is away', async () => {
    const { clock, uplink, events, append, sequences, settle, end } = rig();
    uplink.isAway = true;
    uplink.cut();
    await clock.advance(24 * 3_600_000);
    // 1 + 2 + 4 … + 512 s, then every 15 minutes.
    expect(uplink.connects).toBeGreaterThan(96);
    expect(uplink.connects).toBeLessThan(115);
    expect(events.filter(({ event }) => event === 'unreachable').length).toBeLessThanOrEqual(1);
    uplink.isAway = false;
    await append(1, 2);
    await clock.advance(15 * 60_000);
    await settle();
    expect(sequences()).toEqual([1, 2]);
    await end();
  });

  it('leaves the platform alone for as long as its last word asks', async () => {
    const { clock, uplink, settle, end } = rig();
    await settle();
    uplink.cut(new UplinkError('taken over', '', { leaveAloneMs: 600_000 }));
    await clock.advance(599_000);
    expect(uplink.connects).toBe(1);
    await clock.advance(2_000);
    expect(uplink.connects).toBe(2);
    await end();
  });

  it('takes three short sessions closed without a word for a twin, and leaves the platform alone', async () => {
    const { clock, uplink, events, settle, end } = rig();
    for (let close = 0; close < 3; close += 1) {
      await settle();
      uplink.cut();
      await clock.advance(5000);
    }
    expect(uplink.connects).toBe(3);
    expect(events.at(-1)).toMatchObject({
      event: 'lost',
      error: { hint: expect.stringContaining('duplicate identity') },
    });
    await clock.advance(590_000);
    expect(uplink.connects).toBe(3);
    await clock.advance(10_000);
    expect(uplink.connects).toBe(4);
    await end();
  });

  it('does not take a bad line for a twin', async () => {
    const { clock, uplink, settle, end } = rig();
    for (let cut = 0; cut < 5; cut += 1) {
      await settle();
      uplink.cut(new UplinkError('reset', '', { cause: new Error('ECONNRESET') }));
      await clock.advance(60_000);
    }
    expect(uplink.connects).toBe(6);
    await end();
  });

  it('leaves in good order: says that it is offline, and ends the session', async () => {
    const { uplink, settle, end } = rig();
    await settle();
    await end();
    const last = uplink.sent.at(-1);
    expect(last).toMatchObject({ topic: 'feed/v1/asten/gw01/-/state', isRetained: true });
    expect(JSON.parse(String(last?.payload))).toMatchObject({ online: false });
    expect(uplink.ended).toBe(1);
    expect(JSON.parse(String(uplink.wills[0]?.payload))).toMatchObject({ online: false });
  });

  it('leaves a platform that does not answer any more, however much is under way', async () => {
    const { uplink, outbox, append, settle, end } = rig();
    uplink.answer = () => undefined;
    await append(1, 100);
    await settle();
    expect(uplink.mostInFlight).toBe(20);
    await end();
    expect(uplink.dropped).toBe(1);
    expect((await outbox.stats()).backlog).toEqual({ city: 100 });
  });

  it('marks what is old as history, beside the payload', async () => {
    const { outbox, uplink, clock, settle, end } = rig();
    await outbox.append(observation('a', 1, clock.now() - 3_600_000));
    await outbox.append(observation('a', 2, clock.now()));
    await settle();
    const [old, live] = uplink.sent.filter(({ topic }) => topic.endsWith('/obs'));
    expect(old?.properties).toMatchObject({ hist: '1' });
    expect(live?.properties).not.toHaveProperty('hist');
    expect(String(old?.payload)).not.toContain('hist');
    await end();
  });
});
