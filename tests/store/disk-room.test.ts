import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { DiskRoom } from '../../src/store/disk-room.ts';
import { describeWith } from '../support/programs.ts';
import { type DiskKind, SmallDisk } from '../support/small-disk.ts';

const BALLAST = 512 * 1024;
const MAX_PAGES = 4096;

/** A database as the outbox's is, with its disk's room. */
function opened(disk: SmallDisk) {
  const path = join(disk.directory, 'outbox.db');
  const told: string[] = [];
  const room = new DiskRoom({ path, ballastBytes: BALLAST, report: ({ event }) => told.push(event) });
  const db = new Database(path, { timeout: 0 });
  for (const pragma of ['page_size = 1024', 'locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL']) {
    db.pragma(pragma);
  }
  db.pragma('wal_autocheckpoint = 200');
  db.exec('CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, content TEXT)');
  db.pragma(`max_page_count = ${MAX_PAGES}`);
  room.attach(db);
  room.look();
  const insert = db.prepare('INSERT INTO message (content) VALUES (?)');
  const add = db.transaction((count: number) => {
    for (let n = 0; n < count; n += 1) insert.run('x'.repeat(200));
  });
  const drop = db.transaction(
    (count: number) =>
      db.prepare('DELETE FROM message WHERE id < (SELECT min(id) FROM message) + ?').run(count).changes,
  );
  return { path, told, room, db, add, drop };
}

/** The pages that the file may still use, and may use in all. */
function pagesOf(db: Database.Database): { readonly left: number; readonly most: number } {
  const [pages, free, most] = ['page_count', 'freelist_count', 'max_page_count'].map((name) =>
    Number(db.pragma(name, { simple: true })),
  ) as [number, number, number];
  return { left: most - pages + free, most };
}

describeWith(['tmpfs', 'ext4'], 'a disk that somebody else fills', () => {
  it.each<DiskKind>(['tmpfs', 'ext4'])('%s: rows go on being kept in the room of older ones', (kind) => {
    const disk = new SmallDisk(kind, 8);
    const { path, told, room, db, add, drop } = opened(disk);
    for (let n = 0; n < 20; n += 1) add(100);
    disk.fill();
    let rows = 2000;
    for (let n = 0; n < 200; n += 1) {
      // Whoever fills the disk does not stop: what is given back is for the quickest.
      if (n % 10 === 0) disk.fill();
      try {
        room.makingRoom(
          () => add(100),
          () => pagesOf(db).left < 40,
        );
      } catch {
        // The limit that the file has on a full disk.
        while (pagesOf(db).left < pagesOf(db).most / 5) rows -= room.makingRoom(() => drop(50));
        room.makingRoom(() => add(100));
      }
      rows += 100;
    }
    expect(told).toEqual(['disk-full']);
    expect(db.prepare('SELECT count(*) FROM message').pluck().get()).toBe(rows);
    expect(statSync(path).size).toBeLessThan(1.5e6);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');

    room.look();
    expect(told).toEqual(['disk-full']);
    disk.empty();
    room.look();
    room.look();
    expect(told).toEqual(['disk-full', 'disk-has-room']);
    expect(statSync(`${path}.ballast`).size).toBe(BALLAST);
    expect(db.pragma('max_page_count', { simple: true })).toBe(MAX_PAGES);
    db.close();
  });

  it('is told from the limit of the file itself', () => {
    const disk = new SmallDisk('tmpfs', 8);
    const { path, told, room, db, add } = opened(disk);
    db.pragma('max_page_count = 100');
    expect(() => {
      for (;;)
        room.makingRoom(
          () => add(10),
          () => true,
        );
    }).toThrow('full');
    expect(told).toEqual([]);
    expect(existsSync(`${path}.ballast`)).toBe(true);
    db.close();
  });
});
