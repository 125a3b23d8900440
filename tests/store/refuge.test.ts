import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CursorState } from '../../src/store/cursor.ts';
import { placeInMemory } from '../../src/store/memory-directory.ts';
import { openFile } from '../../src/store/open-file.ts';
import { makeRefuge } from '../../src/store/refuge.ts';
import type { SqliteFile } from '../../src/store/sqlite-file.ts';
import { copyWhileOpen } from '../support/damage.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const uplinks = ['city', 'region'];

/** An outbox's file and the refuge that may stand in for it. */
class Place {
  readonly options: Parameters<typeof openFile>[0];
  readonly refuge: string;
  readonly told: string[] = [];

  constructor() {
    const directory = temporaryDirectory();
    const path = join(directory, 'outbox.db');
    const memoryDirectory = join(directory, 'memory');
    this.options = { path, uplinks, bootId: 'boot', startedAt: 1e12, memoryDirectory };
    this.refuge = placeInMemory(path, memoryDirectory) ?? '';
  }

  home(): SqliteFile {
    return openFile(this.options, ({ event }) => this.told.push(event));
  }

  /** Opened by its own path, as nothing asks here whether the disk can be written. */
  inRefuge(): SqliteFile {
    return openFile({ ...this.options, path: this.refuge }, ({ event }) => this.told.push(event));
  }

  leave(file: SqliteFile): void {
    file.leave((from, newestId) => makeRefuge(this.refuge, { uplinks, from, newestId }), 1e12);
  }
}

/** Keeps so many rows of one device in the newest epoch, and settles ids up to one for the city. */
function add(
  file: SqliteFile,
  count: number,
  how: { readonly settled?: number; readonly content?: string } = {},
): void {
  const { epoch, devices, newestId } = file.opened;
  const head = devices.find((device) => device.epoch === epoch)?.head ?? 0;
  const rows = Array.from({ length: count }, (_, n) => {
    const content = how.content ?? `[{"n":${n}}]`;
    return [newestId + 1 + n, 0, head + 1 + n, 0, 1e12, 5, 'ntp', null, content, 1] as const;
  });
  const cursor = (settled: CursorState['settled']) => ({ settled, unsure: [], isSending: false, gone: 0 });
  const city = cursor(how.settled === undefined ? [] : [{ from: 1, to: how.settled }]);
  file.commit({
    delete: [],
    rows,
    devices: [{ epoch, name: 'a', head: head + count, complete: null, durableUntil: 1e12 }],
    memories: {},
    cursors: { city, region: cursor([]) },
  });
}

const keys = (file: SqliteFile) =>
  file
    .read({ from: 1, to: Number.MAX_SAFE_INTEGER, limit: 1e6 })
    .map(({ id, epoch, sequence }) => `${id} ${epoch} ${sequence}`);

const settledBy = (file: SqliteFile) => file.opened.cursors['city']?.settled;

describe('a file that had to go into memory', () => {
  it('comes home with its rows, their keys, its epoch, and what was told', () => {
    const place = new Place();
    const before = place.home();
    add(before, 100, { settled: 30 });
    const first = before.opened.epoch;
    place.leave(before);

    const refuge = place.inRefuge();
    const { epoch } = refuge.opened;
    expect(epoch).not.toBe(first);
    expect(keys(refuge)).toEqual(Array.from({ length: 100 }, (_, n) => `${n + 1} ${first} ${n + 1}`));
    add(refuge, 10, { settled: 105 });
    expect(refuge.candidates({ priority: 'normal', within: { from: 1, to: 1e6 }, limit: 1000 }).rows.length).toBe(10);
    refuge.close(2e12);
    cpSync(join(place.refuge, '..'), join(place.refuge, '..', '..', 'copy'), { recursive: true });

    const after = place.home();
    expect(place.told).toEqual(['writable']);
    expect(existsSync(place.refuge)).toBe(false);
    expect(after.opened).toMatchObject({ epoch, newestId: 110, lastRun: { wasClean: true } });
    expect(settledBy(after)).toEqual([{ from: 1, to: 105 }]);
    expect(keys(after).slice(98)).toEqual([
      `99 ${first} 99`,
      `100 ${first} 100`,
      ...Array.from({ length: 10 }, (_, n) => `${101 + n} ${epoch} ${n + 1}`),
    ]);
    expect(after.stats().rows).toBe(110);
    const whole = keys(after);
    after.close(3e12);

    // The program may die before the refuge is removed.
    cpSync(join(place.refuge, '..', '..', 'copy'), join(place.refuge, '..'), { recursive: true });
    const again = place.home();
    expect(keys(again)).toEqual(whole);
    expect(settledBy(again)).toEqual([{ from: 1, to: 105 }]);
    again.close(4e12);
  });

  it('after a power cut the file on the disk goes on with its own numbers', () => {
    const place = new Place();
    const before = place.home();
    add(before, 100);
    const { epoch } = before.opened;
    const path = copyWhileOpen(place.options.path);
    place.leave(before);
    add(place.inRefuge(), 50);
    // The refuge is in memory: gone.
    const after = openFile({ ...place.options, path }, () => undefined);
    expect(after.opened).toMatchObject({ epoch, newestId: 100, lastRun: { wasClean: false, durableUntil: 1e12 } });
    expect(after.opened.devices).toMatchObject([{ epoch, head: 100 }]);
    after.close(2e12);
  });

  it('rows that were too many to be taken along stay open', () => {
    const place = new Place();
    const before = place.home();
    add(before, 12, { content: 'x'.repeat(2 ** 20) });
    place.leave(before);
    const refuge = place.inRefuge();
    expect(keys(refuge).length).toBe(7);
    // There they are passed over; at home nobody has been told of them.
    add(refuge, 1, { settled: 13 });
    refuge.close(2e12);
    const after = place.home();
    expect(keys(after).length).toBe(13);
    expect(settledBy(after)).toEqual([{ from: 6, to: 13 }]);
    after.close(3e12);
  });

  it('beside a file that could not be read: ids lie above all that it can have used', () => {
    const place = new Place();
    const before = place.home();
    add(before, 20, { settled: 5 });
    before.close(1e12);
    makeRefuge(place.refuge, { uplinks });
    const refuge = place.inRefuge();
    add(refuge, 3);
    refuge.close(2e12);
    const after = place.home();
    expect(after.opened.epoch).toBe(refuge.opened.epoch);
    expect(keys(after).map((key) => key.split(' ')[2])).toEqual([
      ...Array.from({ length: 20 }, (_, n) => `${n + 1}`),
      '1',
      '2',
      '3',
    ]);
    expect(settledBy(after)).toEqual([
      { from: 1, to: 5 },
      { from: 21, to: refuge.opened.newestId },
    ]);
    expect(after.stats().rows).toBe(23);
    after.close(3e12);
  });

  it('beside a file that has gone on by itself meanwhile: ids make way, keys stay', () => {
    const place = new Place();
    const before = place.home();
    add(before, 20);
    place.leave(before);
    const refuge = place.inRefuge();
    add(refuge, 5, { settled: 22 });
    refuge.close(2e12);
    const elsewhere = openFile({ ...place.options, memoryDirectory: temporaryDirectory() }, () => undefined);
    add(elsewhere, 10);
    elsewhere.close(2e12);
    const after = place.home();
    const { epoch } = refuge.opened;
    expect(keys(after).slice(-5)).toEqual([1, 2, 3, 4, 5].map((n) => `${30 + n} ${epoch} ${n}`));
    expect(settledBy(after)).toEqual([
      { from: 1, to: 20 },
      { from: 31, to: 32 },
    ]);
    after.close(3e12);
  });
});
