import { closeSync, mkdirSync, openSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultQuota, isDead, isFull, makeDirectory, whyNotWritable } from '../../src/store/disk.ts';
import { describeWith } from '../support/programs.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const MIB = 2 ** 20;

describeWith(['tmpfs'], 'the default quota', () => {
  it('is a third of what is free or the outbox’s already, so that it does not shrink as the outbox grows', () => {
    const disk = new SmallDisk('tmpfs', 12);
    const directory = join(disk.directory, 'outbox');
    expect(defaultQuota(directory), 'of a directory that is not there yet').toBe(4 * MIB);
    mkdirSync(directory);
    writeFileSync(join(directory, 'outbox.db'), Buffer.alloc(6 * MIB));
    expect(defaultQuota(directory)).toBeGreaterThan(3.9 * MIB);
    writeFileSync(join(disk.directory, 'somebody-elses'), Buffer.alloc(3 * MIB));
    expect(defaultQuota(directory)).toBeLessThan(3.1 * MIB);
  });

  it('is 2 GiB at most', () => {
    const { bavail, bsize } = statfsSync('/dev/shm');
    expect(defaultQuota('/dev/shm')).toBe(Math.min(2048 * MIB, Math.floor((bavail * bsize) / 3)));
  });
});

describe('a directory that cannot be had for another reason than the disk', () => {
  it('is the operator’s matter', () => {
    const file = join(temporaryDirectory(), 'file');
    closeSync(openSync(file, 'w'));
    expect(whyNotWritable(join(file, 'outbox'), isDead)).toBeUndefined();
    expect(() => makeDirectory(join(file, 'outbox'))).toThrow(/cannot be made/);
    for (const code of ['EACCES', 'EPERM', 'SQLITE_BUSY', 'SQLITE_CORRUPT', 'SQLITE_IOERR_READ']) {
      expect([isDead({ code }), isFull({ code })], code).toEqual([false, false]);
    }
    for (const code of ['EROFS', 'EIO', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC'])
      expect(isDead({ code })).toBe(true);
  });
});
