import type { Memory } from '../hal/memory.ts';
import type { Loss } from '../model/loss.ts';
import type { Observation } from '../model/observation.ts';
import { Cursor } from './cursor.ts';
import { lossRow, type NewRow, newRow } from './new-row.ts';
import type { LastRun, Outbox, OutboxStats, Row } from './outbox.ts';
import { Waiters } from './waiters.ts';

/** An outbox that forgets all when the program ends: for tests, and for a look at a device without keeping anything. */
export class MemoryOutbox implements Outbox {
  readonly epoch = '00000000-0000-4000-8000-000000000000';
  readonly lastRun: LastRun = { wasClean: true };
  readonly #cursors: ReadonlyMap<string, Cursor>;
  readonly #heads = new Map<string, number>();
  readonly #memories = new Map<string, string>();
  readonly #appended = new Waiters();
  #rows: Row[] = [];
  #newestId = 0;

  constructor(uplinks: readonly string[]) {
    this.#cursors = new Map(uplinks.map((name) => [name, new Cursor(0)]));
  }

  async append(observation: Observation): Promise<void> {
    this.#keep(newRow(observation));
  }

  async declareLoss(loss: Loss): Promise<void> {
    this.#keep(lossRow(loss));
  }

  memory(device: string): Memory {
    return {
      load: async () => this.#memories.get(device),
      save: async (text) => {
        this.#memories.set(device, text);
      },
    };
  }

  async lease(uplink: string, limit: number, signal: AbortSignal): Promise<readonly Row[]> {
    const cursor = this.#cursor(uplink);
    while (cursor.leased >= this.#newestId) await this.#appended.wait(signal);
    const from = this.#rows.findIndex(({ id }) => id > cursor.leased);
    const rows = this.#rows.slice(from, from + limit);
    cursor.lease(rows.map(({ id }) => id));
    return rows;
  }

  acknowledge(uplink: string, ids: readonly number[]): void {
    this.#cursor(uplink).acknowledge(ids);
    const settled = Math.min(...Array.from(this.#cursors.values(), (cursor) => cursor.settled));
    this.#rows = this.#rows.filter(({ id }) => id > settled);
  }

  release(uplink: string): void {
    this.#cursor(uplink).release();
  }

  async stats(): Promise<OutboxStats> {
    const newest = this.#rows.at(-1);
    return {
      heads: Object.fromEntries(this.#heads),
      backlog: Object.fromEntries(
        Array.from(this.#cursors, ([name, { settled }]) => [name, this.#newestId - settled] as const),
      ),
      rows: this.#rows.length,
      sizeBytes: 0,
      ...(newest ? { durableUntil: newest.at } : {}),
    };
  }

  async close(): Promise<void> {
    this.#rows = [];
  }

  #keep({ uptimeMs: _, ...row }: NewRow): void {
    const sequence = (this.#heads.get(row.device) ?? 0) + 1;
    this.#heads.set(row.device, sequence);
    this.#newestId += 1;
    this.#rows.push({ id: this.#newestId, epoch: this.epoch, sequence, ...row });
    this.#appended.wake();
  }

  #cursor(uplink: string): Cursor {
    const cursor = this.#cursors.get(uplink);
    if (!cursor) throw new RangeError(`no uplink called ${uplink}`);
    return cursor;
  }
}
