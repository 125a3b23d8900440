/**
 * A gateway with load parts, as a process of its own, so that what it takes can be measured apart. It prints one line of
 * JSON when its time is over, and stops at the end of its standard input.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { clockAt, type Setup, startBenchGateway } from './bench-gateway.ts';
import { type Load, loadDevice, READINGS } from './load-part.ts';

/** What to run. */
export interface LoadOptions extends Setup {
  readonly loads: readonly Load[];
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What was measured between the warm-up and the end. */
export interface LoadResult {
  readonly seconds: number;
  /** Acknowledged by the broker. */
  readonly observations: number;
  readonly readings: number;
  /** Readings that became durable, whether they were told or not. */
  readonly keptReadings: number;
  readonly cpuSeconds: number;
  readonly rssKib: number;
  readonly peakRssKib: number;
}

// As the program does.
settleForASmallHeap();
const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const real = systemClock(() => 'ntp');
const clock = clockAt(options.speed ?? 1);
const gateway = await startBenchGateway(options, {
  devices: options.loads.map((load) => loadDevice(load, clock)),
  clock,
});

/** Observations that are durable, and those that the broker has acknowledged: every row that is settled. */
async function counted(): Promise<{ kept: number; acknowledged: number }> {
  const { outbox: stats } = await gateway.status();
  const kept = Object.values(stats.heads).reduce((sum, head) => sum + head, 0);
  // Rows appended but not committed are in neither figure.
  return { kept, acknowledged: kept - (stats.backlog['broker'] ?? 0) };
}

function kib(field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

await real.sleep(options.warmUpSeconds * 1000);
const before = { ...(await counted()), cpu: process.cpuUsage(), ms: real.uptimeMs() };
process.stdout.write('begin\n');
await real.sleep(options.seconds * 1000);
const cpu = process.cpuUsage(before.cpu);
const { kept, acknowledged } = await counted();
const result: LoadResult = {
  seconds: (real.uptimeMs() - before.ms) / 1000,
  observations: acknowledged - before.acknowledged,
  readings: (acknowledged - before.acknowledged) * READINGS,
  keptReadings: (kept - before.kept) * READINGS,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  rssKib: kib('VmRSS'),
  peakRssKib: kib('VmHWM'),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
// Whoever measures looks before the stop, which writes as well.
await once(process.stdin.resume(), 'end');
await gateway.stop();
