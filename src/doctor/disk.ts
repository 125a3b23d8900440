import { dirname } from 'node:path';
import type { Board } from './board.ts';
import type { Check, Found } from './check.ts';

const MIB = 2 ** 20;
/** Less than this, and the outbox has no room to grow in an outage. */
const LITTLE_BYTES = 200 * MIB;
const NOTHING_BYTES = 20 * MIB;
const SECTOR_BYTES = 512;

/** The disk that the outbox is on: room, how it is mounted, errors, and how far it is worn. */
export function diskCheck(directory: string, board: Board): Check {
  return {
    subject: 'disk',
    look: async () => {
      const place = existing(directory, board);
      const mount = mountOf(board.real(place) ?? place, board);
      return [
        roomFound(place, board),
        ...(mount ? [mountFound(mount), ...wearFound(mount, board), ...errorsFound(mount, board)] : []),
        await kernelFound(diskOf(mount), board),
      ];
    },
  };
}

/** The directory, or the nearest above it that there is already. */
function existing(directory: string, board: Board): string {
  return board.owner(directory) || dirname(directory) === directory ? directory : existing(dirname(directory), board);
}

function roomFound(place: string, board: Board): Found {
  const subject = 'disk room';
  const room = board.room(place);
  if (!room) return { subject, verdict: 'unknown', what: `${place} cannot be looked at` };
  const what = `${inMib(room.freeBytes)} free of ${inMib(room.sizeBytes)} at ${place}`;
  if (room.freeBytes >= LITTLE_BYTES) return { subject, verdict: 'ok', what };
  const hint = 'see what takes it: journalctl --disk-usage, du -xh / | sort -h | tail';
  return { subject, verdict: room.freeBytes < NOTHING_BYTES ? 'wrong' : 'warning', what, hint };
}

const inMib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

interface Mount {
  readonly point: string;
  readonly options: readonly string[];
  readonly type: string;
  /** `mmcblk0p2`; empty where it is no block device. */
  readonly device: string;
}

/** proc(5), "/proc/pid/mountinfo"; the last line that fits is what is on top. */
function mountOf(path: string, board: Board): Mount | undefined {
  const lines = (board.text('/proc/self/mountinfo') ?? '').split('\n').filter(Boolean);
  const mounts = lines.map((line): Mount => {
    const [front = '', back = ''] = line.split(' - ');
    const [, , , , point = '', options = ''] = front.split(' ');
    const [type = '', source = '', superOptions = ''] = back.split(' ');
    const device = /^\/dev\/([\w-]+)$/.exec(source)?.[1] ?? '';
    return { point, type, device, options: [...options.split(','), ...superOptions.split(',')] };
  });
  const fitting = mounts.filter(({ point }) => path === point || path.startsWith(point === '/' ? '/' : `${point}/`));
  return fitting.toSorted((a, b) => a.point.length - b.point.length).at(-1);
}

function mountFound({ point, type, options }: Mount): Found {
  const subject = 'disk mount';
  const what = `${type} at ${point}, ${[...new Set(options)].filter((option) => /^(ro|rw|.*atime|sync|commit=)/.test(option)).join(', ')}`;
  if (options.includes('ro')) {
    const hint = 'see dmesg: a card that fails is made read-only. Until it is mended nothing outlives a power cut';
    return { subject, verdict: 'wrong', what: `${what}: it is read-only`, hint };
  }
  if (type === 'tmpfs' || type === 'ramfs') {
    const hint = 'set storage.path to a directory on the card';
    return { subject, verdict: 'warning', what: `${what}: it is in memory, and goes with the power`, hint };
  }
  return { subject, verdict: 'ok', what };
}

/** `mmcblk0` of `mmcblk0p2`, `sda` of `sda1`. */
function diskOf(mount: Pick<Mount, 'device'> | undefined): string {
  return (mount?.device ?? '').replace(/^((?:mmcblk|nvme\d+n)\d+)p\d+$|^([a-z]+)\d+$/, '$1$2');
}

/** JEDEC 84-B51, EXT_CSD 268 and 269: 0x01 is 0 to 10 % of life used … 0x0a 90 to 100 %, 0x0b more; 267: what is left of spare. */
function wearFound({ device }: Mount, board: Board): Found[] {
  const disk = diskOf({ device });
  if (disk === '') return [];
  const sectors = Number(board.text(`/sys/class/block/${disk}/stat`)?.trim().split(/\s+/)[6]);
  const days = Number(board.text('/proc/uptime')?.split(' ')[0]) / 86_400;
  const written = `${inMib(sectors * SECTOR_BYTES)} written to ${disk} in ${days.toFixed(1)} days`;
  const found: Found[] = Number.isNaN(sectors + days) ? [] : [{ subject: 'disk writes', verdict: 'ok', what: written }];
  const ages = (board.text(`/sys/class/block/${disk}/device/life_time`) ?? '').trim().split(/\s+/).map(Number);
  const age = Math.max(...ages);
  const spare = Number(board.text(`/sys/class/block/${disk}/device/pre_eol_info`));
  if (!(age > 0)) {
    const what = `${disk} does not tell how far it is worn (SD cards do not)`;
    return [...found, { subject: 'disk wear', verdict: 'unknown', what }];
  }
  const used = age > 10 ? 'all of its life' : `${(age - 1) * 10} to ${age * 10} % of its life`;
  const what = `${disk} has used ${used}`;
  const verdict = age > 10 || spare === 3 ? 'wrong' : age > 8 || spare === 2 ? 'warning' : 'ok';
  const hint = 'plan to replace it: dorpel queue shows what must be told before';
  return [...found, { subject: 'disk wear', verdict, what, ...(verdict === 'ok' ? {} : { hint }) }];
}

function errorsFound({ device }: Mount, board: Board): Found[] {
  const errors = Number(board.text(`/sys/fs/ext4/${device}/errors_count`));
  if (!(errors > 0)) return [];
  const what = `the file system on ${device} has met ${errors} errors since it was last checked`;
  return [
    {
      subject: 'disk errors',
      verdict: 'wrong',
      what,
      hint: 'fsck at the next start (fsck.mode=force); replace the card',
    },
  ];
}

const TROUBLE =
  /I\/O error|mmc\d+: .*(?:error|timeout|timed out)|EXT4-fs error|Remounting filesystem read-only|Card stuck/i;

/** What the kernel has said of the disk since the start. */
async function kernelFound(disk: string, board: Board): Promise<Found> {
  const subject = 'disk in the kernel’s log';
  const asked = ['-k', '-b', '--no-pager', '-o', 'cat', '-n', '5000'];
  const log = (await board.said('journalctl', asked))?.trim() || (await board.said('dmesg', []))?.trim();
  if (!log) return { subject, verdict: 'unknown', what: 'this user may not read it', hint: 'sudo dorpel doctor' };
  const lines = log.split('\n').filter((line) => TROUBLE.test(line) && isAbout(disk, line));
  const last = lines.at(-1);
  if (last === undefined) return { subject, verdict: 'ok', what: 'nothing wrong in it' };
  const what = `${lines.length} lines of trouble, the last: ${last.trim().slice(0, 120)}`;
  return {
    subject,
    verdict: 'warning',
    what,
    hint: 'a card, a reader or a supply that fails: replace it before it is read-only',
  };
}

/** A card's controller is called `mmc0`, what is on it `mmcblk0`. */
function isAbout(disk: string, line: string): boolean {
  return disk !== '' && (line.includes(disk) || (disk.startsWith('mmcblk') && line.includes(disk.replace('blk', ''))));
}
