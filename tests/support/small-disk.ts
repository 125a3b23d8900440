import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PYTHON, pathOf } from './programs.ts';
import { temporaryDirectory } from './temporary.ts';

export type DiskKind = 'tmpfs' | 'ext4';

/** <uapi/linux/ext4.h>: EXT4_IOC_SHUTDOWN, without writing what is in memory. */
const SHUTDOWN = "import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], 0), 0x8004587d, struct.pack('I', 2))";

/** A disk of a few MB of its own, which is gone when the test is over. It takes root. */
export class SmallDisk {
  readonly directory: string;
  readonly #kind: DiskKind;
  readonly #image: string;
  readonly #sizeMib: number;

  constructor(kind: DiskKind, sizeMib: number) {
    const place = temporaryDirectory();
    this.#kind = kind;
    this.#sizeMib = sizeMib;
    this.#image = join(place, 'image');
    this.directory = join(place, 'disk');
    mkdirSync(this.directory);
    if (kind === 'ext4') this.#makeImage();
    this.mount();
    onTestFinished(() => this.unmount());
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  mount(options: 'rw' | 'ro' = 'rw'): void {
    if (this.#kind === 'tmpfs') run('mount', '-t', 'tmpfs', '-o', `size=${this.#sizeMib}m`, 'tmpfs', this.directory);
    else run('mount', '-o', 'loop,errors=remount-ro', this.#image, this.directory);
    // Only then: after an error ext4 has its journal to play back.
    if (options === 'ro') run('mount', '-o', 'remount,ro', this.directory);
  }

  unmount(): void {
    // Lazily: a gateway that a failed test left behind may still have a file open.
    if (this.#device) run('umount', '--lazy', this.directory);
  }

  /** Somebody else writes until nothing more fits. */
  fill(): void {
    const file = openSync(this.#others, 'a');
    for (const bytes of [65_536, 4096, 1]) while (isWritten(file, bytes));
    closeSync(file);
  }

  /** Something that is missing on a full disk. */
  remove(path: string): void {
    rmSync(path, { force: true });
  }

  empty(): void {
    rmSync(this.#others, { force: true });
  }

  /** As after an error of the card: the kernel makes it read-only, files that are open included. */
  becomeReadOnly(): void {
    writeFileSync(`/sys/fs/ext4/${basename(this.#device ?? '')}/trigger_fs_error`, 'test\n');
  }

  /** As a card that is gone: reading and writing fail with EIO. */
  die(): void {
    run(PYTHON, '-c', SHUTDOWN, this.directory);
  }

  get #others(): string {
    return join(this.directory, 'somebody-elses');
  }

  /** What is mounted here. */
  get #device(): string | undefined {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return mounts.map((line) => line.split(' ')).findLast(([, place]) => place === this.directory)?.[0];
  }

  #makeImage(): void {
    writeFileSync(this.#image, '');
    truncateSync(this.#image, this.#sizeMib * 2 ** 20);
    run(pathOf('mkfs.ext4'), '-q', '-m', '0', '-J', 'size=1', this.#image);
  }
}

function isWritten(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes, 7)) > 0;
  } catch {
    return false;
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
