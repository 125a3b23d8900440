import { describe, expect, it } from 'vitest';
import { board, type ClockSources, clockState } from '../../src/health/clock-sync.ts';

/** A board with these files, and this answer of timedatectl. */
function boardWith(files: Readonly<Record<string, string>>, answer?: string): ClockSources {
  return {
    exists: (path) => path in files,
    text: (path) => files[path],
    timedatectl: async () => answer,
  };
}

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

  it('can be asked on any board', async () => {
    expect(['ntp', 'rtc', 'unsynced']).toContain(await clockState(board));
  });
});
