import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ClockState } from '../model/observation.ts';

/** What the board knows of its clock; injectable, so that a test can be a board. */
export interface ClockSources {
  /** True where the file exists. */
  exists(path: string): boolean;
  /** The file's text, or undefined. */
  text(path: string): string | undefined;
  /** What `timedatectl show -p NTPSynchronized --value` prints, or undefined where it is missing. */
  timedatectl(stop?: AbortSignal): Promise<string | undefined>;
}

// It asks over D-Bus, which may hang for longer than anybody wants to wait for the time.
const ASK_MS = 5000;

/** This board. */
export const board: ClockSources = {
  exists: existsSync,
  text: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  timedatectl: async (stop) => {
    const how = { timeout: ASK_MS, ...(stop ? { signal: stop } : {}) };
    try {
      const asked = await promisify(execFile)('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], how);
      return asked.stdout.trim() || undefined;
    } catch {
      // No systemd here, or it does not answer: the files decide.
      return undefined;
    }
  },
};

/**
 * When this release was made, to be raised with each (CHANGELOG.md): a clock that is earlier is wrong. It is written
 * here, and not taken from a file's date: copying, packing (npm: 1985) or a wrong clock at installing change those, and
 * a date in the future would mean that no clock is ever believed. Forgotten, it only believes a little too much.
 */
export const RELEASED_AT = Date.UTC(2026, 10, 23);

/** A clock chip whose battery is empty comes up with any date; nobody runs a release for so long. */
const LONGEST_USE_MS = 20 * 365.25 * 24 * 3_600_000;

/**
 * How the wall clock is known at this moment, when it says `now`: `ntp` while the kernel holds it for synchronised,
 * `rtc` where the kernel set it from a clock chip (`hctosys`), else `unsynced`, as it is with a time that cannot be.
 */
export async function clockState(sources: ClockSources, now: number, stop?: AbortSignal): Promise<ClockState> {
  if (now < RELEASED_AT) return 'unsynced';
  if (await isSynchronised(sources, stop)) return 'ntp';
  const isFromChip = sources.text('/sys/class/rtc/rtc0/hctosys')?.trim() === '1';
  return isFromChip && now <= RELEASED_AT + LONGEST_USE_MS ? 'rtc' : 'unsynced';
}

async function isSynchronised(sources: ClockSources, stop: AbortSignal | undefined): Promise<boolean> {
  // systemd-timesyncd, chrony and ntpd all tell the kernel, which forgets it when somebody sets the clock by hand.
  const answer = await sources.timedatectl(stop);
  if (answer !== undefined) return answer === 'yes';
  // systemd-timesyncd(8) touches this file whenever it has synchronised the clock. Nobody takes it away again.
  return sources.exists('/run/systemd/timesync/synchronized');
}
