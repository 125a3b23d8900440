import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { Newest, onDemand } from '../../src/sampling/on-demand.ts';

const broken = new SensorError('timeout', 'silence');
const listening = () => new AbortController().signal;

describe('a sample on demand', () => {
  it('of a part that talks is the next one, for everybody who waits', async () => {
    const newest = new Newest(new VirtualClock());
    const waiting = [newest.next(listening()), newest.next(listening())];
    newest.came({ pm25: 7 });
    const asked = { sample: { pm25: 7 }, agoSeconds: 0 };
    expect(await Promise.all(waiting)).toEqual([asked, asked]);
  });

  it('of a part that is broken is the failure, until it has begun again', async () => {
    const newest = new Newest(new VirtualClock());
    const waiting = newest.next(listening());
    newest.failed(broken);
    await expect(waiting).rejects.toBe(broken);
    await expect(newest.next(listening())).rejects.toBe(broken);
    newest.begun();
    const again = newest.next(listening());
    newest.came({ pm25: 8 });
    expect(await again).toMatchObject({ sample: { pm25: 8 } });
  });

  it('is waited for no longer than somebody listens', async () => {
    const newest = new Newest(new VirtualClock());
    const stop = new AbortController();
    const waiting = newest.next(stop.signal);
    stop.abort(broken);
    await expect(waiting).rejects.toBe(broken);
    await expect(newest.next(stop.signal)).rejects.toBe(broken);
  });

  it('is one poll for two who ask at once, and none where the last is recent', async () => {
    const clock = new VirtualClock();
    const newest = new Newest(clock);
    let polls = 0;
    const poll = async () => {
      polls += 1;
      await clock.sleep(10);
      return { pm25: polls };
    };
    const ask = onDemand({ newest, leastMs: 1000, dueInMs: () => 60_000, poll });
    const both = Promise.all([ask(listening()), ask(listening())]);
    await clock.advance(10);
    expect(await both).toEqual([
      { sample: { pm25: 1 }, agoSeconds: 0 },
      { sample: { pm25: 1 }, agoSeconds: 0 },
    ]);
    await clock.advance(500);
    expect(await ask(listening())).toEqual({ sample: { pm25: 1 }, agoSeconds: 0.5 });
    expect(polls).toBe(1);
  });
});
