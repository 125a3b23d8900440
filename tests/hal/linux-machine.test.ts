import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linuxMachine } from '../../src/hal/linux/linux-machine.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const MEMINFO = 'MemTotal:         948304 kB\nMemFree:           61236 kB\nMemAvailable:     512000 kB\n';
/** The seventh number is sectors written (kernel documentation, "block/stat"). */
const STAT = '   12345      678   901234     5678     4321      987   400000    12345        0     6789    18023\n';

/** A machine of files, below a directory of its own. */
function machineOf(files: Readonly<Record<string, string>>) {
  const root = temporaryDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(join(root, target), join(root, path));
  };
  return { root, link, look: linuxMachine({ root, directory: root }) };
}

/** Where the kernel shows the disk that a directory is on. */
function deviceLink(directory: string): string {
  const { dev } = statSync(directory);
  return `sys/dev/block/${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
}

const PI = {
  'proc/sys/kernel/random/boot_id': '4a1c\n',
  'proc/loadavg': '0.42 0.30 0.25 1/123 4567\n',
  'proc/meminfo': MEMINFO,
  'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
  'sys/class/thermal/thermal_zone0/temp': '48686\n',
  'sys/class/thermal/thermal_zone1/type': 'gpu-thermal\n',
  'sys/class/thermal/thermal_zone1/temp': '99000\n',
  'sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
  'sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
  'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '0\n',
  'sys/bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled': '50004\n',
};

describe('the machine', () => {
  it('tells what a Raspberry Pi shows to every user', async () => {
    const { look } = machineOf(PI);
    expect(await look()).toMatchObject({
      bootId: '4a1c',
      cpuTemperatureCel: 48.686,
      load: 0.42,
      memoryAvailableBytes: 512_000 * 1024,
      isUnderVoltage: false,
      wasUnderVoltage: true,
      isThrottled: true,
    });
  });

  it.each([
    ['1', '0', { isUnderVoltage: true, wasUnderVoltage: false, isThrottled: false }],
    ['0', '50005', { isUnderVoltage: false, wasUnderVoltage: true, isThrottled: true }],
    ['', '50005', { isUnderVoltage: true, wasUnderVoltage: true, isThrottled: true }],
    ['', '80008', { isUnderVoltage: false, wasUnderVoltage: false, isThrottled: true }],
    ['1', 'x', { isUnderVoltage: true, wasUnderVoltage: undefined, isThrottled: undefined }],
  ])('reads the supply from the alarm %j and the bits %j', async (alarm, bits, expected) => {
    const { look } = machineOf({
      ...PI,
      'sys/class/hwmon/hwmon1/in0_lcrit_alarm': `${alarm}\n`,
      'sys/bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled': `${bits}\n`,
    });
    expect(await look()).toMatchObject(expected);
  });

  it('leaves out what it does not know, and invents no 0', async () => {
    const { look } = machineOf({});
    const { diskFreeBytes, ...rest } = await look();
    expect(diskFreeBytes).toBeGreaterThan(0);
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([]);
  });

  it('finds the whole disk behind a partition, what was written to it and how worn it is', async () => {
    const { root, link, look } = machineOf({
      'sys/devices/mmc0/block/mmcblk0/stat': STAT,
      'sys/devices/mmc0/block/mmcblk0/device/life_time': '0x02 0x05\n',
      'sys/devices/mmc0/block/mmcblk0/mmcblk0p2/stat': STAT.replace('400000', '1'),
      'sys/devices/mmc0/block/mmcblk0/mmcblk0p2/partition': '2\n',
    });
    link(deviceLink(root), 'sys/devices/mmc0/block/mmcblk0/mmcblk0p2');
    expect(await look()).toMatchObject({ diskWrittenBytes: 400_000 * 512, diskWearPercent: 50 });
  });

  it('says nothing of the wear of a card that says nothing itself', async () => {
    const { root, link, look } = machineOf({
      'sys/devices/block/sda/stat': STAT,
      'sys/devices/block/sda/device/life_time': '0x00 0x00\n',
    });
    link(deviceLink(root), 'sys/devices/block/sda');
    expect(await look()).toMatchObject({ diskWrittenBytes: 400_000 * 512, diskWearPercent: undefined });
  });

  it('says nothing of a directory that is gone, and does not fail', async () => {
    const { root } = machineOf({});
    rmSync(root, { recursive: true });
    expect((await linuxMachine({ root, directory: root })()).diskFreeBytes).toBeUndefined();
  });
});
