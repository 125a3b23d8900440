import { describe, expect, it } from 'vitest';
import { Bell } from '../../src/hal/bell.ts';
import { EdgeQueue } from '../../src/hal/edge-queue.ts';
import { Inbox } from '../../src/hal/inbox.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';

const gone = new SensorError('bus', 'unplugged');

function stopped(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort(new Error('enough')) };
}

describe('a bell', () => {
  it('wakes whoever waits when it rings, else when the time is over', async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock);
    const woken: number[] = [];
    const wait = () => bell.wait(100).then(() => woken.push(clock.uptimeMs()));
    void wait();
    await clock.advance(30);
    bell.ring();
    await clock.advance(0);
    expect(woken).toEqual([30]);
    void wait();
    await clock.advance(500);
    expect(woken).toEqual([30, 130]);
  });

  it('is not heard by whoever waits later', async () => {
    const clock = new VirtualClock();
    const bell = new Bell(clock);
    bell.ring();
    let isWoken = false;
    void bell.wait(100).then(() => {
      isWoken = true;
    });
    await clock.advance(99);
    expect(isWoken).toBe(false);
    await clock.advance(1);
    expect(isWoken).toBe(true);
  });

  it('gives a wait up that is aborted, before and while it waits', async () => {
    const bell = new Bell(new VirtualClock());
    const { signal, stop } = stopped();
    const waiting = bell.wait(100, signal);
    stop();
    await expect(waiting).rejects.toThrow('enough');
    await expect(bell.wait(100, signal)).rejects.toThrow('enough');
  });
});

describe('an inbox', () => {
  const inboxWith = (...chunks: readonly string[]) => {
    const clock = new VirtualClock();
    const inbox = new Inbox(clock, 'the line');
    for (const chunk of chunks) inbox.push(bytes(chunk));
    return { clock, inbox };
  };

  it('gives all that came in, in order and once', async () => {
    const { inbox, clock } = inboxWith('01 02', '03');
    expect(hex(await inbox.read(0))).toBe('01 02 03');
    const again = expect(inbox.read(0)).rejects.toMatchObject({ kind: 'timeout' });
    await clock.advance(0);
    await again;
  });

  it('wakes the reader with the first bytes that come', async () => {
    const { inbox, clock } = inboxWith();
    const reading = inbox.read(1000);
    await clock.advance(400);
    inbox.push(bytes('aa'));
    expect(hex(await reading)).toBe('aa');
    expect(clock.uptimeMs()).toBe(400);
  });

  it('calls silence a timeout, by name and time', async () => {
    const { inbox, clock } = inboxWith();
    const reading = expect(inbox.read(250)).rejects.toMatchObject({
      kind: 'timeout',
      message: 'silence on the line for 250 ms',
    });
    await clock.advance(250);
    await reading;
  });

  it('forgets what came in unread when told to', async () => {
    const { inbox } = inboxWith('01 02');
    inbox.discard();
    inbox.push(bytes('03'));
    expect(hex(await inbox.read(0))).toBe('03');
  });

  it('fails every read from a failure on until it is mended', async () => {
    const { inbox } = inboxWith();
    const reading = inbox.read(1000);
    inbox.fail(gone);
    await expect(reading).rejects.toBe(gone);
    inbox.push(bytes('01'));
    await expect(inbox.read(1000)).rejects.toBe(gone);
    inbox.mend();
    expect(hex(await inbox.read(0))).toBe('01');
  });

  it('keeps what comes while nobody reads, up to 64 KiB: then the oldest goes', async () => {
    const { inbox } = inboxWith();
    for (let chunk = 0; chunk < 70; chunk += 1) inbox.push(new Uint8Array(1024).fill(chunk));
    const kept = await inbox.read(0);
    expect(kept).toHaveLength(65_536);
    expect([kept[0], kept.at(-1)]).toEqual([6, 69]);
  });

  it('ends a read that is aborted, and keeps what comes afterwards for the next', async () => {
    const { inbox } = inboxWith();
    const { signal, stop } = stopped();
    const reading = inbox.read(1000, signal);
    stop();
    await expect(reading).rejects.toThrow('enough');
    inbox.push(bytes('07'));
    expect(hex(await inbox.read(0))).toBe('07');
  });
});

describe('a queue of edges', () => {
  const edge = (uptimeMs: number) => ({ level: 1, uptimeMs }) as const;
  const queueWith = (...times: readonly number[]) => {
    const clock = new VirtualClock();
    const queue = new EdgeQueue(clock);
    for (const time of times) queue.push(edge(time));
    return { clock, queue };
  };

  it('gives edges in the order in which they were seen, and then nothing', async () => {
    const { queue } = queueWith(1, 2);
    expect([await queue.take(0), await queue.take(0), await queue.take(0)]).toEqual([edge(1), edge(2), undefined]);
  });

  it('waits for the next edge, and no longer than told', async () => {
    const { queue, clock } = queueWith();
    const waited = queue.take(100);
    queue.push(edge(3));
    expect(await waited).toEqual(edge(3));
    const nothing = queue.take(100);
    await clock.advance(100);
    expect(await nothing).toBeUndefined();
  });

  it('ends a wait that is aborted', async () => {
    const { queue } = queueWith();
    const { signal, stop } = stopped();
    const waiting = queue.take(100, signal);
    stop();
    await expect(waiting).rejects.toThrow('enough');
  });

  it('says once that more edges came than it holds, and starts anew', async () => {
    const { queue } = queueWith();
    for (let count = 0; count <= 65_536; count += 1) queue.push(edge(count));
    await expect(queue.take(0)).rejects.toMatchObject({ kind: 'implausible', message: /is the input floating/ });
    queue.push(edge(7));
    expect(await queue.take(0)).toEqual(edge(7));
  });

  it('tells a failure once, after the edges that were seen before it', async () => {
    const { queue } = queueWith(1);
    queue.fail(gone);
    expect(await queue.take(1000)).toEqual(edge(1));
    await expect(queue.take(1000)).rejects.toBe(gone);
    expect(await queue.take(0)).toBeUndefined();
  });
});
