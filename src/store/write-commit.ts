import type { Commit, DeviceCommit, RowValues } from './commit.ts';
import type { CursorState } from './cursor.ts';
import type { Database, Statement } from './database.ts';
import { MEMORY_COLUMNS, type MemoryName, memoryName } from './memories.ts';
import { rangesText, type StoredDevice } from './opening.ts';
import { forgetRecovery } from './recovery-note.ts';

/** Writes commits into the tables; the transaction around it is the caller's. */
export class CommitWriter {
  readonly #db: Database;
  /** By epoch and name. */
  readonly #deviceIds = new Map<string, number>();
  readonly #statements = new Map<string, Statement>();
  /** The first observation shows that the opening has returned, and what it told. */
  #isUntold = true;
  /** Made in a transaction that may still be taken back. */
  #newDevices: string[] = [];

  constructor(db: Database, devices: readonly StoredDevice[]) {
    this.#db = db;
    for (const device of devices) this.#deviceIds.set(keyOf(device), device.id);
  }

  /** How many rows were deleted is answered. */
  write({ delete: deleted, rows, devices, memories, cursors }: Commit, runId: number): number {
    this.#newDevices = [];
    const remove = this.#statement('DELETE FROM message WHERE id BETWEEN ? AND ?');
    let count = 0;
    for (const { from, to } of deleted) count += remove.run(from, to).changes;
    const ids = devices.map((device) => this.#deviceId(device));
    this.#insert(rows, ids, runId);
    if (this.#isUntold && rows.some(([, , , kind]) => kind === 0)) {
      forgetRecovery(this.#db);
      this.#isUntold = false;
    }
    const update = this.#statement(
      'UPDATE device SET head = ?, complete = ?, durable_until = coalesce(?, durable_until) WHERE id = ?',
    );
    for (const [index, { head, complete, durableUntil }] of devices.entries()) {
      update.run(head, complete, durableUntil, ids[index]);
    }
    for (const [key, text] of Object.entries(memories)) this.#remember(memoryName(key), text);
    for (const [name, cursor] of Object.entries(cursors)) this.#writeCursor(name, cursor);
    return count;
  }

  /** The last `write` was taken back. */
  forget(): void {
    for (const key of this.#newDevices) this.#deviceIds.delete(key);
    this.#isUntold = true;
  }

  #insert(rows: readonly RowValues[], deviceIds: readonly number[], runId: number): void {
    const insert = this.#statement(
      `INSERT INTO message (id, device, sequence, kind, at, uptime_ms, clock, duration_s, content, priority, run)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const [id, device, ...rest] of rows) insert.run(id, deviceIds[device], ...rest, runId);
  }

  #remember({ device, kind }: MemoryName, text: string): void {
    this.#statement(
      `UPDATE device SET ${MEMORY_COLUMNS[kind]} = ? WHERE name = ? AND epoch = (SELECT max(id) FROM epoch)`,
    ).run(text, device);
  }

  #writeCursor(name: string, { settled, unsure, isSending, gone }: CursorState): void {
    const [first] = settled;
    const isPrefix = first?.from === 1;
    this.#statement(
      `INSERT INTO uplink (name, settled, beyond, unsure, sending, gone) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET settled = excluded.settled, beyond = excluded.beyond, unsure = excluded.unsure,
         sending = excluded.sending, gone = excluded.gone`,
    ).run(
      name,
      isPrefix ? first.to : 0,
      rangesText(isPrefix ? settled.slice(1) : settled),
      rangesText(unsure),
      isSending ? 1 : 0,
      gone,
    );
  }

  #deviceId(device: DeviceCommit): number {
    const key = keyOf(device);
    const known = this.#deviceIds.get(key);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#statement(
      'INSERT INTO device (epoch, name) VALUES ((SELECT id FROM epoch WHERE uuid = ?), ?)',
    ).run(device.epoch, device.name);
    const id = Number(lastInsertRowid);
    this.#deviceIds.set(key, id);
    this.#newDevices.push(key);
    return id;
  }

  #statement(sql: string): Statement {
    const prepared = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

const keyOf = ({ epoch, name }: { readonly epoch: string; readonly name: string }) => `${epoch}/${name}`;
