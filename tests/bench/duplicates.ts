import { setTimeout as sleep } from 'node:timers/promises';
import { alike } from './load-part.ts';
import { type Broker, inDirectory, prepareBroker, Talker } from './processes.ts';
import { Relay } from './relay.ts';
import { type Measured, median, type Row } from './row.ts';
import { type Arrival, Subscriber } from './subscriber.ts';
import type { Told, ToldOptions } from './told-gateway.ts';

const ROUNDS = 3;
/** The profile of an SD card: what the broker acknowledged is durable with the next commit. */
const COMMIT_MS = 5000;
/** mosquitto's default Receive Maximum: so many messages may be under way. */
const IN_FLIGHT = 20;
/** Rows in a batch, at most (src/uplink/telling.ts). */
const BATCH_ROWS = 100;

const FAULTS = {
  'kill -9 of the gateway': async ({ restart }: Stage) => {
    // What it had told since its last commit would be told again: it matters when between two commits it goes.
    await sleep(Math.random() * COMMIT_MS);
    await restart();
  },
  'kill -9 of the broker': async ({ broker, relay, subscriber }: Stage) => {
    await broker.end('SIGKILL');
    relay.close();
    await subscriber.gone();
    await broker.start();
    // It lost its session with the broker; nothing may be told before it has a new one.
    await subscriber.ready();
    relay.open();
  },
  'the connection is cut': async ({ relay }: Stage) => relay.cut(),
} as const satisfies Readonly<Record<string, (stage: Stage) => Promise<void>>>;

/** All that a fault can strike. */
interface Stage {
  readonly broker: Broker;
  readonly relay: Relay;
  readonly subscriber: Subscriber;
  /** Kills the gateway and starts it again. */
  restart(): Promise<void>;
}

/** Observations that a subscriber sees twice after a fault: at a village's pace, and in a flood told in batches. */
export async function duplicates(): Promise<Measured> {
  const rows: Row[] = [];
  for (const fault of Object.keys(FAULTS) as (keyof typeof FAULTS)[]) {
    rows.push(row(`observations told twice after ${fault}, 40/s`, await counted(fault, 5), IN_FLIGHT));
    rows.push(row('  the same at 800/s, in batches of 100', await counted(fault, 100), IN_FLIGHT * BATCH_ROWS));
  }
  return { rows };
}

function row(what: string, counts: readonly number[], most: number): Row {
  const worst = Math.max(...counts);
  const value = `${median(counts)} (most ${worst})`;
  return { what, value, goal: `≤ ${most} in flight: ${worst <= most ? 'met' : 'NOT met'}` };
}

/** Repeats per round. */
function counted(fault: keyof typeof FAULTS, perSecond: number): Promise<number[]> {
  return inDirectory(async (directory) => {
    const broker = await prepareBroker(`${directory}/broker`, ['max_queued_messages 0']);
    await broker.start();
    const relay = new Relay(broker.port);
    const options: ToldOptions = {
      directory,
      port: await relay.listen(),
      commitMs: COMMIT_MS,
      batches: 'backlog',
      random: 0.05,
      loads: alike(8, perSecond),
    };
    const keys = new Keys();
    const subscriber = new Subscriber(broker.port, (arrival) => keys.add(arrival));
    await subscriber.ready();
    const counts: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        counts.push(await repeatsAfter(FAULTS[fault], { broker, relay, subscriber, keys, options }));
      }
      return counts;
    } finally {
      await subscriber.end();
      relay.end();
      await broker.end();
    }
  });
}

/**
 * One fault while messages are under way. Each strikes a gateway of its own: three short sessions that the broker ends without a
 * word look like a twin, who is left alone for ten minutes.
 */
async function repeatsAfter(
  fault: (stage: Stage) => Promise<void>,
  { keys, options, ...around }: Omit<Stage, 'restart'> & { readonly keys: Keys; readonly options: ToldOptions },
): Promise<number> {
  const start = () => new Talker<Told>('told-gateway.js', options);
  let gateway = start();
  const restart = async () => {
    await gateway.end('SIGKILL');
    gateway = start();
  };
  try {
    const { repeats } = keys;
    await keys.more(50);
    await sleep(Math.random() * COMMIT_MS);
    // In the middle of what a commit lets go, not in the silence between two.
    await keys.more(10);
    await fault({ ...around, restart });
    await keys.more(100);
    // Whatever was under way has been told again by now.
    await sleep(1500);
    return keys.repeats - repeats;
  } finally {
    await gateway.end();
  }
}

/** The keys that came, and how often one came that had come before. */
class Keys {
  repeats = 0;
  readonly #seen = new Set<string>();
  readonly #waiting = new Set<{ readonly enough: number; wake(): void }>();

  add({ device, epoch, sequence }: Arrival): void {
    const key = `${device} ${epoch} ${sequence}`;
    if (this.#seen.has(key)) this.repeats += 1;
    this.#seen.add(key);
    for (const waiting of this.#waiting) if (this.#seen.size >= waiting.enough) waiting.wake();
  }

  /** Resolves at once when so many new ones have come: while the next are under way. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = {
        enough: this.#seen.size + count,
        wake: () => {
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }
}
