import { describe, expect, it } from 'vitest';
import type { BusConfig } from '../../src/config/config.ts';
import { busChecks } from '../../src/doctor/buses.ts';
import { clockCheck } from '../../src/doctor/clock.ts';
import { configFileOf, isOutboxHeld } from '../../src/doctor/running.ts';
import { serviceChecks } from '../../src/doctor/service.ts';
import { versionsCheck } from '../../src/doctor/versions.ts';
import { statusOf } from '../support/status.ts';
import { told } from './told.ts';
import { boardOf, type Tree } from './tree.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const I2C: BusConfig = { kind: 'i2c', name: 'one', path: '/dev/i2c-1' };
const LINE = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
const SERIAL: BusConfig = { kind: 'serial', name: 'p1', path: '/dev/serial/by-id/usb-1', ...LINE };

const bus = (config: BusConfig, tree: Tree, pid?: number) => told(...busChecks([config], boardOf(tree), pid));

describe('a bus', () => {
  const users = {
    '/etc/passwd': 'root:x:0:0::/:\ndorpel:x:990:980::/:\n',
    '/etc/group': 'root:x:0:\ndialout:x:20:x\ni2c:x:998:y,dorpel\n',
  };
  const mode660 = (gid: number) => ({ mode: 0o660, uid: 0, gid });

  it('is well where it is there and the service’s user may open it', async () => {
    const tree = { files: { ...users, '/dev/i2c-1': '' }, owners: { '/dev/i2c-1': mode660(998) } };
    expect(await bus(I2C, tree)).toEqual(['ok bus one: /dev/i2c-1 is there and may be opened']);
  });

  it('is wrong where it is missing, with how to switch it on', async () => {
    expect((await bus(I2C, {}))[0]).toMatch(/^wrong bus one: \/dev\/i2c-1 is not there → .*dtparam=i2c_arm=on/);
    expect((await bus(SERIAL, {}))[0]).toMatch(/is the adapter plugged in/);
  });

  it('is wrong where the user is not of its group, with the command that mends it', async () => {
    const tree = { files: { ...users, '/dev/i2c-1': '' }, owners: { '/dev/i2c-1': mode660(20) } };
    expect((await bus(I2C, tree))[0]).toMatch(/^wrong .*may not be opened by dorpel → usermod -aG dialout dorpel/);
  });

  it('is judged by the user of the gateway that runs', async () => {
    const status = 'Name:\tnode\nUid:\t7\t7\t7\t7\nGid:\t7\t7\t7\t7\nGroups:\t20 44 \n';
    const files = { ...users, '/dev/i2c-1': '', '/proc/55/status': status };
    expect((await bus(I2C, { files, owners: { '/dev/i2c-1': mode660(20) } }, 55))[0]).toMatch(/^ok/);
    expect((await bus(I2C, { files, owners: { '/dev/i2c-1': mode660(998) } }, 55))[0]).toMatch(/by user 7 →/);
  });

  it('is wrong where the group may read it only', async () => {
    const owners = { '/dev/i2c-1': { mode: 0o640, uid: 0, gid: 998 } };
    expect((await bus(I2C, { files: { ...users, '/dev/i2c-1': '' }, owners }))[0]).toMatch(/^wrong/);
  });

  it('names who else holds it: on a line that is wrong, on I2C it may be', async () => {
    const files = { '/dev/ttyUSB0': '', '/dev/i2c-1': '', '/proc/9/comm': 'ModemManager\n' };
    const held = { [SERIAL.path]: '/dev/ttyUSB0', '/proc/9/fd/3': '/dev/ttyUSB0', '/proc/9/fd/4': '/dev/i2c-1' };
    expect((await bus(SERIAL, { files, links: held }))[0]).toMatch(
      /^wrong .*also held by ModemManager \(process 9\) → .*systemctl disable --now ModemManager/,
    );
    expect((await bus(I2C, { files, links: held }))[0]).toMatch(/^warning .*also held by ModemManager/);
    // The gateway itself is nobody else.
    expect((await bus(SERIAL, { files, links: held }, 9))[0]).toMatch(/^ok/);
  });

  it('must not be the kernel’s console', async () => {
    const files = { '/dev/ttyAMA0': '', '/proc/cmdline': 'quiet console=serial0,115200 root=/dev/mmcblk0p2\n' };
    const links = { [SERIAL.path]: '/dev/ttyAMA0', '/dev/serial0': '/dev/ttyAMA0' };
    expect((await bus(SERIAL, { files, links }))[0]).toMatch(/^wrong .*kernel’s console → .*cmdline\.txt/);
  });

  it('counts the parts on 1-Wire and names the GPIO chips that there are', async () => {
    const wire: BusConfig = { kind: 'onewire', name: 'w', path: '/sys/bus/w1/devices/w1_bus_master1' };
    const files = { [`${wire.path}/28-0000/id`]: '', '/sys/class/gpio/gpiochip512/label': 'pinctrl-bcm2711\n' };
    expect(await bus(wire, { files })).toEqual([`ok bus w: ${wire.path}: 1 part on it`]);
    const chip = (label: string): BusConfig => ({ kind: 'gpio', name: 'g', chip: label });
    expect((await bus(chip('pinctrl-bcm2711'), { files }))[0]).toMatch(/^ok/);
    expect((await bus(chip('pinctrl-rp1'), { files }))[0]).toMatch(/^wrong .*there are pinctrl-bcm2711/);
  });
});

describe('the clock', () => {
  const clock = (programs: Tree['programs'], files: Tree['files'] = {}) =>
    told(clockCheck(boardOf({ programs: programs ?? {}, files }), NOW));

  it('says who has synchronised it, and which chip there is', async () => {
    const programs = { timedatectl: 'NTP=yes\nNTPSynchronized=yes\n', systemctl: 'inactive\nactive\ninactive\n' };
    expect(await clock(programs, { '/sys/class/rtc/rtc0/name': 'rtc-ds1307\n' })).toEqual([
      'ok clock: 2026-11-24T12:00:00Z, synchronised by chrony',
      'ok clock chip: rtc0 (rtc-ds1307)',
    ]);
  });

  it('is wrong where nobody was heard, with what to look at', async () => {
    const silent = { timedatectl: 'NTP=yes\nNTPSynchronized=no\n', systemctl: 'active\n' };
    expect((await clock(silent))[0]).toMatch(/^wrong clock: .*not known to be right → .*UDP port 123/);
    expect((await clock({ timedatectl: 'NTP=no\nNTPSynchronized=no\n' }))[0]).toMatch(/timedatectl set-ntp true/);
    const chip = { '/sys/class/rtc/rtc0/hctosys': '1\n' };
    expect((await clock(silent, chip))[0]).toMatch(/^warning clock: .*as right as its chip/);
  });
});

describe('the service and the watchdog', () => {
  const UNIT = {
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    Result: 'success',
    NRestarts: '0',
    UnitFileState: 'enabled',
    WatchdogUSec: '1min',
  };
  const shown = (unit: object) =>
    Object.entries({ ...UNIT, ...unit })
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  const watchdog = { '/sys/class/watchdog/watchdog0/identity': 'Broadcom BCM2835 Watchdog timer\n' };
  const service = (unit: object, runtime: string, files: Tree['files'] = watchdog) => {
    const manager = 'systemctl show -p RuntimeWatchdogUSec --value';
    return told(
      ...serviceChecks(boardOf({ files: files ?? {}, programs: { systemctl: shown(unit), [manager]: runtime } })),
    );
  };

  it('are well', async () => {
    expect(await service({}, '14s\n')).toEqual([
      'ok service: dorpel is active and was never restarted',
      'ok watchdog: Broadcom BCM2835 Watchdog timer resets the board after 14s',
    ]);
  });

  it.each<[string, object, string, RegExp]>([
    [
      'failed',
      { ActiveState: 'failed', Result: 'exit-code' },
      '14s',
      /^wrong service: dorpel is failed .*journalctl -u dorpel/,
    ],
    ['restarted', { NRestarts: '7' }, '14s', /^warning service: .*again 7 times/],
    ['not enabled', { UnitFileState: 'disabled' }, '14s', /^warning service: .*systemctl enable dorpel/],
    ['not watched', { WatchdogUSec: '0' }, '14s', /^warning watchdog: systemd does not watch the service/],
    ['no watchdog of the board', {}, '0', /^warning watchdog: .*not used.*RuntimeWatchdogSec=14s/],
    ['more than the chip can count', {}, '1min', /^warning watchdog: .*cannot count to 1min/],
    ['not installed', { LoadState: 'not-found' }, '14s', /^unknown service: there is no service called dorpel/],
  ])('%s', async (_what, unit, runtime, line) => {
    expect((await service(unit, runtime)).filter((one) => line.test(one))).toHaveLength(1);
  });

  it('are not known where there is no systemd', async () => {
    expect(await told(...serviceChecks(boardOf({})))).toEqual([
      'unknown service: systemd does not run here',
      'unknown watchdog: this board shows no watchdog',
    ]);
  });
});

describe('versions', () => {
  it('are told; an old Node is wrong, a gateway of before the update is worth a word', async () => {
    const board = boardOf({ files: { '/proc/sys/kernel/osrelease': '6.6.1\n', '/proc/device-tree/model': 'Pi 4\0' } });
    const look = (node: string, running?: string) => {
      const status =
        running === undefined ? undefined : statusOf({ gateway: { id: 'a', owner: 'b', version: running, pid: 1 } });
      return told(versionsCheck({ version: '0.2.0', node }, status, board));
    };
    expect(await look('v20.19.0')).toEqual(['ok versions: Dorpel 0.2.0, Node v20.19.0, Linux 6.6.1, Pi 4']);
    expect((await look('v20.18.9'))[0]).toMatch(/^wrong .*Node 20\.19 or later/);
    expect((await look('v22.1.0', '0.1.0'))[1]).toMatch(/^warning .*still 0\.1\.0.*restart/);
  });
});

describe('a gateway that runs', () => {
  it('is seen by the lock on its outbox', () => {
    const files = {
      '/data/outbox.db': '',
      '/proc/locks': '1: POSIX  ADVISORY  WRITE 26887 fe:00:2179100 1073741826 1073742335\n',
    };
    const held = (ino: number) => isOutboxHeld('/data', boardOf({ files, owners: { '/data/outbox.db': { ino } } }));
    expect(held(2179100)).toBe(true);
    expect(held(179100)).toBe(false);
  });

  it('names its config on its command line', () => {
    const fileOf = (cmdline: string) => {
      return configFileOf(7, boardOf({ files: { '/proc/7/cmdline': cmdline }, links: { '/proc/7/cwd': '/srv' } }));
    };
    expect(fileOf('node\0dorpel.cjs\0run\0--config\0/etc/dorpel.yaml\0')).toBe('/etc/dorpel.yaml');
    expect(fileOf('node\0dorpel.cjs\0run\0--config=gateway.yaml\0')).toBe('/srv/gateway.yaml');
    expect(fileOf('node\0dorpel.cjs\0demo\0')).toBeUndefined();
  });
});
