import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inDirectory } from './processes.ts';

/** A block device of its own with a file system on it. */
export interface Card {
  readonly directory: string;
  /** Bytes written to the device until now, everything that waits included: data, metadata and journal. */
  written(): number;
}

/** Mounts an ext4 image for as long as `act` takes. Rejects where that is not allowed. */
export function withCard<T>(act: (card: Card) => Promise<T>): Promise<T> {
  return inDirectory(async (folder) => {
    const image = join(folder, 'card.img');
    const directory = join(folder, 'card');
    mkdirSync(directory);
    execFileSync('truncate', ['-s', '256M', image]);
    // Nothing is left for the kernel to initialise later: it would count as ours.
    const settings = ['-E', 'lazy_itable_init=0,lazy_journal_init=0'];
    execFileSync('mkfs.ext4', ['-q', '-F', ...settings, image], { stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync('mount', ['-o', 'loop,noatime', image, directory], { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const device = execFileSync('findmnt', ['-no', 'SOURCE', directory], { encoding: 'utf8' }).trim();
      return await act({ directory, written: () => written(directory, basename(device)) });
    } finally {
      execFileSync('umount', [directory]);
    }
  });
}

function written(directory: string, device: string): number {
  execFileSync('sync', ['-f', directory]);
  // Field 7 is sectors written, of 512 bytes (Documentation/block/stat.rst).
  const fields = readFileSync(`/sys/block/${device}/stat`, 'utf8').trim().split(/\s+/);
  return Number(fields[6]) * 512;
}
