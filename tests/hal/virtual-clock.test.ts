import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/hal/clock.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';

describe('virtual time', () => {
  it('stands still until told', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    expect([clock.now(), clock.uptimeMs()]).toEqual([Date.UTC(2026, 0, 1), 0]);
    await clock.advance(1500);
    expect([clock.now(), clock.uptimeMs()]).toEqual([Date.UTC(2026, 0, 1) + 1500, 1500]);
  });

  it('wakes sleepers in order, each at its own moment, and equals in the order of their coming', async () => {
    const clock = new VirtualClock();
    const woken: string[] = [];
    const sleeper = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(`${name} ${clock.uptimeMs()}`));
    void sleeper('late', 30);
    void sleeper('early', 10);
    void sleeper('first of two', 20);
    void sleeper('second of two', 20);
    await clock.advance(25);
    expect(woken).toEqual(['early 10', 'first of two 20', 'second of two 20']);
    await clock.advance(5);
    expect(woken.at(-1)).toBe('late 30');
  });

  it('lets a sleeper that wakes do what it does before the next one wakes', async () => {
    const clock = new VirtualClock();
    const done: string[] = [];
    const often = async () => {
      for (let times = 1; times <= 3; times += 1) {
        await clock.sleep(10);
        done.push(`often ${clock.uptimeMs()}`);
      }
    };
    void often();
    void clock.sleep(25).then(() => done.push('once 25'));
    await clock.advance(100);
    expect(done).toEqual(['often 10', 'often 20', 'once 25', 'often 30']);
  });

  it('ends a sleep that is aborted, and forgets it', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(1000, stop.signal)).rejects.toThrow('enough');
    await clock.advance(2000);
    expect(clock.uptimeMs()).toBe(2000);
  });

  it('is told in whole milliseconds, though a sleep may end between two of them', async () => {
    const clock = new VirtualClock(1000);
    const order: string[] = [];
    void clock.sleep(2.9).then(() => order.push(`second ${clock.uptimeMs()} ${clock.now()}`));
    void clock.sleep(2.1).then(() => order.push(`first ${clock.uptimeMs()} ${clock.now()}`));
    await clock.advance(2.95);
    expect(order).toEqual(['first 2 1002', 'second 2 1002']);
  });

  it('tells one moment by every clock', async () => {
    const clock = new VirtualClock(1000);
    clock.clockState = 'unsynced';
    await clock.advance(5);
    expect(instantOf(clock)).toEqual({ at: 1005, uptimeMs: 5, clock: 'unsynced' });
  });
});
