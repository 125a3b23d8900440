import type { Range } from '../model/number-set.ts';
import { PRIORITIES } from '../model/observation.ts';
import type { Commit, DeviceCommit, DeviceNumbers, KeptRow, RowValues } from './commit.ts';
import type { CursorState } from './cursor.ts';
import type { Durable } from './ledger.ts';
import type { Held } from './pending.ts';
import { KINDS } from './read-rows.ts';
import type { Plan } from './room.ts';

/** A commit on its way, and what comes of it when it has come through. */
export interface Batch {
  readonly taken: readonly Held[];
  readonly durable: Durable;
  readonly devices: readonly DeviceNumbers[];
  readonly memories: Readonly<Record<string, string>>;
  readonly cursors: Readonly<Record<string, CursorState>>;
  /** Rows that all have. */
  readonly cleared: readonly Range[];
  /** Rows that go, their losses being among those taken. */
  readonly plan: Plan | undefined;
  /** There was more to take. */
  readonly isCut: boolean;
}

/** The commit as the thread wants it. */
export function commitOf({ durable: { rows }, devices, memories, cursors, cleared, plan }: Batch): Commit {
  const durableUntil = new Map<string, number>();
  for (const row of rows) if (row.kind === 'observation') durableUntil.set(keyOf(row.epoch, row.device), row.at);
  const places = new Map(devices.map(({ epoch, name }, index) => [keyOf(epoch, name), index]));
  return {
    delete: [...cleared, ...(plan?.drop.ranges ?? [])],
    rows: rows.map((row) => valuesOf(row, places.get(keyOf(row.epoch, row.device)) ?? 0)),
    devices: devices.map((device): DeviceCommit => {
      return { ...device, durableUntil: durableUntil.get(keyOf(device.epoch, device.name)) ?? null };
    }),
    memories,
    cursors,
  };
}

function valuesOf(row: KeptRow, device: number): RowValues {
  const { id, sequence, kind, at, uptimeMs, clock, durationSeconds = null, content, priority } = row;
  const place = kind === KINDS[0] ? 0 : 1;
  return [id, device, sequence, place, at, uptimeMs, clock, durationSeconds, content, PRIORITIES.indexOf(priority)];
}

const keyOf = (epoch: string, device: string) => `${epoch}/${device}`;
