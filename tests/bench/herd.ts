import { setMaxListeners } from 'node:events';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { Forwarder } from '../../src/uplink/forwarder.ts';
import type { GatewayState } from '../../src/uplink/gateway-state.ts';
import { FakeUplink } from '../support/fake-uplink.ts';
import { seededRandom } from '../support/shaped-line.ts';

/** A broker that goes away under many gateways, and comes back. */
export interface Herd {
  readonly gateways: number;
  /** The broker is away for so long. */
  readonly awayMs: number;
  /** How finely attempts are counted. */
  readonly stepMs: number;
}

/** Attempts to connect in each step, from the moment at which the broker went away. */
export interface Spread {
  readonly attempts: readonly number[];
  /** Of those, the ones that were let in. */
  readonly connects: readonly number[];
}

const STABLE_MS = 90_000;

/** Lets gateways stand connected for a while, takes the broker away from all of them at once, and gives it back. */
export async function herd({ gateways, awayMs, stepMs }: Herd): Promise<Spread> {
  const clock = new VirtualClock();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const uplinks = Array.from({ length: gateways }, () => new FakeUplink());
  const running = uplinks.map((uplink, index) => gatewayOn(uplink, clock, index).run(stop.signal));
  await clock.advance(STABLE_MS);
  for (const uplink of uplinks) {
    uplink.isAway = true;
    uplink.cut();
  }
  const attempts: number[] = [];
  const connects: number[] = [];
  const count = () => uplinks.reduce((sum, { connects: made }) => sum + made, 0);
  const standing = () => uplinks.filter(({ isConnected }) => isConnected).length;
  for (let passedMs = 0; standing() < gateways; passedMs += stepMs) {
    if (passedMs >= awayMs) for (const uplink of uplinks) uplink.isAway = false;
    const [made, stood] = [count(), standing()];
    await clock.advance(stepMs);
    attempts.push(count() - made);
    connects.push(standing() - stood);
  }
  stop.abort();
  let isOver = false;
  void Promise.all(running).finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
  return { attempts, connects };
}

/** The connects as a person reads them: one line for each step in which there was one. */
export function histogram({ connects }: Spread, stepMs: number): string {
  const lines = connects.map((count, step) => {
    return `${((step * stepMs) / 1000).toFixed(0).padStart(5)} s ${String(count).padStart(4)} ${'#'.repeat(count)}`;
  });
  return lines.slice(connects.findIndex((count) => count > 0)).join('\n');
}

function gatewayOn(uplink: FakeUplink, clock: VirtualClock, seed: number): Forwarder {
  const outbox = new MemoryOutbox([uplink.name]);
  const state = (isOnline: boolean): GatewayState => {
    return { isOnline, at: clock.now(), clock: 'ntp', startedAt: 0, wasClean: true };
  };
  return new Forwarder({
    outbox,
    uplink,
    encoding: feedJson({ root: 'feed', owner: 'bench', gateway: `gw${seed}`, epoch: outbox.epoch }),
    clock,
    random: seededRandom(seed),
    maxInFlight: 20,
    batches: 'backlog',
    descriptors: () => [],
    describe: (device) => ({ device, part: 'unknown', streams: [] }),
    state: async (isOnline) => state(isOnline),
    will: () => state(false),
    report: () => undefined,
  });
}
