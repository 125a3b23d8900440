/**
 * The demo village through a day without its platform, in virtual time, on a real outbox. It prints what it takes every
 * quarter of an hour. Run it with --expose-gc to know what is held and what is only not yet cleared away.
 */
import { readFileSync } from 'node:fs';
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
}

/** A line that it prints. */
export interface Quarter {
  readonly hour: number;
  readonly backlog: number;
  readonly rssKib: number;
  /** After a garbage collection that was asked for; absent without --expose-gc. */
  readonly settledRssKib?: number;
  readonly heapBytes: number;
}

const STEP_MS = 1000;
/** The profile of an SD card. */
const COMMIT_MS = 5000;
const REPORT_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

// As the program does.
settleForASmallHeap();
const { directory, hours } = JSON.parse(process.argv[2] ?? '{}') as OutageOptions;
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

function rssKib(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

for (let passedMs = 0; passedMs <= hours * HOUR_MS; passedMs += STEP_MS) {
  await clock.advance(STEP_MS);
  // The outbox's thread works in real time: its answer to a question comes after all the commits before.
  const { backlog } = await outbox.stats();
  if (passedMs % REPORT_MS !== 0) continue;
  const rss = rssKib();
  const { gc } = globalThis;
  await gc?.({ type: 'major', execution: 'async' });
  const quarter: Quarter = {
    hour: passedMs / HOUR_MS,
    backlog: backlog['city'] ?? 0,
    rssKib: rss,
    ...(gc ? { settledRssKib: rssKib() } : {}),
    heapBytes: process.memoryUsage().heapUsed,
  };
  process.stdout.write(`${JSON.stringify(quarter)}\n`);
}
await village.stop();
