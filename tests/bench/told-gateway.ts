/**
 * A gateway with load parts that says, a line of JSON at a time, where it stands: it runs until SIGTERM, or until it is
 * killed, as the measurement wants it.
 */
import { settleForASmallHeap } from '../../src/hal/linux/small-heap.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { clockAt, type Setup, startBenchGateway } from './bench-gateway.ts';
import { type Load, loadDevice } from './load-part.ts';

/** What to run. */
export interface ToldOptions extends Setup {
  readonly loads: readonly Load[];
}

/** A line that it prints: where the outbox stands every 20 ms, and what happens to the uplink when it does. */
export interface Told {
  /** UTC milliseconds. */
  readonly at: number;
  readonly code?: string;
  /** Observations that are durable. */
  readonly kept?: number;
  /** Of these, not yet acknowledged. */
  readonly backlog?: number;
}

const REPORT_MS = 20;

// As the program does.
settleForASmallHeap();
const options = JSON.parse(process.argv[2] ?? '{}') as ToldOptions;
const real = systemClock(() => 'ntp');
const clock = clockAt(options.speed ?? 1);
const say = (told: Omit<Told, 'at'>) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...told })}\n`);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const gateway = await startBenchGateway(options, {
  devices: options.loads.map((load) => loadDevice(load, clock)),
  clock,
  log: (_, code) => {
    if (code.startsWith('uplink-')) say({ code });
  },
});
while (!stop.signal.aborted) {
  const { outbox } = await gateway.status();
  const kept = Object.values(outbox.heads).reduce((sum, head) => sum + head, 0);
  say({ kept, backlog: outbox.backlog['broker'] ?? 0 });
  await real.sleep(REPORT_MS, stop.signal).catch(() => undefined);
}
await gateway.stop();
