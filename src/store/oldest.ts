import type { Cursor } from './cursor.ts';
import type { FileThread } from './file-thread.ts';
import type { Row } from './outbox.ts';
import type { Recent } from './recent.ts';

/** Ranges in which a row is looked for: of what was dropped nothing is left. */
const LOOKS = 4;

interface Places {
  readonly thread: Pick<FileThread, 'ask'>;
  readonly recent: Recent;
}

/**
 * When the oldest row was measured that waits for an uplink, in UTC milliseconds; undefined where nothing waits. Looked
 * up each time: it may be dropped, or its time corrected, and to read one row costs next to nothing.
 */
export async function oldestAt(cursor: Cursor, newestId: number, places: Places): Promise<number | undefined> {
  for (const { from, to } of cursor.settled.gaps({ from: 1, to: newestId }).slice(0, LOOKS)) {
    const row = await firstRow(from, to, places);
    if (row) return row.at;
  }
  return undefined;
}

async function firstRow(from: number, to: number, { thread, recent }: Places): Promise<Row | undefined> {
  const [inMemory] = recent.within({ from, to }, 1);
  if (from >= recent.oldestId) return inMemory;
  const [inFile] = await thread.ask('read', { from, to, limit: 1 });
  return inFile ?? inMemory;
}
