import { type Board, keysIn } from './board.ts';
import type { Check, Found } from './check.ts';

const UNIT = 'dorpel';
/** The BCM2835's watchdog takes some 15 s; systemd with more has none at all (systemd#27427). */
const WATCHDOG_AT_MOST_S = 15;

/** What systemd says of the service, and who notices when the board hangs. */
export function serviceChecks(board: Board): Check[] {
  return [
    { subject: 'service', look: async () => serviceFound(await unitOf(board)) },
    { subject: 'watchdog', look: async () => watchdogFound(board, await unitOf(board)) },
  ];
}

type Unit = Readonly<Record<string, string>>;

const ASKED = 'LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState,WatchdogUSec';

async function unitOf(board: Board): Promise<Unit | undefined> {
  const unit = keysIn((await board.said('systemctl', ['show', UNIT, '-p', ASKED])) ?? '');
  return unit['LoadState'] === undefined ? undefined : unit;
}

function serviceFound(unit: Unit | undefined): Found[] {
  const subject = 'service';
  if (!unit) return [{ subject, verdict: 'unknown', what: 'systemd does not run here' }];
  const { LoadState, ActiveState, SubState, Result, NRestarts = '0', UnitFileState } = unit;
  if (LoadState !== 'loaded') return [{ subject, verdict: 'unknown', what: `there is no service called ${UNIT}` }];
  const journal = `journalctl -u ${UNIT} -n 50 says why`;
  if (ActiveState !== 'active') {
    const what = `${UNIT} is ${ActiveState} (${SubState}, ${Result})`;
    return [{ subject, verdict: 'wrong', what, hint: `${journal}; systemctl start ${UNIT}` }];
  }
  const found: Found[] = [];
  if (NRestarts !== '0') {
    found.push({
      subject,
      verdict: 'warning',
      what: `${UNIT} was started again ${NRestarts} times by systemd`,
      hint: journal,
    });
  }
  if (UnitFileState === 'disabled') {
    const what = `${UNIT} runs, but does not start with the board`;
    found.push({ subject, verdict: 'warning', what, hint: `systemctl enable ${UNIT}` });
  }
  return found.length > 0 ? found : [{ subject, verdict: 'ok', what: `${UNIT} is active and was never restarted` }];
}

async function watchdogFound(board: Board, unit: Unit | undefined): Promise<Found[]> {
  const subject = 'watchdog';
  const identity = board.text('/sys/class/watchdog/watchdog0/identity')?.trim();
  const [device] = board.names('/sys/class/watchdog');
  const ofService: Found[] =
    unit?.['LoadState'] === 'loaded' && unit['WatchdogUSec'] === '0'
      ? [{ subject, verdict: 'warning', what: 'systemd does not watch the service', hint: `WatchdogSec= in its unit` }]
      : [];
  if (device === undefined)
    return [...ofService, { subject, verdict: 'unknown', what: 'this board shows no watchdog' }];
  const manager = await board.said('systemctl', ['show', '-p', 'RuntimeWatchdogUSec', '--value']);
  if (manager === undefined) return [...ofService, { subject, verdict: 'unknown', what: 'systemd does not run here' }];
  return [...ofService, boardFound(identity ?? device, manager.trim())];
}

/** systemd prints lengths of time as people say them: `14s`, `1min`; `0` and `infinity` are none. */
function boardFound(name: string, length: string): Found {
  const subject = 'watchdog';
  const hint = `RuntimeWatchdogSec=14s in /etc/systemd/system.conf, then systemctl daemon-reexec`;
  if (/^(0|infinity|)$/.test(length)) {
    return { subject, verdict: 'warning', what: `${name} is not used: a board that hangs stays so`, hint };
  }
  const seconds = /^(\d+)s$/.exec(length)?.[1];
  const isTooLong = seconds === undefined ? !length.endsWith('ms') : Number(seconds) > WATCHDOG_AT_MOST_S;
  if (isTooLong && /bcm/i.test(name)) {
    return { subject, verdict: 'warning', what: `${name} cannot count to ${length}: it may not be on at all`, hint };
  }
  return { subject, verdict: 'ok', what: `${name} resets the board after ${length}` };
}
