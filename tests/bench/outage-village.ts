/**
 * The demo village through a day without its platform, in virtual time, on a real outbox. It prints what it takes every
 * quarter of an hour.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { register } from '../../drivers/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { startVillage } from '../support/village.ts';
import { ROOT } from './processes.ts';

/** What to run. */
export interface OutageOptions {
  readonly directory: string;
  readonly hours: number;
  /** Lets V8 give back its garbage before it looks: what is taken then is held. */
  readonly isCleared: boolean;
}

/** A line that it prints. */
export interface Quarter {
  readonly hour: number;
  readonly backlog: number;
  readonly rssKib: number;
}

const STEP_MS = 1000;
/** The profile of an SD card. */
const COMMIT_MS = 5000;
const REPORT_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

// As the program does.
settleForASmallHeap();
const { directory, hours, isCleared } = JSON.parse(process.argv[2] ?? '{}') as OutageOptions;
const clock = new VirtualClock();
const kit = () => import('../../src/driver-kit.ts');
const config = await loadConfig(join(ROOT, 'config/demo.yaml'), { register, kit });
const outbox = await openSqliteOutbox({
  path: join(directory, 'outbox.db'),
  commitMs: COMMIT_MS,
  uplinks: ['city'],
  bootId: 'bench',
  clock,
});
const village = await startVillage(config, { clock, outbox });
village.uplink.isAway = true;
village.uplink.cut();

const inspector = new Session();
inspector.connect();

/** As when the system says that memory runs short: a plain `gc()` keeps the room for new garbage. */
function clearAway(): Promise<void> {
  return new Promise((resolve) => inspector.post('HeapProfiler.collectGarbage', () => resolve()));
}

function rssKib(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

for (let passedMs = 0; passedMs <= hours * HOUR_MS; passedMs += STEP_MS) {
  await clock.advance(STEP_MS);
  // The outbox's thread works in real time: its answer to a question comes after all the commits before.
  const { backlog } = await outbox.stats();
  if (passedMs % REPORT_MS !== 0) continue;
  if (isCleared) await clearAway();
  const quarter: Quarter = { hour: passedMs / HOUR_MS, backlog: backlog['city'] ?? 0, rssKib: rssKib() };
  process.stdout.write(`${JSON.stringify(quarter)}\n`);
}
await village.stop();
