/** The machine by what every user may read of it in /proc and /sys; no program is started for it. */
import { readdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine, MachineState } from '../machine.ts';

/** Which machine. */
export interface LinuxMachineOptions {
  /** A directory on the disk that matters. */
  readonly directory: string;
  /** Stands before `/proc` and `/sys`; absent: nothing. */
  readonly root?: string;
}

/** This machine. What it does not tell, or tells in another way than is known here, is left out. */
export function linuxMachine({ directory, root = '' }: LinuxMachineOptions): Machine {
  const files = new Files(root);
  return async () => ({
    bootId: await files.text('/proc/sys/kernel/random/boot_id'),
    cpuTemperatureCel: await cpuTemperature(files),
    ...(await supply(files)),
    // proc_loadavg(5): the first is the average over a minute.
    load: numberIn(/^([\d.]+)/, await files.text('/proc/loadavg')),
    memoryAvailableBytes: kibibytes(await files.text('/proc/meminfo')),
    ...(await disk(directory, files)),
  });
}

/** Kernel files below a root: a file that is not there, or not to be read, is undefined. */
class Files {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async text(path: string): Promise<string | undefined> {
    return (await readFile(join(this.#root, path), 'utf8').catch(() => undefined))?.trim();
  }

  /** The entries of a directory, as paths. */
  async below(path: string): Promise<readonly string[]> {
    const names = await readdir(join(this.#root, path)).catch(() => []);
    return names.toSorted().map((name) => join(path, name));
  }

  /** Where a link leads to; undefined where it is none. */
  async target(path: string): Promise<string | undefined> {
    const [real, root] = await Promise.all([
      realpath(join(this.#root, path)).catch(() => undefined),
      realpath(this.#root || '/'),
    ]);
    return real?.slice(this.#root ? root.length : 0);
  }
}

// As the kernels of the boards name it: Raspberry Pi, Allwinner, Rockchip, and the package of an amd64 processor.
const CPU_ZONE = /^(cpu|soc|bigcore|littlecore|package|x86_pkg)/;

/** The hottest of the processor's zones (kernel documentation, "thermal/sysfs-api": millidegrees). */
async function cpuTemperature(files: Files): Promise<number | undefined> {
  const zones = (await files.below('/sys/class/thermal')).filter((path) => /thermal_zone\d+$/.test(path));
  const found = await Promise.all(
    zones.map(async (zone) => {
      if (!CPU_ZONE.test((await files.text(`${zone}/type`)) ?? '')) return [];
      return numberIn(/^(-?\d+)$/, await files.text(`${zone}/temp`)) ?? [];
    }),
  );
  const milli = found.flat();
  return milli.length > 0 ? Math.max(...milli) / 1000 : undefined;
}

// Raspberry Pi documentation, "vcgencmd", "get_throttled".
const UNDER_VOLTAGE = 0x1;
const HELD_BACK = 0x2 | 0x4 | 0x8;
const WAS_UNDER_VOLTAGE = 0x10000;

/**
 * The supply of a Raspberry Pi. Its kernel's driver raspberrypi-hwmon asks the firmware every 2 s and shows whether the
 * supply was too low since; all the bits stand in get_throttled, as of that moment. Other boards say nothing.
 */
async function supply(files: Files): Promise<Partial<MachineState>> {
  const [alarm, bits] = await Promise.all([alarmOf(files), throttledBits(files)]);
  const has = (mask: number) => (bits === undefined ? undefined : (bits & mask) !== 0);
  return {
    isUnderVoltage: alarm ?? has(UNDER_VOLTAGE),
    wasUnderVoltage: has(WAS_UNDER_VOLTAGE),
    isThrottled: has(HELD_BACK),
  };
}

async function alarmOf(files: Files): Promise<boolean | undefined> {
  for (const sensor of await files.below('/sys/class/hwmon')) {
    if ((await files.text(`${sensor}/name`)) !== 'rpi_volt') continue;
    const alarm = await files.text(`${sensor}/in0_lcrit_alarm`);
    if (alarm === '0' || alarm === '1') return alarm === '1';
  }
  return undefined;
}

/** The firmware's device is called otherwise on each board; its driver's directory knows it. */
async function throttledBits(files: Files): Promise<number | undefined> {
  for (const device of await files.below('/sys/bus/platform/drivers/raspberrypi-firmware')) {
    const bits = Number.parseInt((await files.text(`${device}/get_throttled`)) ?? '', 16);
    if (!Number.isNaN(bits)) return bits;
  }
  return undefined;
}

/** The disk that the directory is on. */
async function disk(directory: string, files: Files): Promise<Partial<MachineState>> {
  const [room, found] = await Promise.all([
    statfs(directory).catch(() => undefined),
    stat(directory).catch(() => undefined),
  ]);
  const device = found && (await wholeDisk(found.dev, files));
  return {
    diskFreeBytes: room && room.bavail * room.bsize,
    diskWrittenBytes: device === undefined ? undefined : writtenBytes(await files.text(`${device}/stat`)),
    diskWearPercent: device === undefined ? undefined : wearPercent(await files.text(`${device}/device/life_time`)),
  };
}

/** The block device with this number, or the one of which it is a partition; none behind a directory in memory. */
async function wholeDisk(number: number, files: Files): Promise<string | undefined> {
  // As makedev(3) of glibc puts the two together, in the 32 bits that a disk's number takes.
  const major = (number >>> 8) & 0xfff;
  const minor = (number & 0xff) | ((number >>> 12) & 0xfff00);
  const device = await files.target(`/sys/dev/block/${major}:${minor}`);
  if (device === undefined) return undefined;
  return (await files.text(`${device}/partition`)) === undefined ? device : join(device, '..');
}

/** Kernel documentation, "block/stat": the seventh number counts what was written, in sectors of 512 bytes. */
function writtenBytes(line: string | undefined): number | undefined {
  const sectors = Number(line?.split(/\s+/)[6] ?? Number.NaN);
  return Number.isFinite(sectors) ? sectors * 512 : undefined;
}

/** JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST_TYP_A and _B: 1 is up to 10 %, 11 is beyond 100 %, 0 says nothing. */
function wearPercent(text: string | undefined): number | undefined {
  const tenths = Math.max(0, ...(text ?? '').split(/\s+/).map((word) => Number(word) || 0));
  return tenths > 0 && tenths <= 11 ? tenths * 10 : undefined;
}

function kibibytes(meminfo: string | undefined): number | undefined {
  const found = numberIn(/^MemAvailable:\s+(\d+) kB$/m, meminfo);
  return found === undefined ? undefined : found * 1024;
}

function numberIn(pattern: RegExp, text: string | undefined): number | undefined {
  const [, digits] = pattern.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}
