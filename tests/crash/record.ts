import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Call, callsIn, TRACED } from './calls.ts';
import { Chance } from './chance.ts';
import { Disk, type Image } from './disk.ts';
import { Replay } from './replay.ts';
import { imageOf, OUTBOX, prepare, type Workload } from './workloads.ts';

/** A workload as it went: what was there before, and the calls of each run. */
export interface Recording {
  readonly root: string;
  readonly before: Image;
  readonly runs: readonly (readonly Call[])[];
}

const TRACED_PROGRAM = fileURLToPath(new URL('./traced.js', import.meta.url));
/** More than any write: a write that was cut off in the trace could not be repeated. */
const LONGEST_STRING = 1 << 20;

/** Runs a workload under strace, into a folder of its own. */
export async function record(workload: Workload, folder: string): Promise<void> {
  const root = join(folder, 'root');
  mkdirSync(workload.isFromNothing ? root : dirname(join(root, OUTBOX)), { recursive: true });
  if (workload.damage) await prepare(root, workload.damage);
  const before = Array.from(imageOf(root), ([path, content]) => [path, content.toString('base64')]);
  writeFileSync(join(folder, 'before.json'), JSON.stringify({ root, before }));
  const durability = workload.isToldFirst ? 'after-ack' : 'commit';
  for (const [index, script] of workload.scripts.entries()) {
    const trace = join(folder, `${index}.trace`);
    const how = ['-f', '-xx', '-s', String(LONGEST_STRING), '-e', `trace=${TRACED}`, '-e', 'signal=none', '-o', trace];
    const child = spawnSync(
      'strace',
      [...how, process.execPath, TRACED_PROGRAM, join(root, OUTBOX), script, durability, join(folder, 'memory')],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    if (child.error) throw new Error('strace is missing: apt install strace', { cause: child.error });
    if (child.status !== 0 && child.signal !== 'SIGKILL') throw new Error(`${script} ended with ${child.status}`);
  }
  check(readRecording(folder), imageOf(root));
}

/** Reads a recording back. */
export function readRecording(folder: string): Recording {
  const { root, before } = JSON.parse(readFileSync(join(folder, 'before.json'), 'utf8')) as {
    root: string;
    before: [string, string][];
  };
  const traces = Array.from({ length: 9 }, (_, index) => join(folder, `${index}.trace`));
  const texts = traces.flatMap((trace) => textOf(trace) ?? []);
  return {
    root,
    before: new Map(before.map(([path, text]) => [path, text === 'directory' ? text : Buffer.from(text, 'base64')])),
    runs: texts.map((text) => [...callsIn(text)]),
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // there are as many as the workload has runs
  }
}

/** What the model makes of the calls must be what the real file system made of them. */
function check({ root, before, runs }: Recording, real: Image): void {
  const disk = new Disk(before);
  for (const calls of runs) {
    const replay = new Replay(disk, { root, dropped: 'none' });
    for (const call of calls) replay.apply(call);
  }
  const modelled = disk.image({ names: 'all', data: 'all' }, new Chance(1));
  const paths = new Set([...real.keys(), ...modelled.keys()]);
  const told = [...paths].filter((path) => !path.endsWith('-shm'));
  const wrong = told.filter((path) => !isSame(real.get(path), modelled.get(path)));
  if (wrong.length > 0) throw new Error(`the model differs from what came about: ${wrong.join(', ')}`);
}

const isSame = (one: Buffer | string | undefined, other: Buffer | string | undefined) =>
  Buffer.isBuffer(one) && Buffer.isBuffer(other) ? one.equals(other) : one === other;
