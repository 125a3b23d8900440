import { existsSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DiskOutbox } from '../support/disk-outbox.ts';
import { describeWith } from '../support/programs.ts';
import { type DiskKind, SmallDisk } from '../support/small-disk.ts';

const QUOTA = 2 * 2 ** 20;

describeWith(['tmpfs', 'ext4'], 'an outbox on a disk that somebody else fills', () => {
  it.each<DiskKind>(['tmpfs', 'ext4'])(
    '%s: goes on, drops the oldest and says so, until there is room again',
    async (kind) => {
      const disk = new SmallDisk(kind, 8);
      const run = new DiskOutbox(disk, { quotaBytes: QUOTA });
      const outbox = await run.open();
      await run.keep(outbox, 2000);
      await run.tell(outbox, 10);
      const sizeBytes = () => statSync(run.path).size + statSync(`${run.path}-wal`).size;
      const before = sizeBytes();
      for (let round = 0; round < 60; round += 1) {
        disk.fill();
        await run.keep(outbox, 100);
      }
      expect(run.news.slice(0, 2)).toEqual(['disk-full', 'dropped']);
      expect(sizeBytes()).toBeLessThan(before + QUOTA / 4);

      disk.empty();
      for (let round = 0; round < 5; round += 1) await run.keep(outbox, 10);
      expect(run.ofDisk).toEqual(['disk-full', 'disk-has-room']);
      expect(statSync(`${run.path}.ballast`).size).toBe(QUOTA / 4);
      await run.tell(outbox);
      await outbox.close();
      expect(run.missing).toEqual([]);
      expect(run.complaints).toEqual([]);
      const after = await run.open();
      expect(after.lastRun.wasClean).toBe(true);
      await after.close();
    },
  );

  it.each<DiskKind>(['tmpfs', 'ext4'])(
    '%s: starts where it is full already, with what the ballast gives',
    async (kind) => {
      const disk = new SmallDisk(kind, 8);
      const run = new DiskOutbox(disk, { quotaBytes: QUOTA });
      const first = await run.open();
      await run.keep(first, 1000);
      await first.close();
      disk.fill();
      const outbox = await run.open();
      expect(outbox.epoch).toBe(first.epoch);
      await run.keep(outbox, 100);
      expect(run.ofDisk).toEqual(['disk-full']);
      disk.empty();
      await run.keep(outbox, 10);
      expect(run.ofDisk).toEqual(['disk-full', 'disk-has-room']);
      await run.tell(outbox);
      await outbox.close();
      expect(run.missing).toEqual([]);
      expect(run.complaints).toEqual([]);
    },
  );

  it.each([
    { name: 'without a ballast', isNew: false },
    { name: 'before there is a file', isNew: true },
  ])('starts in memory where it is full to the last byte, $name', async ({ isNew }) => {
    const disk = new SmallDisk('tmpfs', 8);
    const run = new DiskOutbox(disk, { quotaBytes: QUOTA });
    if (!isNew) {
      const first = await run.open();
      await run.keep(first, 1000);
      await first.close();
      disk.remove(`${run.path}.ballast`);
    }
    disk.fill();
    const outbox = await run.open();
    expect(run.news).toContain('read-only');
    await run.keep(outbox, 100);
    await run.tell(outbox, 300);
    await outbox.close();
    disk.empty();
    const after = await run.open();
    expect(run.news.at(-1)).toBe('writable');
    expect(existsSync(run.path)).toBe(true);
    expect(after.epoch).toBe(outbox.epoch);
    await run.keep(after, 10);
    await run.tell(after);
    await after.close();
    expect(run.missing).toEqual([]);
    expect(run.complaints).toEqual([]);
  });

  it('waits in memory where the ballast is used up, and loses nothing of what it has', async () => {
    const disk = new SmallDisk('tmpfs', 8);
    const run = new DiskOutbox(disk, { quotaBytes: QUOTA });
    const outbox = await run.open();
    await run.keep(outbox, 10);
    disk.remove(`${run.path}.ballast`);
    disk.fill();
    const kept = run.keep(outbox, 5000);
    await run.tell(outbox, 10);
    disk.empty();
    await kept;
    await run.tell(outbox);
    await outbox.close();
    expect(run.missing).toEqual([]);
    expect(run.complaints).toEqual([]);
  });
});
