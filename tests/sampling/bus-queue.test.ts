import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { BusError, type SensorError } from '../../src/model/errors.ts';
import type { Priority } from '../../src/model/observation.ts';
import { BusQueue } from '../../src/sampling/bus-queue.ts';

/** A bus on which conversations take as long as the test says; `heard` is what went on, in its order. */
function talking() {
  const clock = new VirtualClock();
  const queue = new BusQueue(clock);
  const heard: string[] = [];
  const talk = (
    device: string,
    ms: number,
    given: { priority?: Priority; deadlineMs?: number; free?: Promise<void> } = {},
  ) => {
    const { priority = 'normal', deadlineMs = 60_000, free = Promise.resolve() } = given;
    const conversation = async () => {
      heard.push(`${device} begins`);
      await clock.sleep(ms);
      heard.push(`${device} ends`);
      return device;
    };
    const letGo = async (why: SensorError) => {
      heard.push(`${device} is let go: ${why.kind}`);
      await free;
    };
    return queue.run(conversation, { device, priority, deadlineMs, letGo });
  };
  const begun = () => heard.flatMap((said) => (said.endsWith('begins') ? said.split(' ')[0] : []));
  return { clock, queue, heard, talk, begun };
}

const turn = { device: 'a', priority: 'normal', deadlineMs: 1000, letGo: async () => undefined } as const;

describe('the queue of a bus', () => {
  it('holds one conversation at a time, among equals in the order in which they were asked for', async () => {
    const { clock, heard, talk } = talking();
    const all = Promise.all([talk('a', 30), talk('b', 10), talk('c', 20)]);
    await clock.advance(60);
    await all;
    expect(heard).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after a conversation that failed, and tells its own caller only', async () => {
    const queue = new BusQueue(new VirtualClock());
    const failing = queue.run(() => Promise.reject(new Error('no answer')), turn);
    const thrown = queue.run(() => {
      throw new TypeError('not even a promise');
    }, turn);
    const next = queue.run(async () => 'fine', turn);
    await expect(failing).rejects.toThrow('no answer');
    await expect(thrown).rejects.toThrow(TypeError);
    expect(await next).toBe('fine');
  });

  it('takes the higher priority first, and interrupts nobody', async () => {
    const { clock, talk, begun } = talking();
    void talk('first', 100, { priority: 'low' });
    await clock.advance(10);
    void talk('low', 10, { priority: 'low' });
    void talk('normal', 10);
    void talk('high', 10, { priority: 'high' });
    await clock.advance(200);
    expect(begun()).toEqual(['first', 'high', 'normal', 'low']);
  });

  it('lets nobody starve: ten seconds of waiting outweigh every priority that an installer can give', async () => {
    const { clock, talk, begun } = talking();
    // Two talkers of high priority ask for more than the bus has.
    const flood = async (name: string) => {
      for (let times = 0; times < 40; times += 1) await talk(name, 400, { priority: 'high' });
    };
    void flood('high-a');
    void flood('high-b');
    await clock.advance(100);
    void talk('low', 400, { priority: 'low' });
    await clock.advance(40_000);
    const at = begun().indexOf('low') * 400;
    expect(at).toBeGreaterThan(9000);
    expect(at).toBeLessThanOrEqual(11_000);
  });

  it('gives up a conversation at its deadline, and goes on with the next', async () => {
    const { clock, heard, talk } = talking();
    const hangs = talk('hangs', 1_000_000, { deadlineMs: 2000 });
    const next = talk('next', 10);
    const told = expect(hangs).rejects.toMatchObject({ kind: 'timeout', message: /deadline of 2000 ms/ });
    await clock.advance(2010);
    await told;
    expect(await next).toBe('next');
    expect(heard).toEqual(['hangs begins', 'hangs is let go: timeout', 'next begins', 'next ends']);
  });

  it('waits a moment for a transfer that is under way at the deadline, and refuses nobody for that', async () => {
    const { clock, talk } = talking();
    const free = clock.sleep(900);
    const late = talk('late', 1_000_000, { deadlineMs: 500, free }).catch(({ kind }: SensorError) => kind);
    const next = talk('next', 10);
    await clock.advance(890);
    expect(await late).toBe('timeout');
    await clock.advance(30);
    expect(await next).toBe('next');
  });

  it('tells those who wait while a transfer hangs, at once, and goes on when it has come back', async () => {
    const { clock, talk, begun } = talking();
    const free = clock.sleep(60_000);
    const hung = talk('hung', 1_000_000, { deadlineMs: 1000, free }).catch(() => undefined);
    const waiting = talk('waiting', 10).catch((cause: unknown) => cause);
    await clock.advance(2000);
    await hung;
    expect(await waiting).toBeInstanceOf(BusError);
    expect(((await waiting) as BusError).message).toMatch(/transfer for hung does not come back: take the supply/);
    await expect(talk('another', 10)).rejects.toBeInstanceOf(BusError);
    expect(begun()).toEqual(['hung']);
    await clock.advance(58_000);
    const after = talk('after', 10);
    await clock.advance(10);
    expect(await after).toBe('after');
  });
});
