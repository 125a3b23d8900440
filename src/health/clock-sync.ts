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
  timedatectl(): Promise<string | undefined>;
}

// It asks over D-Bus, which may hang for longer than anybody wants to wait for the time.
const ASK_MS = 5000;

/** This board. */
export const board: ClockSources = {
  exists: existsSync,
  text: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  timedatectl: async () => {
    try {
      const asked = await promisify(execFile)('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
        timeout: ASK_MS,
      });
      return asked.stdout.trim();
    } catch {
      // No systemd here, or it does not answer: the files decide.
      return undefined;
    }
  },
};

/**
 * How the wall clock is known at this moment: `ntp` once a time service says that it is synchronised, `rtc` where the
 * kernel set it from a clock chip (`hctosys`), else `unsynced`.
 */
export async function clockState(sources: ClockSources): Promise<ClockState> {
  // systemd-timesyncd(8) makes this file at its first synchronisation since boot.
  if (sources.exists('/run/systemd/timesync/synchronized')) return 'ntp';
  // chrony and ntpd tell the kernel; timedated(8) asks it.
  if ((await sources.timedatectl()) === 'yes') return 'ntp';
  return sources.text('/sys/class/rtc/rtc0/hctosys')?.trim() === '1' ? 'rtc' : 'unsynced';
}
