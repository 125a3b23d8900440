import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/uplink/slots.ts';

const never = new AbortController().signal;

/** Takes a place when there is one, and notes who it was. */
function taker(slots: Slots) {
  const entered: string[] = [];
  const take = async (who: string, rank: number, signal = never) => {
    await slots.take(signal, rank);
    entered.push(who);
  };
  return { entered, take };
}

describe('places', () => {
  it('go to the lowest rank, and within one to who came first', async () => {
    const slots = new Slots(1);
    const { entered, take } = taker(slots);
    const all = [take('here', 2), take('backlog 1', 2), take('live 1', 1), take('backlog 2', 2), take('alert', 0)];
    all.push(take('live 2', 1));
    for (let left = 0; left < 6; left += 1) {
      await Promise.resolve();
      slots.free();
    }
    await Promise.all(all);
    expect(entered).toEqual(['here', 'alert', 'live 1', 'live 2', 'backlog 1', 'backlog 2']);
    expect(slots.taken).toBe(0);
  });

  it('that become free are not snatched by who comes at that moment', async () => {
    const slots = new Slots(1);
    const { entered, take } = taker(slots);
    await take('first', 0);
    const waiting = take('waiting', 2);
    slots.free();
    const late = take('late', 2);
    await waiting;
    expect(entered).toEqual(['first', 'waiting']);
    slots.free();
    await late;
  });

  it('are not kept for those who have given up', async () => {
    const slots = new Slots(1);
    const { entered, take } = taker(slots);
    await take('first', 0);
    const gone = new AbortController();
    const givenUp = take('gone', 0, gone.signal);
    const next = take('next', 1);
    gone.abort(new Error('stopped'));
    await expect(givenUp).rejects.toThrow('stopped');
    slots.free();
    await next;
    expect(entered).toEqual(['first', 'next']);
    await expect(take('late', 0, gone.signal)).rejects.toThrow('stopped');
    expect(slots.taken).toBe(1);
  });

  it('may become more or fewer, without turning anybody out', async () => {
    const slots = new Slots(1);
    const { entered, take } = taker(slots);
    const all = [take('a', 0), take('b', 0), take('c', 0), take('d', 0)];
    slots.places = 3;
    await Promise.all(all.slice(0, 3));
    expect(entered).toEqual(['a', 'b', 'c']);
    slots.places = 1;
    slots.free();
    slots.free();
    await Promise.resolve();
    expect(slots.taken).toBe(1);
    slots.free();
    await Promise.all(all);
    const empty = slots.empty();
    slots.free();
    await empty;
  });
});
