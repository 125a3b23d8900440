/**
 * `npm run test:crash`: the outbox's real system calls, cut at those of `moments` that `cuts` says, evenly chosen, and the
 * disk left in every way that a power cut may leave it. Nothing acknowledged is missing in any of them, and no number is
 * given twice. A number as argument is the seed, a name behind it the one workload to try.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FAULTS } from './judge.ts';
import type { Tally, Task } from './part.ts';
import { record } from './record.ts';
import { workloads } from './workloads.ts';

const PART = fileURLToPath(new URL('./part.js', import.meta.url));
/** Without syncs every write stays in doubt to the end: so few moments show the loss. */
const ONE_IN_WITHOUT_SYNC = 40;
const MEMORY = '/dev/shm';

const COUNTS = ['calls', 'moments', 'cuts', 'states', 'lost', ...FAULTS] as const;
const none: Tally = {
  ...{ calls: 0, moments: 0, cuts: 0, states: 0, corrupt: 0, lost: 0, reused: 0, untrue: 0, unkept: 0, untold: 0 },
  words: {},
};

async function tallied(task: Omit<Task, 'part' | 'parts' | 'scratch'>): Promise<Tally> {
  const parts = [0, 1].map(async (part) => {
    const scratch = join(task.folder, `states-${part}`);
    mkdirSync(scratch, { recursive: true });
    const whole: Task = { ...task, scratch, part, parts: 2 };
    const { stdout } = await promisify(execFile)(process.execPath, [PART, JSON.stringify(whole)]);
    return JSON.parse(stdout) as Tally;
  });
  const [one = none, other = none] = await Promise.all(parts);
  // Both went through all the calls.
  return { ...sum(one, other), calls: one.calls, moments: one.moments, cuts: one.cuts };
}

function sum(one: Tally, other: Tally): Tally {
  const words = { ...one.words };
  for (const [what, { count, first }] of Object.entries(other.words)) {
    words[what] = { count: count + (words[what]?.count ?? 0), first: words[what]?.first ?? first };
  }
  const counts = COUNTS.map((count) => [count, one[count] + other[count]]);
  return { ...one, ...Object.fromEntries(counts), words };
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const row = (name: string, cells: readonly (string | number)[]) =>
  print(name.padEnd(34) + cells.map((cell) => String(cell).padStart(9)).join(''));

function printTally(name: string, tally: Tally): void {
  row(
    name,
    COUNTS.map((count) => tally[count]),
  );
  for (const [what, { count, first }] of Object.entries(tally.words)) print(`  ${count} × ${what}; first at ${first}`);
}

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
const only = process.argv[3];
const names = workloads.map(({ name }) => name);
if (!Number.isSafeInteger(seed) || (only !== undefined && !names.includes(only))) {
  process.stderr.write(`usage: npm run test:crash -- [SEED [WORKLOAD]]; a number, and one of: ${names.join('; ')}\n`);
  process.exit(2);
}
const chosen = workloads.filter(({ name }) => only === undefined || name === only);
const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'dorpel-crash-'));
// What it leaves would lie in memory.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
let all = none;
const unseen: string[] = [];
print(`seed ${seed}`);
row('', COUNTS);
for (const workload of chosen) {
  const task = { workload: workload.name, folder: join(folder, String(workloads.indexOf(workload))), seed };
  await record(workload, task.folder);
  const tally = await tallied({ ...task, dropped: 'none', oneIn: 1 });
  printTally(workload.name, tally);
  all = sum(all, { ...tally, words: {} });
  // That the check can fail: with syncs taken away it must.
  for (const { dropped, seenAs } of workload.blindly ?? []) {
    const blind = await tallied({ ...task, dropped, oneIn: ONE_IN_WITHOUT_SYNC });
    printTally(`  without syncs (${dropped})`, { ...blind, words: {} });
    if (blind[seenAs] === 0) unseen.push(`${workload.name}: nothing is ${seenAs} without syncs (${dropped})`);
  }
}
printTally('all', all);
for (const what of unseen) print(what);
const faults = all.lost + FAULTS.reduce((count, fault) => count + all[fault], 0);
process.exitCode = faults === 0 && unseen.length === 0 && all.states > 0 ? 0 : 1;
