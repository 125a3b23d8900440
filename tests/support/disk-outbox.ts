import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { Outbox, Row, StoreEvent } from '../../src/store/outbox.ts';
import { openSqliteOutbox, type SqliteOutboxOptions } from '../../src/store/sqlite-outbox.ts';
import { idsOf, leaseAny } from './leasing.ts';
import { observation } from './observations.ts';
import type { SmallDisk } from './small-disk.ts';
import { temporaryDirectory } from './temporary.ts';

const clock = systemClock(() => 'ntp');

/** What one platform was told, and what was kept, of an outbox on a small disk, over all its lives. */
export class DiskOutbox {
  readonly path: string;
  readonly events: StoreEvent[] = [];
  readonly told: Row[] = [];
  readonly memoryDirectory = join(temporaryDirectory(), 'memory');
  kept = 0;
  readonly #options: Partial<SqliteOutboxOptions>;

  constructor(disk: SmallDisk, options: Partial<SqliteOutboxOptions> = {}) {
    const directory = join(disk.directory, 'outbox');
    mkdirSync(directory);
    this.path = join(directory, 'outbox.db');
    this.#options = options;
  }

  /** The names of the events, each once in a row. */
  get news(): string[] {
    const names = this.events.map(({ event }) => event);
    return names.filter((name, index) => name !== names[index - 1]);
  }

  /** The names of all events but those of rows that were dropped. */
  get ofDisk(): string[] {
    return this.events.map(({ event }) => event).filter((name) => name !== 'dropped');
  }

  open(): Promise<Outbox> {
    return openSqliteOutbox({
      path: this.path,
      commitMs: 1,
      uplinks: ['city'],
      bootId: 'boot',
      clock,
      memoryDirectory: this.memoryDirectory,
      report: (event) => this.events.push(event),
      ...this.#options,
    });
  }

  /** Keeps observations, each with a value of its own. */
  async keep(outbox: Outbox, count: number): Promise<void> {
    const values = Array.from({ length: count }, () => ++this.kept);
    await Promise.all(values.map((value) => outbox.append(observation('a', value))));
  }

  /** Tells so many rows, or all that there are. */
  async tell(outbox: Outbox, count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let left = count; left > 0; ) {
      const rows = await leaseAny(outbox, 'city', Math.min(left, 1000));
      this.told.push(...rows);
      outbox.acknowledge('city', idsOf(rows));
      if (rows.length === 0) return;
      left -= rows.length;
    }
  }

  /** Values that were neither told nor lost by a number that was declared. */
  get missing(): number[] {
    const told = new Set(this.told.flatMap(({ kind, content }) => (kind === 'loss' ? [] : valueIn(content))));
    const declared = this.told.flatMap(({ kind, content }) => (kind === 'loss' ? rangesIn(content) : []));
    const lost = declared.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    const missing = Array.from({ length: this.kept }, (_, n) => n + 1).filter((value) => !told.has(value));
    return missing.length <= lost ? [] : missing;
  }

  /** What is wrong with the numbers told: holes, and keys that stand for different bytes. */
  get complaints(): string[] {
    const found: string[] = [];
    const byKey = new Map<string, string>();
    const accounts = new Map<string, Set<number>>();
    for (const { epoch, device, sequence, kind, at, content } of this.told) {
      const [account, text] = [`${device} ${epoch}`, `${kind} ${at} ${content}`];
      const key = `${account} ${sequence}`;
      if ((byKey.get(key) ?? text) !== text) found.push(`${key}: other bytes`);
      byKey.set(key, text);
      const numbers = accounts.get(account) ?? new Set<number>();
      accounts.set(account, numbers.add(sequence));
      if (kind === 'loss')
        for (const { from, to } of rangesIn(content)) for (let n = from; n <= to; n += 1) numbers.add(n);
    }
    for (const [account, numbers] of accounts) {
      const head = Math.max(...numbers);
      if (numbers.size !== head) found.push(`${account}: ${numbers.size} of ${head}`);
    }
    return found;
  }
}

const valueIn = (content: string): number[] => (JSON.parse(content) as { v: number }[]).map(({ v }) => v);

const rangesIn = (content: string) => JSON.parse(content) as { from: number; to: number }[];
