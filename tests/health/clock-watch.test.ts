import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type ClockEvent, ClockWatch } from '../../src/health/clock-watch.ts';
import { clockEntry } from '../../src/health/events.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TODAY = Date.UTC(2027, 2, 1, 12);

/** A board whose time service says what the test says, and a watch over its clock. */
function watched({ at = TODAY, answer = 'no' }: { at?: number; answer?: 'yes' | 'no' } = {}) {
  const clock = new VirtualClock(at);
  const board = { answer, asked: 0, hasChip: false };
  const events: ClockEvent[] = [];
  const sources = {
    exists: () => false,
    text: () => (board.hasChip ? '1\n' : undefined),
    timedatectl: async () => {
      board.asked += 1;
      return board.answer;
    },
  };
  const watch = new ClockWatch({ sources, clock, report: (event) => events.push(event) });
  const over = new AbortController();
  const running = watch.run(over.signal);
  return {
    clock,
    watch,
    board,
    said: () => events.splice(0).map((event) => (event.event === 'state' ? event.state : event.byMs)),
    end: async () => {
      over.abort();
      await running;
    },
  };
}

describe('the watch over the clock', () => {
  it('asks every few seconds until the clock is synchronised, then every ten minutes; says each change once', async () => {
    const { clock, watch, board, said, end } = watched();
    await clock.advance(35_000);
    expect([watch.state(), board.asked, said()]).toEqual(['unsynced', 4, ['unsynced']]);
    board.answer = 'yes';
    await clock.advance(10_000);
    expect([watch.state(), board.asked, said()]).toEqual(['ntp', 5, ['ntp']]);
    await clock.advance(30 * MINUTE_MS);
    expect([watch.state(), board.asked, said()]).toEqual(['ntp', 8, []]);
    await end();
  });

  it('calls a clock that was set unknown from that very moment, and asks anew at once', async () => {
    const { clock, watch, board, said, end } = watched({ answer: 'yes' });
    await clock.advance(MINUTE_MS);
    expect([watch.state(), said()]).toEqual(['ntp', ['ntp']]);
    // Whoever sets it by hand makes the kernel forget that it was synchronised.
    clock.step(HOUR_MS);
    board.answer = 'no';
    expect(watch.state()).toBe('unsynced');
    await clock.advance(10_000);
    expect([watch.state(), said()]).toEqual(['unsynced', [HOUR_MS, 'unsynced']]);
    // The time service sets it right.
    clock.step(-HOUR_MS);
    board.answer = 'yes';
    await clock.advance(10_000);
    expect([watch.state(), said()]).toEqual(['ntp', [-HOUR_MS, 'ntp']]);
    await end();
  });

  it('goes on at once where it was the time service that set it', async () => {
    const { clock, watch, said, end } = watched({ answer: 'yes' });
    await clock.advance(MINUTE_MS);
    said();
    clock.step(-HOUR_MS);
    expect(watch.state()).toBe('unsynced');
    await clock.advance(10_000);
    expect([watch.state(), said()]).toEqual(['ntp', [-HOUR_MS]]);
    await clock.advance(HOUR_MS);
    expect(said()).toEqual([]);
    await end();
  });

  it('does not take for a step what a time service slews', async () => {
    const { clock, watch, said, end } = watched({ answer: 'yes' });
    await clock.advance(MINUTE_MS);
    said();
    for (let looks = 0; looks < 100; looks += 1) {
      clock.step(50);
      await clock.advance(10_000);
    }
    expect([watch.state(), said()]).toEqual(['ntp', []]);
    await end();
  });

  it('trusts a clock that was synchronised for another day without a time server, unless it is set', async () => {
    const { clock, watch, board, said, end } = watched({ answer: 'yes' });
    await clock.advance(MINUTE_MS);
    board.answer = 'no';
    await clock.advance(23 * HOUR_MS);
    expect(watch.state()).toBe('ntp');
    await clock.advance(2 * HOUR_MS);
    expect([watch.state(), said()]).toEqual(['unsynced', ['ntp', 'unsynced']]);
    await end();
  });

  it('does not hold what somebody set by hand for what the clock chip said', async () => {
    const { clock, watch, board, end } = watched();
    board.hasChip = true;
    await clock.advance(10_000);
    expect(watch.state()).toBe('rtc');
    clock.step(HOUR_MS);
    await clock.advance(MINUTE_MS);
    expect(watch.state()).toBe('unsynced');
    board.answer = 'yes';
    await clock.advance(10_000);
    expect(watch.state()).toBe('ntp');
    await end();
  });

  it('never believes 1970, whatever is said of it', async () => {
    const { clock, watch, said, end } = watched({ at: 86_400_000, answer: 'yes' });
    await clock.advance(HOUR_MS);
    expect([watch.state(), said()]).toEqual(['unsynced', ['unsynced']]);
    clock.step(TODAY - clock.now());
    await clock.advance(10_000);
    expect(watch.state()).toBe('ntp');
    await end();
  });
});

describe('what happens to the clock', () => {
  it('is said with how far it was set, and from what', () => {
    const now = Date.UTC(2026, 11, 1, 12);
    expect(clockEntry({ event: 'stepped', byMs: HOUR_MS, now })).toEqual([
      'warning',
      'clock-stepped',
      'the clock was set forwards by 3600 s; it was 2026-12-01T11:00:00.000Z',
      { seconds: 3600 },
    ]);
    expect(clockEntry({ event: 'stepped', byMs: -1500, now })[2]).toContain('set back by 1 s');
    expect(clockEntry({ event: 'state', state: 'unsynced' }).slice(0, 2)).toEqual(['warning', 'clock-unsynced']);
    expect(clockEntry({ event: 'state', state: 'ntp' }).slice(0, 2)).toEqual(['notice', 'clock-ntp']);
  });
});
