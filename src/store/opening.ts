import { NumberSet, type Range } from '../model/number-set.ts';
import type { DeviceNumbers } from './commit.ts';
import type { CursorState } from './cursor.ts';
import type { Database } from './database.ts';
import { wasStopped } from './inspect.ts';
import type { Declaration } from './losses.ts';
import { MEMORIES, MEMORY_COLUMNS, memoryKey } from './memories.ts';
import type { LastRun } from './outbox.ts';
import { untoldRecovery } from './recovery-note.ts';

/** A device of any epoch, as the file has it. */
export interface StoredDevice extends DeviceNumbers {
  readonly id: number;
}

/** How the run before this one ended. */
export function lastRunOf(db: Database): LastRun {
  const recovered = untoldRecovery(db);
  const durableUntil = db.prepare('SELECT max(durable_until) FROM device').pluck().get() as number | null;
  return {
    wasClean: recovered === undefined && wasStopped(db),
    ...(durableUntil === null ? {} : { durableUntil }),
    ...(recovered ? { recovered } : {}),
  };
}

/** What the devices of the newest epoch remember, by `memoryKey`. */
export function memoriesIn(db: Database): Record<string, string> {
  const newest = 'epoch = (SELECT max(id) FROM epoch)';
  const found = MEMORIES.flatMap((kind) => {
    const column = MEMORY_COLUMNS[kind];
    const rows = db.prepare(`SELECT name, ${column} AS text FROM device WHERE ${newest} AND text IS NOT NULL`).all();
    return (rows as { name: string; text: string }[]).map(({ name, text }) => [
      memoryKey({ device: name, kind }),
      text,
    ]);
  });
  return Object.fromEntries(found);
}

/** Every device of every epoch that has rows, or numbers to go on with. */
export function devicesIn(db: Database): StoredDevice[] {
  return db
    .prepare(
      `SELECT d.id, e.uuid AS epoch, d.name, d.head, d.complete FROM device d JOIN epoch e ON e.id = d.epoch ORDER BY d.id`,
    )
    .all() as StoredDevice[];
}

interface StoredCursor {
  readonly name: string;
  readonly settled: number;
  readonly beyond: string;
  readonly unsure: string;
  readonly sending: number;
  readonly gone: number;
}

/** The cursors of the configured uplinks that the file knows; one that left the config no longer holds rows back. */
export function cursorsIn(db: Database, names: readonly string[]): Record<string, CursorState> {
  const known = db.prepare('SELECT name, settled, beyond, unsure, sending, gone FROM uplink').all() as StoredCursor[];
  for (const { name } of known) {
    if (!names.includes(name)) db.prepare('DELETE FROM uplink WHERE name = ?').run(name);
  }
  // A program that does not note what it sends has run: everything that is not settled may have been sent.
  const isNoted = db.prepare('SELECT first_id FROM run ORDER BY id DESC LIMIT 1').pluck().get() !== null;
  return Object.fromEntries(
    known
      .filter(({ name }) => names.includes(name))
      .map(({ name, settled, beyond, unsure, sending, gone }): [string, CursorState] => {
        const prefix = settled > 0 ? [{ from: 1, to: settled }] : [];
        const [above, doubtful] = [rangesIn(beyond), rangesIn(unsure)];
        const isSending = !isNoted || sending !== 0 || !above || !doubtful;
        return [name, { settled: [...prefix, ...(above ?? [])], unsure: doubtful ?? [], isSending, gone }];
      }),
  );
}

/** Ranges from their text; undefined where that is damaged. */
export function rangesIn(text: string): Range[] | undefined {
  try {
    const pairs = JSON.parse(text) as unknown;
    const isRange = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isSafeInteger);
    if (!Array.isArray(pairs) || !pairs.every(isRange)) return undefined;
    return (pairs as [number, number][]).map(([from, to]) => ({ from, to }));
  } catch {
    return undefined;
  }
}

/** Ranges as they are kept: short, as they are written with many a commit. */
export function rangesText(ranges: readonly Range[]): string {
  return JSON.stringify(ranges.map(({ from, to }) => [from, to]));
}

/**
 * What must be declared before anything else: numbers that nobody can say were used (an end without a stop, when numbers
 * are reserved ahead), and, to uplinks that are new, those that are gone.
 */
export function owedBy(db: Database, devices: readonly StoredDevice[], newUplinks: readonly string[]): Declaration[] {
  const gone = newUplinks.length > 0 ? goneIn(db, devices) : new Map<number, readonly Range[]>();
  return devices.flatMap(({ id, epoch, name, head, complete }) => {
    const lost = [
      ...(gone.get(id) ?? []).map((range) => ({ ...range, reason: 'operator' as const, only: newUplinks })),
      ...(complete === null ? [] : [{ from: complete + 1, to: head, reason: 'unclean' as const }]),
    ];
    return lost.length > 0 ? [{ device: name, epoch, lost }] : [];
  });
}

/** The numbers that have no row, per device. Reads every row; a new uplink is a rare thing. */
function goneIn(db: Database, devices: readonly StoredDevice[]): Map<number, readonly Range[]> {
  const kept = new Map(devices.map(({ id }) => [id, new NumberSet()]));
  if (devices.some(({ head }) => head > 0)) {
    for (const row of db.prepare('SELECT device, sequence FROM message ORDER BY id').iterate()) {
      const { device, sequence } = row as { device: number; sequence: number };
      kept.get(device)?.add(sequence);
    }
  }
  return new Map(
    devices.map(({ id, head, complete }) => [id, kept.get(id)?.gaps({ from: 1, to: complete ?? head }) ?? []]),
  );
}
