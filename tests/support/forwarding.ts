import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import { describeDevice } from '../../src/uplink/describe.ts';
import type { Encoding } from '../../src/uplink/encodings/encoding.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { Forwarder, type Forwarding, type UplinkEvent } from '../../src/uplink/forwarder.ts';
import type { GatewayState } from '../../src/uplink/gateway-state.ts';
import { FakeUplink } from './fake-uplink.ts';
import { type FeedObservation, single } from './feed.ts';
import { observation } from './observations.ts';

/** What of a rig is not as usual. */
export interface Rigged extends Partial<Omit<Forwarding, 'outbox' | 'uplink' | 'clock'>> {
  readonly clock?: VirtualClock;
  readonly outbox?: MemoryOutbox;
  readonly uplink?: FakeUplink;
}

/** A forwarder between an outbox in memory and a fake platform, in virtual time. */
export class Rig {
  readonly clock: VirtualClock;
  readonly outbox: MemoryOutbox;
  readonly uplink: FakeUplink;
  readonly events: UplinkEvent[] = [];
  readonly forwarder: Forwarder;
  readonly #stop = new AbortController();
  readonly #encoding: PatientEncoding;
  readonly #running: Promise<void>;

  constructor({ clock, outbox, uplink = new FakeUplink(), ...changes }: Rigged = {}) {
    this.clock = clock ?? new VirtualClock(Date.UTC(2026, 10, 23, 12));
    this.outbox = outbox ?? new MemoryOutbox([uplink.name]);
    this.uplink = uplink;
    this.#encoding = new PatientEncoding(this.outbox.epoch);
    this.forwarder = new Forwarder({
      outbox: this.outbox,
      uplink,
      encoding: this.#encoding,
      clock: this.clock,
      random: () => 1,
      maxInFlight: 20,
      batches: 'backlog',
      descriptors: () => [describeDevice('idle', { device: undefined, identity: undefined, streams: [] })],
      describe: (name, streams) => describeDevice(name, { device: undefined, identity: undefined, streams }),
      state: async (isOnline) => ({ ...this.#state(isOnline), ...(isOnline ? await this.#known() : {}) }),
      will: () => this.#state(false),
      report: (event) => this.events.push(event),
      ...changes,
    });
    this.#running = this.forwarder.run(this.#stop.signal);
  }

  append(from: number, to: number, device = 'a'): Promise<unknown> {
    const values = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return Promise.all(values.map((value) => this.outbox.append(observation(device, value, this.clock.now()))));
  }

  /** Payloads of the observations that were sent as single messages. */
  told(device?: string): string[] {
    const end = device === undefined ? '/obs' : `/${device}/obs`;
    return this.uplink.sent.filter(({ topic }) => topic.endsWith(end)).map(({ payload }) => String(payload));
  }

  /** Observations that were sent, alone or in batches. */
  observations(device?: string): FeedObservation[] {
    const singles = this.uplink.seen.flatMap(single).filter(({ topic }) => topic.endsWith('/obs'));
    const all = singles.map(({ payload }) => JSON.parse(payload) as FeedObservation);
    return all.filter(({ dev }) => device === undefined || dev === device);
  }

  sequences(device?: string): number[] {
    return this.told(device).map((payload) => (JSON.parse(payload) as FeedObservation).seq);
  }

  batches(): number {
    return this.uplink.sent.filter(({ topic }) => topic.includes('/-/batch')).length;
  }

  async backlog(): Promise<number> {
    return (await this.outbox.stats()).backlog[this.uplink.name] ?? 0;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 400; turns += 1) await this.advance(0);
  }

  /** Lets time pass in small steps, so that what takes no time in the gateway takes none. */
  async pass(ms: number, stepMs = 1000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) await this.advance(Math.min(stepMs, ms - passed));
  }

  /** Work in other threads takes no virtual time. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.#encoding.idle();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    let isOver = false;
    void this.#running.finally(() => {
      isOver = true;
    });
    while (!isOver) await this.advance(100);
    await this.#running;
  }

  #state(isOnline: boolean): GatewayState {
    return {
      isOnline,
      at: this.clock.now(),
      clock: 'ntp',
      startedAt: this.clock.now(),
      wasClean: true,
    };
  }

  async #known(): Promise<Pick<GatewayState, 'heads' | 'backlog'>> {
    const { heads, backlog } = await this.outbox.stats();
    return { heads, backlog: backlog[this.uplink.name] ?? 0 };
  }
}

/** The feed's JSON, and when its work in other threads is done. */
class PatientEncoding implements Encoding {
  readonly row: Encoding['row'];
  readonly batch: Encoding['batch'];
  readonly meta: Encoding['meta'];
  readonly state: Encoding['state'];
  readonly #feed: Encoding;
  #work: Promise<unknown> = Promise.resolve();

  constructor(epoch: string) {
    this.#feed = feedJson({ root: 'feed', owner: 'asten', gateway: 'gw01', epoch });
    ({ row: this.row, batch: this.batch, meta: this.meta, state: this.state } = this.#feed);
  }

  deflated(rows: Parameters<Encoding['deflated']>[0]) {
    const work = this.#feed.deflated(rows);
    this.#work = work;
    return work;
  }

  async idle(): Promise<void> {
    await this.#work;
  }
}
