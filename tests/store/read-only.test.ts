import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DiskOutbox } from '../support/disk-outbox.ts';
import { describeWith } from '../support/programs.ts';
import { SmallDisk } from '../support/small-disk.ts';

const failures = [
  { name: 'the kernel makes it read-only', fail: (disk: SmallDisk) => disk.becomeReadOnly() },
  { name: 'it is gone: reading fails as well', fail: (disk: SmallDisk) => disk.die() },
];
const durabilities = ['commit', 'after-ack'] as const;
const ways = failures.flatMap((failure) => durabilities.map((durability) => ({ ...failure, durability })));

describeWith(['ext4'], 'an outbox on a disk that takes nothing any more', () => {
  it.each(ways)(
    '$durability, $name: goes on in memory, and comes home at a start where it can be written',
    async ({ fail, durability }) => {
      const disk = new SmallDisk('ext4', 16);
      const run = new DiskOutbox(disk, { durability, commitMs: durability === 'commit' ? 1 : 50 });
      const first = await run.open();
      const { epoch } = first;
      await run.keep(first, 500);
      await first.memory('a').save('4711');
      await first.memory('a', 'counters').save('4712');
      await run.keep(first, 1);
      await run.tell(first, 200);
      // With the next commit the file knows what was told.
      await run.keep(first, 1);
      await first.stats();
      fail(disk);
      await run.keep(first, 300);
      expect(run.news).toEqual(['read-only']);
      expect(first.epoch).not.toBe(epoch);
      expect(await first.memory('a').load()).toBe('4711');
      await run.tell(first, 150);
      await run.keep(first, 20);
      await first.close();

      const second = await run.open();
      expect(second.epoch).toBe(first.epoch);
      expect(second.lastRun.wasClean).toBe(true);
      await run.keep(second, 20);
      await run.tell(second, 50);
      await second.close();
      expect(run.news).toEqual(['read-only']);

      disk.unmount();
      disk.mount();
      const third = await run.open();
      expect(run.news).toEqual(['read-only', 'writable']);
      expect(third.epoch).toBe(first.epoch);
      expect(await third.memory('a').load()).toBe('4711');
      expect(await third.memory('a', 'counters').load()).toBe('4712');
      await run.keep(third, 20);
      await run.tell(third);
      expect((await third.stats()).backlog).toEqual({ city: 0 });
      await third.close();
      expect(run.missing).toEqual([]);
      expect(run.complaints).toEqual([]);
      // Nothing is told twice but what was under way.
      expect(run.told.length).toBeLessThan(run.kept + 20);
    },
  );

  it('after a power cut goes on from the disk: what was told of it meanwhile is told again with equal bytes', async () => {
    const disk = new SmallDisk('ext4', 16);
    const run = new DiskOutbox(disk);
    const first = await run.open();
    const { epoch } = first;
    await run.keep(first, 500);
    await run.tell(first, 100);
    disk.becomeReadOnly();
    await run.keep(first, 50);
    await run.tell(first);
    const { kept } = run;
    await first.close();
    rmSync(run.memoryDirectory, { recursive: true });
    disk.unmount();
    disk.mount();
    const second = await run.open();
    expect(second).toMatchObject({ epoch, lastRun: { wasClean: false, durableUntil: Date.UTC(2026, 10, 23, 12) } });
    await run.keep(second, 50);
    await run.tell(second);
    await second.close();
    expect(run.told.length).toBeGreaterThan(kept + 300);
    expect(run.missing).toEqual([]);
    expect(run.complaints).toEqual([]);
  });

  it.each([
    { name: 'with a file that was closed', isHot: false, isThere: true },
    { name: 'with a file and its log, as after a power cut', isHot: true, isThere: true },
    { name: 'without a file', isHot: false, isThere: false },
  ])('starts on one that is mounted read-only, $name', async ({ isHot, isThere }) => {
    const disk = new SmallDisk('ext4', 16);
    const run = new DiskOutbox(disk);
    if (isThere) {
      const first = await run.open();
      await run.keep(first, 300);
      if (isHot) disk.die();
      await first.close().catch((cause: Error) => expect(cause.message).toContain('outbox.db'));
      rmSync(run.memoryDirectory, { recursive: true, force: true });
      run.events.length = 0;
    }
    disk.unmount();
    disk.mount('ro');
    const second = await run.open();
    expect(run.news).toEqual(['read-only']);
    expect(second.lastRun.wasClean).toBe(!isHot);
    await run.keep(second, 30);
    await run.tell(second, 200);
    await second.close();
    disk.unmount();
    disk.mount();
    const third = await run.open();
    expect(run.news).toEqual(['read-only', 'writable']);
    expect(third.epoch).toBe(second.epoch);
    await run.tell(third);
    await third.close();
    expect(run.missing).toEqual([]);
    expect(run.complaints).toEqual([]);
    expect(run.told.length).toBe(run.kept);
  });

  it('without a directory in memory, says why it cannot start', async () => {
    const disk = new SmallDisk('ext4', 16);
    const run = new DiskOutbox(disk, { memoryDirectory: join(disk.directory, 'memory') });
    disk.unmount();
    disk.mount('ro');
    await expect(run.open()).rejects.toMatchObject({ name: 'StoreError' });
  });
});
