import { describe, expect, it } from 'vitest';
import { UplinkError } from '../../src/uplink/uplink.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { judged } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';
import { observation } from '../support/observations.ts';

describe('the forwarder', () => {
  it('tells a backlog in batches, each row in the bytes of its single form, and settles every row of it', async () => {
    const rig = new Rig();
    await rig.append(1, 1234);
    await rig.settle();
    expect(rig.batches()).toBeLessThan(20);
    expect(await rig.backlog()).toBe(0);
    expect(rig.observations().length).toBe(1234);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('deflates batches where it is told to', async () => {
    const rig = new Rig({ batches: 'deflate' });
    await rig.append(1, 1234);
    await rig.settle();
    const deflated = rig.uplink.sent.filter(({ topic }) => topic.endsWith('/-/batch-deflate'));
    expect(deflated.length).toBeGreaterThan(10);
    expect(deflated[0]).toMatchObject({ contentType: 'application/zlib', isRetained: false });
    expect(rig.observations().length).toBe(1234);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('tells every row once, in order, and settles it when it is accepted', async () => {
    const rig = new Rig();
    await rig.append(1, 250);
    await rig.settle();
    expect(rig.sequences()).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('never has more under way than the platform takes, nor than the config says', async () => {
    const narrow = new Rig({ uplink: Object.assign(new FakeUplink(), { maxInFlight: 1 }) });
    await narrow.append(1, 50);
    await narrow.settle();
    expect(narrow.uplink.mostInFlight).toBe(1);
    expect(narrow.sequences().length).toBe(50);
    await narrow.end();

    const wide = new Rig({ uplink: Object.assign(new FakeUplink(), { maxInFlight: 65_535 }) });
    await wide.settle();
    await wide.append(1, 50);
    await wide.settle();
    expect(wide.uplink.mostInFlight).toBe(20);
    await wide.end();
  });

  it('settles nothing that is not answered, and tells it again with the same bytes after a cut', async () => {
    const rig = new Rig();
    rig.uplink.answer = ({ topic }) => (topic.endsWith('/obs') ? undefined : { kind: 'accepted' });
    await rig.settle();
    await rig.append(1, 5);
    await rig.settle();
    expect(await rig.backlog()).toBe(5);
    rig.uplink.cut();
    rig.uplink.answer = () => ({ kind: 'accepted' });
    await rig.advance(2000);
    await rig.settle();
    expect(rig.told().length).toBe(10);
    expect(rig.told().slice(5)).toEqual(rig.told().slice(0, 5));
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('describes a device before its first observation, on each connection, and again when a stream is new', async () => {
    const rig = new Rig();
    const metas = () => rig.uplink.sent.filter(({ topic }) => topic.endsWith('/a/meta')).length;
    await rig.append(1, 3);
    await rig.settle();
    expect(metas()).toBe(1);
    await rig.outbox.append({
      ...observation('a', 4),
      readings: [{ quantity: 'air_pressure', value: 1000, quality: 'ok' }],
    });
    await rig.settle();
    expect(metas()).toBe(2);
    rig.uplink.cut();
    await rig.advance(2000);
    await rig.append(5, 5);
    await rig.settle();
    expect(metas()).toBe(3);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('never stops trying, waits longer and longer, and says once that the platform is away', async () => {
    const rig = new Rig();
    rig.uplink.isAway = true;
    rig.uplink.cut();
    await rig.advance(24 * 3_600_000);
    // 1 + 2 + 4 … + 512 s, then every 15 minutes.
    expect(rig.uplink.connects).toBeGreaterThan(96);
    expect(rig.uplink.connects).toBeLessThan(115);
    expect(rig.events.filter(({ event }) => event === 'unreachable').length).toBeLessThanOrEqual(1);
    rig.uplink.isAway = false;
    await rig.append(1, 2);
    await rig.advance(15 * 60_000);
    await rig.settle();
    expect(rig.sequences()).toEqual([1, 2]);
    await rig.end();
  });

  it('leaves the platform alone for as long as its last word asks', async () => {
    const rig = new Rig();
    await rig.settle();
    rig.uplink.cut(new UplinkError('taken over', '', { leaveAloneMs: 600_000 }));
    await rig.advance(599_000);
    expect(rig.uplink.connects).toBe(1);
    await rig.advance(2_000);
    expect(rig.uplink.connects).toBe(2);
    await rig.end();
  });

  it('takes three short sessions closed without a word for a twin, and leaves the platform alone', async () => {
    const rig = new Rig();
    for (let close = 0; close < 3; close += 1) {
      await rig.settle();
      rig.uplink.cut();
      await rig.advance(5000);
    }
    expect(rig.uplink.connects).toBe(3);
    expect(rig.events.at(-1)).toMatchObject({
      event: 'lost',
      error: { hint: expect.stringContaining('duplicate identity') },
    });
    await rig.advance(590_000);
    expect(rig.uplink.connects).toBe(3);
    await rig.advance(10_000);
    expect(rig.uplink.connects).toBe(4);
    await rig.end();
  });

  it('does not take a bad line for a twin', async () => {
    const rig = new Rig();
    for (let cut = 0; cut < 5; cut += 1) {
      await rig.settle();
      rig.uplink.cut(new UplinkError('reset', '', { cause: new Error('ECONNRESET') }));
      await rig.advance(60_000);
    }
    expect(rig.uplink.connects).toBe(6);
    await rig.end();
  });

  it('leaves in good order: says that it is offline, and ends the session', async () => {
    const rig = new Rig();
    await rig.settle();
    await rig.end();
    const last = rig.uplink.sent.at(-1);
    expect(last).toMatchObject({ topic: 'feed/v1/asten/gw01/-/state', isRetained: true });
    expect(JSON.parse(String(last?.payload))).toMatchObject({ online: false });
    expect(rig.uplink.ended).toBe(1);
    expect(JSON.parse(String(rig.uplink.wills[0]?.payload))).toMatchObject({ online: false });
  });

  it('leaves a platform that does not answer any more, however much is under way', async () => {
    const rig = new Rig();
    rig.uplink.answer = () => undefined;
    await rig.settle();
    await rig.append(1, 100);
    await rig.settle();
    expect(rig.uplink.mostInFlight).toBe(20);
    await rig.end();
    expect(rig.uplink.dropped).toBe(1);
    expect(await rig.backlog()).toBe(100);
  });

  it('marks what is old as history, beside the payload', async () => {
    const rig = new Rig();
    await rig.outbox.append(observation('a', 1, rig.clock.now() - 3_600_000));
    await rig.outbox.append(observation('a', 2, rig.clock.now()));
    await rig.settle();
    const [old, live] = rig.uplink.sent.filter(({ topic }) => topic.endsWith('/obs'));
    expect(old?.properties).toMatchObject({ hist: '1' });
    expect(live?.properties).not.toHaveProperty('hist');
    expect(String(old?.payload)).not.toContain('hist');
    await rig.end();
  });
});
