import { existsSync, renameSync } from 'node:fs';
import { NumberSet, type Range } from '../model/number-set.ts';
import { newCursor } from './cursor.ts';
import { type Database, openDatabase } from './database.ts';
import { damageIn } from './inspect.ts';
import { placeInMemory } from './memory-directory.ts';
import type { SqliteFileOptions } from './recover.ts';
import { type Border, borderOf, remove } from './refuge.ts';
import { cursorsOf, inserter, type NamedCursor, newestIdIn, rowsOf, type StoredRow, writeCursors } from './transfer.ts';

/**
 * Brings what came about in the refuge back into the file on the disk, which can be written again: rows under their own
 * keys, what was told meanwhile, the epoch that goes on. One transaction; twice is no harm. The refuge is gone then.
 */
export function comeHome({ path, memoryDirectory }: SqliteFileOptions, home: Database): boolean {
  const refuge = placeInMemory(path, memoryDirectory);
  if (refuge === undefined || !existsSync(refuge)) return false;
  if (damageIn(refuge)) {
    renameSync(refuge, `${refuge}.damaged`);
    return false;
  }
  const from = openDatabase(refuge);
  try {
    home.transaction(() => new Homecoming(from, home).merge()).immediate();
  } finally {
    from.close();
  }
  remove(refuge);
  return true;
}

/** Ids there, ids here. */
type Ids = ReadonlyMap<number, number>;

const mapped = (rows: readonly StoredRow[], idOf: (row: StoredRow) => number): Ids =>
  new Map(rows.map((row) => [Number(row['id']), idOf(row)]));

class Homecoming {
  readonly #from: Database;
  readonly #home: Database;
  readonly #border: Border;
  readonly #cursors: ReadonlyMap<string, NamedCursor[1]>;
  readonly #newestId: number;
  /** What is added to the ids: the file may have gone on by itself, without this refuge. */
  readonly #shift: number;

  constructor(from: Database, home: Database) {
    this.#from = from;
    this.#home = home;
    this.#border = borderOf(from);
    const cursors = cursorsOf(home);
    this.#cursors = new Map(cursors);
    this.#newestId = newestIdIn(home, cursors);
    this.#shift = Math.max(0, this.#newestId + 1 - this.#border.firstId);
  }

  merge(): void {
    const newest = 'SELECT id, uuid FROM epoch ORDER BY id DESC LIMIT 1';
    const before = this.#home.prepare(newest).get() as { readonly id: number };
    const { uuid } = this.#from.prepare(newest).get() as { readonly uuid: string };
    if (this.#home.prepare('SELECT 1 FROM epoch WHERE uuid = ?').get(uuid)) return;
    const rows = this.#countRows();
    const devices = this.#mergeDevices(this.#mergeEpochs());
    const merged = this.#mergeRows(devices, this.#mergeRuns());
    this.#mergeCursors();
    this.#mergeMemories(before.id);
    this.#noteRows(rows + merged);
  }

  #mergeEpochs(): Ids {
    const insert = this.#home.prepare('INSERT INTO epoch (uuid) VALUES (?) ON CONFLICT DO NOTHING');
    return mapped(rowsOf(this.#from, 'epoch'), ({ uuid }) => {
      insert.run(uuid);
      return this.#home.prepare('SELECT id FROM epoch WHERE uuid = ?').pluck().get(uuid) as number;
    });
  }

  #mergeDevices(epochs: Ids): Ids {
    const insert = inserter(this.#home, 'device');
    return mapped(rowsOf(this.#from, 'device'), ({ id: _, ...device }) => {
      const epoch = epochs.get(Number(device['epoch']));
      const known = this.#home
        .prepare('UPDATE device SET head = max(head, ?) WHERE epoch = ? AND name = ? RETURNING id')
        .pluck();
      return Number(known.get(device['head'], epoch, device['name']) ?? insert({ ...device, epoch }));
    });
  }

  #mergeRuns(): Ids {
    const insert = inserter(this.#home, 'run');
    const own = rowsOf(this.#from, 'run').filter(({ id }) => Number(id) >= this.#border.firstRun);
    return mapped(own, ({ id: _, ...run }) => insert({ ...run, first_id: Number(run['first_id']) + this.#shift }));
  }

  #mergeRows(devices: Ids, runs: Ids): number {
    const own = this.#from.prepare('SELECT * FROM message WHERE id >= ? ORDER BY id').iterate(this.#border.firstId);
    const insert = inserter(this.#home, 'message');
    let count = 0;
    for (const row of own as IterableIterator<StoredRow>) {
      const [id, device, run] = [Number(row['id']), Number(row['device']), Number(row['run'])];
      insert({ ...row, id: id + this.#shift, device: devices.get(device), run: runs.get(run) ?? run });
      count += 1;
    }
    return count;
  }

  /** What was told of the copies counts; of rows that stayed behind nobody was told. */
  #mergeCursors(): void {
    const { firstId, carried } = this.#border;
    const between = { from: this.#newestId + 1, to: firstId + this.#shift - 1 };
    const here = (ranges: readonly Range[]) => {
      const set = new NumberSet(ranges);
      const own = set.within({ from: firstId, to: Number.MAX_SAFE_INTEGER });
      return [
        ...set.shared(carried),
        ...own.map(({ from, to }) => ({ from: from + this.#shift, to: to + this.#shift })),
      ];
    };
    const merged = cursorsOf(this.#from).map(([name, { settled, unsure, isSending, gone }]): NamedCursor => {
      const before = this.#cursors.get(name) ?? newCursor;
      const all = new NumberSet([...before.settled, ...here(settled)]);
      if (between.from <= between.to) all.add(between.from, between.to);
      const open = new NumberSet([...before.unsure, ...here(unsure)]).ranges.flatMap((range) => all.gaps(range));
      const state = { settled: all.ranges, unsure: open, gone: before.gone + gone };
      return [name, { ...state, isSending: before.isSending || isSending }];
    });
    writeCursors(this.#home, merged);
  }

  /** Memories that the refuge never learnt of go on. */
  #mergeMemories(epochBefore: number): void {
    this.#home
      .prepare(
        `INSERT INTO device (epoch, name, memory, counters)
         SELECT (SELECT max(id) FROM epoch), name, memory, counters FROM device
         WHERE epoch = ? AND (memory IS NOT NULL OR counters IS NOT NULL)
         ON CONFLICT (epoch, name) DO UPDATE SET memory = coalesce(device.memory, excluded.memory),
           counters = coalesce(device.counters, excluded.counters)`,
      )
      .run(epochBefore);
  }

  #countRows(): number {
    const gone = this.#home.prepare('SELECT gone FROM run ORDER BY id DESC LIMIT 1').pluck().get() as
      | number
      | undefined;
    return this.#span() - (gone ?? 0);
  }

  #noteRows(rows: number): void {
    const gone = Math.max(0, this.#span() - rows);
    this.#home.prepare('UPDATE run SET gone = ? WHERE id = (SELECT max(id) FROM run)').run(gone);
  }

  #span(): number {
    return Number(this.#home.prepare('SELECT coalesce(max(id) - min(id) + 1, 0) FROM message').pluck().get());
  }
}
