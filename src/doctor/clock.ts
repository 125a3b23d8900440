import { type ClockSources, clockState } from '../health/clock-sync.ts';
import type { ClockState } from '../model/observation.ts';
import { type Board, keysIn } from './board.ts';
import type { Check, Found } from './check.ts';

const SUBJECT = 'clock';
/** Services that set a clock by the network. */
const KEEPERS = ['systemd-timesyncd', 'chrony', 'chronyd', 'ntp', 'ntpsec', 'openntpd'];

/** Whether the clock is right, by whom, and what holds it through a power cut. `now` is UTC milliseconds. */
export function clockCheck(board: Board, now: number): Check {
  return {
    subject: SUBJECT,
    look: async () => {
      const shown = keysIn((await board.said('timedatectl', ['show'])) ?? '');
      const state = await clockState(sourcesOf(board, shown), now);
      const active = (await board.said('systemctl', ['is-active', ...KEEPERS]))?.trim().split('\n') ?? [];
      const keepers = KEEPERS.filter((_, index) => active[index] === 'active');
      return [stateFound(state, { keepers, now, isOff: shown['NTP'] === 'no' }), chipFound(board)];
    },
  };
}

function sourcesOf(board: Board, { NTPSynchronized }: Readonly<Record<string, string>>): ClockSources {
  return {
    exists: (path) => board.owner(path) !== undefined,
    text: (path) => board.text(path),
    timedatectl: async () => NTPSynchronized,
  };
}

interface Keeping {
  readonly keepers: readonly string[];
  readonly now: number;
  readonly isOff: boolean;
}

function stateFound(state: ClockState, { keepers, now, isOff }: Keeping): Found {
  const by = keepers.length > 0 ? ` by ${keepers.join(' and ')}` : '';
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  if (state === 'ntp') return { subject: SUBJECT, verdict: 'ok', what: `${time}, synchronised${by}` };
  const hint =
    keepers.length > 0 && !isOff
      ? 'does the network let UDP port 123 out? timedatectl timesync-status, or chronyc sources'
      : 'nobody sets it: timedatectl set-ntp true';
  const what = `${time}, but no time server has been heard`;
  if (state === 'rtc')
    return { subject: SUBJECT, verdict: 'warning', what: `${what}; it is as right as its chip`, hint };
  return { subject: SUBJECT, verdict: 'wrong', what: `${what}: times are not known to be right`, hint };
}

function chipFound(board: Board): Found {
  const [chip] = board.names('/sys/class/rtc');
  const name = chip === undefined ? undefined : board.text(`/sys/class/rtc/${chip}/name`)?.trim();
  if (chip !== undefined) return { subject: 'clock chip', verdict: 'ok', what: `${chip}${name ? ` (${name})` : ''}` };
  const what = 'there is none: after a power cut, times wait for a time server';
  return {
    subject: 'clock chip',
    verdict: 'unknown',
    what,
    hint: 'a DS3231 on I2C (dtoverlay=i2c-rtc,ds3231) keeps it',
  };
}
