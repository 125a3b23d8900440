import type { Memory } from '../hal/memory.ts';
import type { Loss } from '../model/loss.ts';
import type { Range } from '../model/number-set.ts';
import type { Observation } from '../model/observation.ts';
import { Cursor, newCursor } from './cursor.ts';
import { LossTally } from './loss-tally.ts';
import { declarations, rangesFor } from './losses.ts';
import { type MemoryKind, memoryKey } from './memories.ts';
import { lossRow, type NewRow, newRow } from './new-row.ts';
import type { Lane, LastRun, Outbox, OutboxStats, Row, Waiting } from './outbox.ts';
import { Waiters } from './waiters.ts';

/** An outbox that forgets all when the program ends: for tests, and for a look at a device without keeping anything. */
export class MemoryOutbox implements Outbox {
  readonly epoch = '00000000-0000-4000-8000-000000000000';
  readonly lastRun: LastRun = { wasClean: true };
  readonly #cursors: ReadonlyMap<string, Cursor>;
  readonly #heads = new Map<string, number>();
  readonly #memories = new Map<string, string>();
  readonly #changed = new Waiters();
  readonly #rows = new Map<number, Row>();
  readonly #losses = new LossTally();
  #durableUntil: number | undefined;
  #newestId = 0;

  constructor(uplinks: readonly string[]) {
    this.#cursors = new Map(uplinks.map((name) => [name, new Cursor(newCursor, 0)]));
  }

  async append(observation: Observation): Promise<void> {
    this.#keep(newRow(observation));
  }

  async declareLoss(loss: Loss): Promise<void> {
    this.#losses.declared(loss);
    this.#keep(lossRow(loss));
  }

  memory(device: string, kind: MemoryKind = 'driver'): Memory {
    const key = memoryKey({ device, kind });
    return {
      load: async () => this.#memories.get(key),
      save: async (text) => {
        this.#memories.set(key, text);
      },
    };
  }

  async lease(uplink: string, lane: Lane, limit: number, signal: AbortSignal): Promise<readonly Row[]> {
    const cursor = this.#cursor(uplink);
    if (!cursor.isOpen) cursor.begin(this.#newestId);
    for (;;) {
      const rows = this.#next(uplink, lane, limit);
      if (rows.length > 0) return rows;
      await this.#changed.wait(signal);
    }
  }

  acknowledge(uplink: string, ids: readonly number[]): void {
    const cursor = this.#cursor(uplink);
    const cursors = [...this.#cursors.values()];
    for (const id of ids) {
      cursor.settle({ from: id, to: id });
      if (cursors.every((one) => one.isSettled(id))) this.#rows.delete(id);
    }
  }

  giveBack(uplink: string, ids: readonly number[]): void {
    this.#cursor(uplink).giveBack(ids);
    this.#changed.wake();
  }

  async refuse(uplink: string, rows: readonly Row[]): Promise<void> {
    const standings = new Map([[uplink, this.#cursor(uplink)]]);
    for (const { device, lost } of declarations(rows, standings, 'refused')) {
      this.#losses.declared({ lost });
      const row = rows.findLast((one) => one.device === device);
      if (!row) continue;
      const instant = { at: row.at, uptimeMs: 0, clock: row.clock };
      this.#keep(lossRow({ device, instant, lost: lost.map((range) => ({ ...range, only: [uplink] })) }));
    }
    this.acknowledge(
      uplink,
      rows.map(({ id }) => id),
    );
  }

  release(uplink: string): void {
    this.#cursor(uplink).release();
    this.#changed.wake();
  }

  async stats(): Promise<OutboxStats> {
    return {
      heads: Object.fromEntries(this.#heads),
      backlog: Object.fromEntries(
        Array.from(this.#cursors, ([name, cursor]) => [name, cursor.backlog(this.#newestId)] as const),
      ),
      waiting: Object.fromEntries(Array.from(this.#cursors, ([name, cursor]) => [name, this.#waiting(cursor)])),
      losses: this.#losses.counts,
      rows: this.#rows.size,
      sizeBytes: 0,
      ...(this.#durableUntil === undefined ? {} : { durableUntil: this.#durableUntil }),
    };
  }

  #waiting(cursor: Cursor): Waiting {
    const lanes = cursor.lanes(this.#newestId);
    // In the order of keeping; what all have had is gone.
    for (const { id, at } of this.#rows.values()) if (!cursor.isSettled(id)) return { ...lanes, oldestAt: at };
    return lanes;
  }

  async close(): Promise<void> {
    this.#rows.clear();
  }

  #keep({ uptimeMs: _, ...row }: NewRow): void {
    const sequence = (this.#heads.get(row.device) ?? 0) + 1;
    this.#heads.set(row.device, sequence);
    this.#newestId += 1;
    this.#rows.set(this.#newestId, { id: this.#newestId, epoch: this.epoch, sequence, ...row });
    this.#durableUntil = row.at;
    if (row.priority === 'alert') for (const cursor of this.#cursors.values()) cursor.alert(this.#newestId);
    this.#changed.wake();
  }

  #next(uplink: string, lane: Lane, limit: number): Row[] {
    const cursor = this.#cursor(uplink);
    const rows: Row[] = [];
    while (rows.length < limit) {
      const free = cursor.next(lane, { newestId: this.#newestId, keptBack: [] });
      if (!free) break;
      const piece = { from: free.from, to: Math.min(free.to, free.from + limit - rows.length - 1) };
      cursor.take(piece);
      const found = this.#rowsOf(piece);
      cursor.found(
        piece,
        piece.to,
        found.map(({ id }) => id),
      );
      rows.push(...found);
    }
    return rows.map((row) =>
      row.kind === 'loss' ? { ...row, content: JSON.stringify(rangesFor(uplink, row.content)) } : row,
    );
  }

  #rowsOf({ from, to }: Range): Row[] {
    const ids = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return ids.map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
  }

  #cursor(uplink: string): Cursor {
    const cursor = this.#cursors.get(uplink);
    if (!cursor) throw new RangeError(`no uplink called ${uplink}`);
    return cursor;
  }
}
