import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { pauseAfter } from '../../src/sampling/back-off.ts';
import { onCalendar, ticks } from '../../src/sampling/schedule.ts';

/** When ticks come to a taker who is busy for `busyMs` after the n-th of them. */
async function ticksFor(busyMs: readonly number[], forMs: number): Promise<number[]> {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const times: number[] = [];
  await clock.advance(30);
  const taking = (async () => {
    for await (const _ of ticks(clock, 1000, stop.signal)) {
      const busy = busyMs[times.length] ?? 0;
      times.push(clock.uptimeMs());
      if (busy > 0) await clock.sleep(busy);
    }
  })();
  await clock.advance(forMs);
  stop.abort();
  await taking;
  return times;
}

describe('ticks', () => {
  it('come at once and then every period, however long the taker is busy within it', async () => {
    expect(await ticksFor([], 3500)).toEqual([30, 1030, 2030, 3030]);
    expect(await ticksFor([400, 999, 1], 3500)).toEqual([30, 1030, 2030, 3030]);
  });

  it('are skipped while the taker is busy, never made up for, and keep their beat', async () => {
    expect(await ticksFor([2500], 5500)).toEqual([30, 3030, 4030, 5030]);
    expect(await ticksFor([1000, 3000], 7500)).toEqual([30, 2030, 6030, 7030]);
  });

  it('end when aborted, at once', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const iterator = ticks(clock, 1000, stop.signal);
    await iterator.next();
    const next = iterator.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    const never = ticks(clock, 1000, stop.signal);
    expect((await never.next()).done).toBe(true);
  });
});

describe('a duty by the calendar', () => {
  /** The local times at which a duty is done, from `from` (local) on; what happens meanwhile is the test's. */
  async function dutiesFrom(from: Date, expression: string, meanwhile: (clock: VirtualClock) => Promise<void>) {
    const clock = new VirtualClock(from.getTime());
    const over = new AbortController();
    const done: string[] = [];
    const duty = () => done.push(new Date(clock.now()).toTimeString().slice(0, 5));
    const ended = onCalendar(expression, duty, { clock, signal: over.signal });
    await meanwhile(clock);
    over.abort();
    await ended;
    return done;
  }
  const DAY_MS = 86_400_000;

  it('is done once in each minute that the expression names, and not in the minute in which it is given', async () => {
    const from = new Date(2026, 5, 10, 3, 17, 20);
    expect(await dutiesFrom(from, '17 3 * * *', (clock) => clock.advance(3 * DAY_MS))).toEqual(Array(3).fill('03:17'));
    const often = await dutiesFrom(from, '*/20 * * * *', (clock) => clock.advance(3_600_000));
    expect(often).toEqual(['03:20', '03:40', '04:00']);
  });

  it('is done on the days of the week and of the month that the expression names, in local time', async () => {
    const days: string[] = [];
    const clock = new VirtualClock(new Date(2026, 4, 29, 12).getTime()); // a Friday
    const over = new AbortController();
    const duty = () => days.push(new Date(clock.now()).toDateString());
    const weekly = onCalendar('0 0 * * 7', duty, { clock, signal: over.signal });
    const monthly = onCalendar('30 6 1 6 *', duty, { clock, signal: over.signal });
    await clock.advance(10 * DAY_MS);
    over.abort();
    await Promise.all([weekly, monthly]);
    expect(days).toEqual(['Sun May 31 2026', 'Mon Jun 01 2026', 'Sun Jun 07 2026']);
  });

  it('is done once in its minute, though timers may wake a moment early', async () => {
    const clock = new VirtualClock(new Date(2026, 5, 10, 12, 0).getTime());
    const early = {
      now: () => clock.now(),
      uptimeMs: () => clock.uptimeMs(),
      state: () => clock.state(),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(Math.max(1, ms - 1), signal),
    };
    const over = new AbortController();
    let times = 0;
    const ended = onCalendar('* * * * *', () => (times += 1), { clock: early, signal: over.signal });
    await clock.advance(5 * 60_000 + 30_000);
    over.abort();
    await ended;
    expect(times).toBe(5);
  });

  it('is done once when the clock comes from 1970, not once for every day since', async () => {
    const done = await dutiesFrom(new Date(1970, 0, 2, 3, 0), '17 3 * * *', async (clock) => {
      await clock.advance(60_000);
      clock.step(new Date(2026, 5, 10, 3, 0).getTime() - clock.now());
      await clock.advance(DAY_MS / 2);
    });
    expect(done).toEqual(['03:17']);
  });

  it('is done the next morning when the clock comes back from 2035', async () => {
    const done = await dutiesFrom(new Date(2035, 5, 10, 4, 0), '17 3 * * *', async (clock) => {
      await clock.advance(60_000);
      clock.step(new Date(2026, 5, 10, 4, 0).getTime() - clock.now());
      await clock.advance(DAY_MS);
    });
    expect(done).toEqual(['03:17']);
  });
});

describe('the pause after failures', () => {
  it('is a moment, then doubles from one period, up to five minutes', () => {
    const pauses = Array.from({ length: 9 }, (_, failures) => pauseAfter(failures, 10_000) / 1000);
    expect(pauses).toEqual([0, 0.25, 10, 20, 40, 80, 160, 300, 300]);
    expect(pauseAfter(1000, 10_000)).toBe(300_000);
  });

  it('is never below a second from the second failure on, and never below the period', () => {
    expect(pauseAfter(2, 10)).toBe(1000);
    expect(pauseAfter(2, 3_600_000)).toBe(3_600_000);
    expect(pauseAfter(9, 3_600_000)).toBe(3_600_000);
  });
});
