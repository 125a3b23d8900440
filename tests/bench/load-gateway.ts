/**
 * A gateway with load parts, as a process of its own, so that what it takes can be measured apart. It prints one line of
 * JSON when its time is over. `speed` makes its clock run faster: a day's commits in minutes, the same bytes each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { startGateway } from '../../src/gateway.ts';
import type { Clock } from '../../src/hal/clock.ts';
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { mqttUplink } from '../../src/uplink/mqtt-uplink.ts';
import { emptyHal, loadDevice, READINGS } from './load-part.ts';

/** What to run. */
export interface LoadOptions {
  readonly directory: string;
  readonly port: number;
  readonly devices: number;
  /** Samples per second and device; 0: as fast as it is let. */
  readonly perSecond: number;
  readonly commitMs: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly speed: number;
  readonly batches: 'backlog' | 'never';
}

/** What was measured between the warm-up and the end. */
export interface LoadResult {
  readonly seconds: number;
  readonly observations: number;
  readonly readings: number;
  readonly cpuSeconds: number;
  readonly rssKib: number;
  readonly peakRssKib: number;
}

// As the program does.
settleForASmallHeap();
const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const real = systemClock(() => 'ntp');
const clock: Clock = {
  now: () => real.now(),
  uptimeMs: () => real.uptimeMs() * options.speed,
  state: () => 'ntp',
  sleep: (ms, signal) => real.sleep(ms / options.speed, signal),
};
const names = Array.from({ length: options.devices }, (_, index) => `load-${index}`);
const line = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
const config: Config = {
  gateway: { id: 'bench', owner: 'bench' },
  storage: { directory: options.directory, commitMs: options.commitMs },
  buses: names.map((name) => ({ kind: 'serial', name, path: '/dev/null', ...line })),
  devices: names.map((name) => loadDevice(name, options.perSecond, clock)),
  uplinks: [],
};
const outbox = await openSqliteOutbox({
  path: join(options.directory, 'outbox.db'),
  commitMs: options.commitMs,
  uplinks: ['broker'],
  bootId: 'bench',
  clock,
});
const uplink = mqttUplink({ name: 'broker', url: `mqtt://127.0.0.1:${options.port}`, protocol: 5, clientId: 'bench' });
const encoding = feedJson({ root: 'feed', owner: 'bench', gateway: 'bench', epoch: outbox.epoch });
const gateway = startGateway({
  config,
  hal: emptyHal,
  clock,
  outbox,
  uplinks: [{ uplink, encoding, maxInFlight: 1000, batches: options.batches }],
  log: () => undefined,
  random: Math.random,
});

/** Observations that the broker has acknowledged: every row that is settled. */
async function acknowledged(): Promise<number> {
  const { outbox: stats } = await gateway.status();
  const kept = Object.values(stats.heads).reduce((sum, head) => sum + head, 0);
  // Rows appended but not committed are in neither figure.
  return kept - (stats.backlog['broker'] ?? 0);
}

function kib(field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

await real.sleep(options.warmUpSeconds * 1000);
const before = { count: await acknowledged(), cpu: process.cpuUsage(), ms: real.uptimeMs() };
process.stdout.write('begin\n');
await real.sleep(options.seconds * 1000);
const cpu = process.cpuUsage(before.cpu);
const observations = (await acknowledged()) - before.count;
const result: LoadResult = {
  seconds: (real.uptimeMs() - before.ms) / 1000,
  observations,
  readings: observations * READINGS,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  rssKib: kib('VmRSS'),
  peakRssKib: kib('VmHWM'),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await gateway.stop();
