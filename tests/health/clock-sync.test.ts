import { describe, expect, it } from 'vitest';
import { board, type ClockSources, RELEASED_AT, clockState as stateAt } from '../../src/health/clock-sync.ts';

/** A board with these files, and this answer of timedatectl. */
function boardWith(files: Readonly<Record<string, string>>, answer?: string): ClockSources {
  return {
    exists: (path) => path in files,
    text: (path) => files[path],
    timedatectl: async () => answer,
  };
}

const YEAR_MS = 365 * 24 * 3_600_000;
const TODAY = RELEASED_AT + YEAR_MS;
const clockState = (sources: ClockSources, now = TODAY) => stateAt(sources, now);

const TIMESYNCD = '/run/systemd/timesync/synchronized';
const RTC = '/sys/class/rtc/rtc0/hctosys';

describe('how the clock is known', () => {
  it('is ntp once systemd-timesyncd has synchronised it', async () => {
    expect(await clockState(boardWith({ [TIMESYNCD]: '' }))).toBe('ntp');
  });

  it('is ntp where another service has told the kernel so', async () => {
    expect(await clockState(boardWith({}, 'yes'))).toBe('ntp');
    expect(await clockState(boardWith({ [RTC]: '1\n' }, 'yes'))).toBe('ntp');
  });

  it('is rtc where the kernel set it from a clock chip, and no more than that', async () => {
    expect(await clockState(boardWith({ [RTC]: '1\n' }, 'no'))).toBe('rtc');
    expect(await clockState(boardWith({ [RTC]: '0\n' }, 'no'))).toBe('unsynced');
  });

  it('is not known where nothing says so, also without systemd', async () => {
    expect(await clockState(boardWith({}, 'no'))).toBe('unsynced');
    expect(await clockState(boardWith({}))).toBe('unsynced');
  });

  it('is not known any more when somebody has set it by hand, though it was synchronised once', async () => {
    expect(await clockState(boardWith({ [TIMESYNCD]: '' }, 'no'))).toBe('unsynced');
  });

  it('is never believed when it is earlier than this release', async () => {
    for (const now of [0, RELEASED_AT - 1]) {
      expect(await clockState(boardWith({ [RTC]: '1\n' }, 'yes'), now)).toBe('unsynced');
      expect(await clockState(boardWith({ [TIMESYNCD]: '', [RTC]: '1\n' }), now)).toBe('unsynced');
    }
    expect(await clockState(boardWith({}, 'yes'), RELEASED_AT)).toBe('ntp');
  });

  it('is not believed by a clock chip alone when it is decades later than this release', async () => {
    expect(await clockState(boardWith({ [RTC]: '1\n' }), RELEASED_AT + 19 * YEAR_MS)).toBe('rtc');
    expect(await clockState(boardWith({ [RTC]: '1\n' }), RELEASED_AT + 21 * YEAR_MS)).toBe('unsynced');
    expect(await clockState(boardWith({}, 'yes'), RELEASED_AT + 21 * YEAR_MS)).toBe('ntp');
  });

  it('can be asked on any board', async () => {
    expect(['ntp', 'rtc', 'unsynced']).toContain(await clockState(board));
  });

  it('would never be believed if this release said that it comes from the future', () => {
    expect(RELEASED_AT).toBeLessThanOrEqual(Date.now());
  });
});
