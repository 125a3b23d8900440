import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type Message, UplinkError } from '../../src/uplink/uplink.ts';
import { FakeUplink, seenAs } from '../support/fake-uplink.ts';
import { judged, single } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';
import { ShapedLine, seededRandom } from '../support/shaped-line.ts';

const HOUR_MS = 3_600_000;
const reset = () => new UplinkError('reset', '', { cause: new Error('ECONNRESET') });

/** The observations in messages, each in its own bytes. */
const observationsIn = (messages: readonly Message[]) =>
  messages
    .map(seenAs)
    .flatMap(single)
    .filter(({ topic }) => topic.endsWith('/obs'))
    .map(({ payload }) => payload);

describe('an uplink over a long time', () => {
  it('refused for a day, then taken: everything is told once, the newest at once', async () => {
    const rig = new Rig({ random: seededRandom(7), drainDelayMs: 30_000 });
    rig.uplink.isAway = true;
    rig.uplink.cut(reset());
    for (let tenth = 1; tenth <= 8640; tenth += 1) {
      await rig.append(tenth, tenth);
      await rig.advance(10_000);
    }
    expect(await rig.backlog()).toBe(8640);
    expect(rig.uplink.sent.length).toBeLessThan(10);
    rig.uplink.isAway = false;
    while (!rig.uplink.isConnected) await rig.advance(1000);
    await rig.append(8641, 8641);
    await rig.advance(0);
    await rig.settle();
    expect(rig.sequences()).toContain(8641);
    await rig.pass(60_000, 20);
    expect(await rig.backlog()).toBe(0);
    expect(rig.observations().length).toBe(8641);
    expect(rig.events.filter(({ event }) => event === 'unreachable').length).toBeLessThan(2);
    await rig.end();
    expect(judged(rig.uplink.seen)).toEqual([]);
  });

  it('cut every few seconds while it drains: nothing is lost, and nothing told again that was answered', async () => {
    const random = seededRandom(11);
    const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12));
    const uplink = new FakeUplink();
    const shape = { bitsPerSecond: 256_000, roundTripMs: 200, lossPercent: 2 };
    uplink.line = { shape: new ShapedLine(shape, clock, random), clock };
    const rig = new Rig({ clock, uplink, random });
    await rig.append(1, 20_000, 'old');
    let value = 0;
    for (let cut = 0; cut < 12; cut += 1) {
      while (!uplink.isConnected) await rig.advance(1000);
      await rig.pass(2000 + random() * 4000, 100);
      for (let more = 0; more < 5; more += 1) await rig.append(++value, value, 'new');
      await rig.pass(100, 50);
      uplink.cut(reset());
    }
    const backlog = await rig.backlog();
    expect(backlog).toBeGreaterThan(0);
    expect(backlog).toBeLessThan(18_000);
    while ((await rig.backlog()) > 0 && clock.uptimeMs() < 2 * HOUR_MS) await rig.advance(1000);
    expect(await rig.backlog()).toBe(0);

    const answered = observationsIn(uplink.answered);
    expect(answered.length).toBe(20_000 + value);
    expect(new Set(answered).size).toBe(answered.length);
    // What was sent twice was under way when the line was cut: at most so many batches, and single rows.
    const again = observationsIn(uplink.sent).length - answered.length;
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(12 * 20 * 100);
    await rig.end();
    expect(judged(uplink.seen)).toEqual([]);
  });
});
