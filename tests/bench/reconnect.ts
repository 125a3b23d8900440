import { type Load, READINGS } from './load-part.ts';
import { inDirectory, prepareBroker, Talker } from './processes.ts';
import { Relay } from './relay.ts';
import { type Measured, median } from './row.ts';
import { type Arrival, Subscriber } from './subscriber.ts';
import type { Told, ToldOptions } from './told-gateway.ts';

const BACKLOG_DEVICES = 4;
const BACKLOG = 60_000;
const LIVE_DEVICES = 8;
const PERIOD_MS = 5000;
/** On loopback the backlog would be gone within a second: a link on which it takes half a minute, as 4G does. */
const LINK_BITS_PER_SECOND = 5_000_000;
const RUNS = 3;

/** What one reconnect showed. */
interface Reconnect {
  /** From the connect to the first value of any live device, and to the first of the slowest one. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Observations still to be told when the first live value came. */
  readonly backlog: number;
  /** From the connect until nothing was left. */
  readonly drainedMs: number;
}

/**
 * How long the platform waits for values of now when the link is back and 300,000 readings wait beside them. A value is
 * live when it was measured at most one period before the connect, or later.
 */
export async function reconnect(): Promise<Measured> {
  const runs: Reconnect[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await once());
  const of = (pick: (run: Reconnect) => number) => median(runs.map(pick));
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const left = (of(({ backlog }) => backlog) * READINGS).toLocaleString('en');
  const goal = `≤ ${PERIOD_MS / 1000} (1 period)`;
  return {
    rows: [
      {
        what: 'seconds from reconnect to the first live value, 5 Mbit/s',
        value: seconds(of(({ firstMs }) => firstMs)),
        goal,
      },
      { what: '  until every device had told one', value: seconds(of(({ lastMs }) => lastMs)), goal },
      { what: '  readings of the backlog still to be told at the first', value: left, goal: '> 0' },
      { what: '  until the backlog was told', value: seconds(of(({ drainedMs }) => drainedMs)), goal: '' },
    ],
  };
}

function once(): Promise<Reconnect> {
  return inDirectory(async (directory) => {
    const broker = await prepareBroker(directory);
    const relay = new Relay(broker.port, LINK_BITS_PER_SECOND / 8);
    relay.close();
    const live = new Map<string, Arrival[]>();
    await broker.start();
    const subscriber = new Subscriber(broker.port, (arrival) => {
      if (arrival.device.startsWith('live-')) live.set(arrival.device, [...(live.get(arrival.device) ?? []), arrival]);
    });
    await subscriber.ready();
    const gateway = new Talker<Told>('told-gateway.js', optionsFor(directory, await relay.listen()));
    try {
      await gateway.until(({ kept }) => (kept ?? 0) >= BACKLOG + LIVE_DEVICES);
      relay.open();
      return await watched(gateway, live);
    } finally {
      await gateway.end();
      await subscriber.end();
      relay.end();
      await broker.end();
    }
  });
}

async function watched(gateway: Talker<Told>, live: ReadonlyMap<string, readonly Arrival[]>): Promise<Reconnect> {
  const connected = (await gateway.until(({ code }) => code === 'uplink-connected')).at;
  const stands: Told[] = [];
  const firstOfEach = () =>
    Array.from(live.values(), (arrivals) => arrivals.find(({ t }) => t >= connected - PERIOD_MS)?.cameAt);
  let drainedAt = 0;
  for (;;) {
    const told = await gateway.until(({ backlog }) => backlog !== undefined);
    stands.push(told);
    // A live value may stand between two commits: a backlog of a few is none.
    if (drainedAt === 0 && (told.backlog ?? 0) <= LIVE_DEVICES) drainedAt = told.at;
    const firsts = firstOfEach().filter((at) => at !== undefined);
    if (drainedAt === 0 || firsts.length < LIVE_DEVICES) continue;
    const firstAt = Math.min(...firsts);
    return {
      firstMs: firstAt - connected,
      lastMs: Math.max(...firsts) - connected,
      backlog: stands.findLast(({ at }) => at <= firstAt)?.backlog ?? BACKLOG,
      drainedMs: drainedAt - connected,
    };
  }
}

/** The profile of an SD card: what is measured waits up to 5 s for its commit. */
function optionsFor(directory: string, port: number): ToldOptions {
  const old = Array.from({ length: BACKLOG_DEVICES }, (_, index): Load => {
    return { name: `old-${index}`, perSecond: 0, count: BACKLOG / BACKLOG_DEVICES };
  });
  const live = Array.from({ length: LIVE_DEVICES }, (_, index): Load => {
    return { name: `live-${index}`, perSecond: 1000 / PERIOD_MS, phase: index / LIVE_DEVICES };
  });
  return { directory, port, commitMs: 5000, batches: 'backlog', random: 0.05, loads: [...old, ...live] };
}
