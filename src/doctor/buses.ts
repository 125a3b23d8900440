import type { BusConfig } from '../config/config.ts';
import type { Board } from './board.ts';
import type { Check, Found } from './check.ts';
import { gatewayUser, groupName, may } from './user.ts';

/** Why a bus of a kind may be missing, and where to switch it on (Raspberry Pi OS: config.txt and its overlays). */
const MISSING: Readonly<Record<BusConfig['kind'], string>> = {
  i2c: 'switch it on (dtparam=i2c_arm=on in config.txt, or raspi-config), load i2c-dev, and restart the board',
  serial: 'is the adapter plugged in? ls -l /dev/serial/by-id names those that are; the board’s own: enable_uart=1',
  onewire: 'switch it on (dtoverlay=w1-gpio in config.txt) and restart the board; ls /sys/bus/w1/devices',
  gpio: 'name another chip: cat /sys/class/gpio/gpiochip*/label shows those that there are',
};

const SYSFS_GPIO = '/sys/class/gpio';

/** Whether each bus is there, may be opened by the gateway, and is nobody else's. `pid` is the gateway's that runs. */
export function busChecks(buses: readonly BusConfig[], board: Board, pid: number | undefined): Check[] {
  return buses.map((bus) => ({
    subject: `bus ${bus.name}`,
    look: () => (bus.kind === 'gpio' ? [lookAtChip(bus, board)] : [lookAtPath(bus, board, pid)]),
  }));
}

type OnPath = Exclude<BusConfig, { kind: 'gpio' }>;

function lookAtPath(bus: OnPath, board: Board, pid: number | undefined): Found {
  const subject = `bus ${bus.name}`;
  const real = board.real(bus.path);
  const owner = real === undefined ? undefined : board.owner(real);
  if (real === undefined || !owner) {
    return { subject, verdict: 'wrong', what: `${bus.path} is not there`, hint: MISSING[bus.kind] };
  }
  if (bus.kind === 'onewire') return { subject, verdict: 'ok', what: `${bus.path}: ${partsText(bus.path, board)}` };
  const user = gatewayUser(board, pid);
  if (user && !may(user, owner, true)) {
    const group = groupName(board, owner.gid);
    const hint = `usermod -aG ${group} ${user.name}, and restart the gateway (ls -l ${real} shows who may)`;
    return { subject, verdict: 'wrong', what: `${bus.path} may not be opened by ${user.name}`, hint };
  }
  return lookAtHolders({ ...bus, real }, board, pid);
}

/** w1_slave names begin with a family of two hexadecimal digits. */
function partsText(path: string, board: Board): string {
  const parts = board.names(path).filter((name) => /^[0-9a-f]{2}-/.test(name)).length;
  return `${parts} ${parts === 1 ? 'part' : 'parts'} on it`;
}

function lookAtHolders(
  { name, kind, path, real }: OnPath & { readonly real: string },
  board: Board,
  pid: number | undefined,
): Found {
  const subject = `bus ${name}`;
  const others = holdersOf(real, board).filter((holder) => holder !== pid);
  const names = others.map(
    (holder) => `${board.text(`/proc/${holder}/comm`)?.trim() ?? 'a program'} (process ${holder})`,
  );
  if (others.length > 0 && kind === 'serial') {
    const hint = `two programs on one line take each other’s bytes: ${releaseHint(names.join(), real)}`;
    return { subject, verdict: 'wrong', what: `${path} is also held by ${names.join(', ')}`, hint };
  }
  if (kind === 'serial' && isConsole(real, board)) {
    const hint = 'take console=… for it out of cmdline.txt (raspi-config: Serial Port), and restart the board';
    return { subject, verdict: 'wrong', what: `${path} is the kernel’s console`, hint };
  }
  if (others.length > 0) {
    const hint = 'it may share the bus, but not talk to the same parts';
    return { subject, verdict: 'warning', what: `${path} is also held by ${names.join(', ')}`, hint };
  }
  return { subject, verdict: 'ok', what: `${path} is there and may be opened` };
}

function releaseHint(names: string, real: string): string {
  if (names.includes('getty')) return `systemctl disable --now serial-getty@${real.replace('/dev/', '')}`;
  if (names.includes('ModemManager')) return 'systemctl disable --now ModemManager, where no modem needs it';
  return 'stop the other';
}

/** proc(5), "/proc/pid/fd": of other users' processes only root sees it. */
function holdersOf(real: string, board: Board): number[] {
  const processes = board.names('/proc').filter((name) => /^\d+$/.test(name));
  return processes
    .filter((process) =>
      board.names(`/proc/${process}/fd`).some((file) => board.link(`/proc/${process}/fd/${file}`) === real),
    )
    .map(Number);
}

function isConsole(real: string, board: Board): boolean {
  const words = (board.text('/proc/cmdline') ?? '').split(/\s+/).filter((word) => word.startsWith('console='));
  const consoles = words.map((word) => `/dev/${word.slice('console='.length).split(',')[0]}`);
  return consoles.some((path) => (board.real(path) ?? path) === real);
}

function lookAtChip({ name, chip }: Extract<BusConfig, { kind: 'gpio' }>, board: Board): Found {
  const subject = `bus ${name}`;
  const folders = board.names(SYSFS_GPIO).filter((folder) => folder.startsWith('gpiochip'));
  const labels = folders.flatMap((folder) => board.text(`${SYSFS_GPIO}/${folder}/label`)?.trim() ?? []);
  if (labels.includes(chip)) return { subject, verdict: 'ok', what: `the GPIO chip ${chip} is there` };
  const there = labels.length > 0 ? `there are ${labels.join(', ')}` : `${SYSFS_GPIO} has none`;
  return { subject, verdict: 'wrong', what: `there is no GPIO chip ${chip}: ${there}`, hint: MISSING.gpio };
}
