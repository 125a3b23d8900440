import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { NumberSet } from '../../src/model/number-set.ts';

/** What so many kills came to. */
export interface Killed {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly corrupt: number;
  readonly newEpochs: number;
}

// The built program is killed: what runs is what is shipped.
const APPENDING = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/tests/kill/appending.js' : './appending.js', import.meta.url),
);
/** From the first row on, so that a kill may hit any moment of a commit. */
const LIVES_MS = 400;

/** Kills a program that appends, at random moments, loaded and idle in turn; each life goes on with the same file. */
export async function killRounds(path: string, rounds: number): Promise<Killed> {
  let [acknowledged, lost, corrupt, newest] = [0, 0, 0, 0];
  const epochs = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const output = await oneLife(path, newest + 1, round % 2 === 0 ? 'loaded' : 'idle');
    epochs.add(/^epoch (.+)$/m.exec(output)?.[1] ?? 'none');
    const kept = Array.from(output.matchAll(/^kept (\d+)$/gm), ([, number]) => Number(number));
    acknowledged += kept.length;
    const found = numbersIn(path);
    if (!found.isWhole) corrupt += 1;
    // Rows that were told are cleared away; every other one must be there.
    lost += kept.filter((number) => !found.told.has(number) && !found.numbers.has(number)).length;
    newest = found.head;
  }
  return { rounds, acknowledged, lost, corrupt, newEpochs: epochs.size - 1 };
}

async function oneLife(path: string, first: number, pace: 'loaded' | 'idle'): Promise<string> {
  const child = spawn(process.execPath, [APPENDING, path, String(first), pace], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  await sleep(Math.random() * LIVES_MS);
  child.kill('SIGKILL');
  await closed;
  // A line that was cut off while it was written says nothing.
  return output.slice(0, output.lastIndexOf('\n') + 1);
}

interface Found {
  readonly isWhole: boolean;
  readonly head: number;
  readonly numbers: ReadonlySet<number>;
  readonly told: NumberSet;
}

/** Looks into the file as it was left: SQLite's own check, dense numbers, and each with the value that was kept. */
function numbersIn(path: string): Found {
  const db = new Database(path, { readonly: true });
  const isSound = db.pragma('integrity_check', { simple: true }) === 'ok';
  const head = (db.prepare('SELECT max(head) FROM device').pluck().get() as number | null) ?? 0;
  const rows = db.prepare('SELECT id, sequence, at FROM message ORDER BY id').all() as {
    readonly id: number;
    readonly sequence: number;
    readonly at: number;
  }[];
  const cursor = db.prepare('SELECT settled, beyond FROM uplink').get() as
    | { readonly settled: number; readonly beyond: string }
    | undefined;
  db.close();
  // There is one device: a row's id is its number.
  const told = new NumberSet(cursor ? [{ from: 1, to: cursor.settled }] : []);
  for (const [from, to] of JSON.parse(cursor?.beyond ?? '[]') as [number, number][]) told.add(from, to);
  const numbers = new Set(rows.map(({ sequence }) => sequence));
  const isRight = rows.every(({ id, sequence, at }) => sequence === id && at === id && id <= head);
  const isDense = told.gaps({ from: 1, to: head }).every(({ from, to }) => {
    return Array.from({ length: to - from + 1 }, (_, index) => from + index).every((number) => numbers.has(number));
  });
  return { isWhole: isSound && isRight && isDense, head, numbers, told };
}
