import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/hal/linux/system-clock.ts';

describe("the board's clock", () => {
  const clock = systemClock(() => 'ntp');

  it('sleeps for as long as it is told', async () => {
    const beforeMs = clock.uptimeMs();
    await clock.sleep(20);
    // A timer may fire in the millisecond before its own.
    expect(clock.uptimeMs() - beforeMs).toBeGreaterThanOrEqual(19);
  });

  it('ends a sleep that is aborted, with the reason of the signal', async () => {
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(0, stop.signal)).rejects.toThrow('enough');
  });

  it('leaves nothing behind at a signal that outlives many sleeps', async () => {
    const { signal } = new AbortController();
    await Promise.all([clock.sleep(0, signal), clock.sleep(1, signal)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
