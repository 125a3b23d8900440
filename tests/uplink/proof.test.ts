import { describe, expect, it } from 'vitest';
import { type Message, UplinkError } from '../../src/uplink/uplink.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { judged } from '../support/feed.ts';
import { Rig } from '../support/forwarding.ts';

/** A platform whose answers prove nothing: what `prove` is given comes back when the test lets it. */
class Unproved extends FakeUplink {
  readonly proofs: { readonly message: Message; come(): void; fail(): void }[] = [];

  override prove = (message: Message): Promise<void> =>
    new Promise((resolve, reject) => {
      this.sent.push(message);
      const fail = () => reject(new UplinkError('its own state does not come back', 'check what the broker allows'));
      this.proofs.push({ message, come: resolve, fail });
    });
}

describe('a path that must be proved', () => {
  it('carries no row before the first state has come back', async () => {
    const uplink = new Unproved();
    const rig = new Rig({ uplink });
    await rig.append(1, 10);
    await rig.pass(30_000);
    expect(uplink.sent.map(({ topic }) => topic)).toEqual(['feed/v1/asten/gw01/-/state']);
    uplink.proofs[0]?.come();
    await rig.settle();
    expect(rig.sequences().length).toBe(10);
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('is given up when the state does not come back: nothing is settled, and it is said why', async () => {
    const uplink = new Unproved();
    const rig = new Rig({ uplink });
    await rig.append(1, 10);
    await rig.settle();
    for (let proof = 0; proof < 5; proof += 1) {
      uplink.proofs.at(-1)?.fail();
      await rig.pass(60_000);
    }
    expect(rig.sequences()).toEqual([]);
    expect(await rig.backlog()).toBe(10);
    expect(uplink.dropped).toBe(5);
    const lost = rig.events.filter((event) => event.event === 'lost');
    expect(lost.length).toBe(5);
    for (const { error } of lost) expect(error.message).toBe('its own state does not come back');
    await rig.end();
  });

  it('is proved again every ten minutes; what is answered meanwhile does not count before', async () => {
    const uplink = new Unproved();
    const rig = new Rig({ uplink });
    await rig.settle();
    uplink.proofs[0]?.come();
    await rig.pass(601_000);
    expect(uplink.proofs.length).toBe(2);
    await rig.append(1, 5);
    await rig.settle();
    expect(rig.sequences()).toEqual([1, 2, 3, 4, 5]);
    expect(await rig.backlog()).toBe(5);
    uplink.proofs[1]?.come();
    await rig.settle();
    expect(await rig.backlog()).toBe(0);
    await rig.pass(601_000);
    await rig.append(6, 9);
    await rig.settle();
    uplink.proofs[2]?.fail();
    await rig.settle();
    expect(await rig.backlog()).toBe(4);
    await rig.pass(60_000);
    uplink.proofs[3]?.come();
    await rig.pass(1000);
    await rig.settle();
    expect(rig.sequences()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 6, 7, 8, 9]);
    expect(await rig.backlog()).toBe(0);
    await rig.end();
    expect(judged(uplink.seen)).toEqual([]);
  });

  it('does not hold up the stop', async () => {
    const uplink = new Unproved();
    const rig = new Rig({ uplink });
    await rig.settle();
    await rig.end();
    expect(uplink.dropped).toBe(1);
  });
});
