import { describe, expect, it } from 'vitest';
import { diskCheck } from '../../src/doctor/disk.ts';
import { powerCheck } from '../../src/doctor/power.ts';
import { told } from './told.ts';
import { boardOf, type Tree } from './tree.ts';

describe('the disk', () => {
  const SD = '31 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw,commit=30\n';
  const disk = (tree: Tree) => {
    const files = { '/data/outbox.db': '', '/proc/self/mountinfo': SD, ...tree.files };
    return told(diskCheck('/data', boardOf({ ...tree, files })));
  };

  it('is well: room, mount, wear, kernel', async () => {
    const files = {
      '/sys/class/block/mmcblk0/stat': '1 2 3 4 5 6 2048000 8 9\n',
      '/proc/uptime': '86400.00 1\n',
      '/sys/class/block/mmcblk0/device/life_time': '0x01 0x02\n',
    };
    expect(await disk({ files, programs: { journalctl: 'all is quiet\n' } })).toEqual([
      'ok disk room: 954 MiB free of 1907 MiB at /data',
      'ok disk mount: ext4 at /, rw, noatime, commit=30',
      'ok disk writes: 1000 MiB written to mmcblk0 in 1.0 days',
      'ok disk wear: mmcblk0 has used 10 to 20 % of its life',
      'ok disk in the kernel’s log: nothing wrong in it',
    ]);
  });

  it.each<[string, Tree, RegExp]>([
    ['full', { freeBytes: 1e6 }, /^wrong disk room: 1 MiB free/],
    ['nearly full', { freeBytes: 1e8 }, /^warning disk room/],
    [
      'read-only',
      { files: { '/proc/self/mountinfo': SD.replace('rw,noatime', 'ro') } },
      /^wrong disk mount: .*read-only/,
    ],
    [
      'in memory',
      { files: { '/proc/self/mountinfo': `${SD}32 31 0:4 / /data rw - tmpfs tmpfs rw\n` } },
      /^warning disk mount: tmpfs at \/data.*goes with the power/,
    ],
    [
      'worn out',
      { files: { '/sys/class/block/mmcblk0/device/life_time': '0x0b 0x01\n' } },
      /^wrong disk wear: .*all of/,
    ],
    [
      'short of spare blocks',
      {
        files: {
          '/sys/class/block/mmcblk0/device/life_time': '0x02 0x01\n',
          '/sys/class/block/mmcblk0/device/pre_eol_info': '0x02\n',
        },
      },
      /^warning disk wear/,
    ],
    ['a card that does not tell', {}, /^unknown disk wear: mmcblk0 does not tell/],
    ['errors', { files: { '/sys/fs/ext4/mmcblk0p2/errors_count': '3\n' } }, /^wrong disk errors: .*3 errors/],
    [
      'trouble in the kernel’s log',
      { programs: { journalctl: 'loop0: I/O error\nmmc0: cache flush error -110\n' } },
      /^warning disk in the kernel’s log: 1 lines of trouble, the last: mmc0/,
    ],
    ['a log that may not be read', {}, /^unknown disk in the kernel’s log: .*sudo/],
  ])('%s', async (_what, tree, line) => {
    expect((await disk(tree)).filter((one) => line.test(one))).toHaveLength(1);
  });
});

describe('power and heat', () => {
  const power = (tree: Tree) => told(powerCheck(boardOf(tree)));
  const volt = (alarm: string) => ({
    '/sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
    '/sys/class/hwmon/hwmon1/in0_lcrit_alarm': alarm,
  });

  it.each<[string, Tree, RegExp]>([
    [
      'under-voltage now, by the kernel',
      { files: volt('1\n') },
      /^wrong power: under-voltage at this moment → .*5\.1 V/,
    ],
    ['under-voltage now, by the firmware', { programs: { vcgencmd: 'throttled=0x50005\n' } }, /^wrong power/],
    ['under-voltage earlier', { programs: { vcgencmd: 'throttled=0x50000\n' } }, /^warning power: .*since the start/],
    ['enough', { programs: { vcgencmd: 'throttled=0x0\n' } }, /^ok power: enough since the start/],
    ['enough now', { files: volt('0\n') }, /^ok power: enough at this moment/],
    ['a board that does not tell', {}, /^unknown power/],
  ])('%s', async (_what, tree, line) => {
    expect(await power(tree)).toEqual([expect.stringMatching(line)]);
  });

  it('a processor that is too hot', async () => {
    const at = (text: string) => power({ files: { '/sys/class/thermal/thermal_zone0/temp': text } });
    expect(await at('82100\n')).toContainEqual(expect.stringMatching(/^warning heat: .*82 °C: it slows down/));
    expect(await at('45000\n')).toContain('ok heat: the processor has 45 °C');
  });
});
