import type { Config } from './config/config.ts';
import type { Clock } from './hal/clock.ts';
import type { Hal } from './hal/hal.ts';
import { busEntry, deviceEntry, recoveryEntry, uplinkEntry } from './health/events.ts';
import type { Log } from './health/log.ts';
import { measure } from './measure.ts';
import type { Observation } from './model/observation.ts';
import { type Bus, openBuses } from './sampling/buses.ts';
import type { Report } from './sampling/fault-watch.ts';
import { onCalendar } from './sampling/schedule.ts';
import { startsOf } from './sampling/stagger.ts';
import { SelfDescription } from './self-description.ts';
import type { Outbox, OutboxStats } from './store/outbox.ts';
import { Forwarder, type ForwarderStatus, type Forwarding } from './uplink/forwarder.ts';

/** All that a gateway is made of. Which board, which store and which broker is for others to say. */
export interface GatewayParts {
  readonly config: Config;
  readonly hal: Hal;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly uplinks: readonly UplinkPart[];
  readonly log: Log;
  readonly random: () => number;
  /** Sees every observation on its way to the outbox: for the live view. */
  readonly watch?: (observation: Observation) => void;
}

/** A platform: how it is reached and what it understands, what it gets, and how fast. */
export type UplinkPart = Omit<
  Forwarding,
  'outbox' | 'clock' | 'random' | 'descriptors' | 'describe' | 'state' | 'will' | 'report'
>;

/** A gateway that runs. */
export interface Gateway {
  status(): Promise<GatewayStatus>;
  /** Tries at once to reach the platforms that are away: the clock was set right, and with it certificates are valid. */
  tryAgain(): void;
  /** Resolves when stopped; rejects with a StoreError when the outbox fails. */
  readonly ended: Promise<void>;
  /** Stops sampling, gives what is under way a moment, and keeps the rest for the next start. */
  stop(): Promise<void>;
}

/** What a running gateway says of itself. */
export interface GatewayStatus {
  readonly outbox: OutboxStats;
  readonly uplinks: readonly ForwarderStatus[];
}

/** Descriptors are told once a day, at an hour when little else is. */
const ANNOUNCE_AT = '17 3 * * *';

/** Measures, keeps, tells: starts every device and every uplink of the config. */
export function startGateway(parts: GatewayParts): Gateway {
  const { config, clock, outbox, log } = parts;
  const self = new SelfDescription({ devices: config.devices, clock, outbox });
  if (outbox.lastRun.recovered) log(...recoveryEntry(outbox.lastRun.recovered));
  const forwarders = parts.uplinks.map((one) => forwarderFor(one, self, parts));
  const announce = (device?: string) => {
    for (const forwarder of forwarders) forwarder.announce(device);
  };
  const report: Report = (event) => {
    if ('bus' in event) return log(...busEntry(event));
    // A part that says something new of itself is described again.
    if (event.event === 'identified' && self.learn(event.device, event.identity)) announce(event.device);
    log(...deviceEntry(event));
  };
  const work = startWork(parts, { forwarders, report, announce });
  return {
    ended: work.ended,
    status: async () => ({ outbox: await outbox.stats(), uplinks: forwarders.map(({ status }) => status) }),
    tryAgain: () => {
      for (const forwarder of forwarders) forwarder.tryAgain();
    },
    stop: async () => {
      await work.stop();
      await outbox.close();
    },
  };
}

function forwarderFor(one: UplinkPart, self: SelfDescription, parts: GatewayParts): Forwarder {
  const { outbox, clock, random, log } = parts;
  return new Forwarder({
    ...one,
    outbox,
    clock,
    random,
    descriptors: () => self.descriptors(),
    describe: (device, streams) => self.describe(device, streams),
    state: (isOnline) => self.state(one.uplink.name, isOnline),
    will: () => self.will(),
    report: (event) => log(...uplinkEntry(event)),
  });
}

interface Workers {
  readonly forwarders: readonly Forwarder[];
  readonly report: Report;
  announce(): void;
}

/** Everything that goes on for as long as the gateway runs, and how it ends: measuring first, then telling. */
function startWork(parts: GatewayParts, { forwarders, report, announce }: Workers): Pick<Gateway, 'ended' | 'stop'> {
  const { config, clock, outbox, watch } = parts;
  const measuring = new AbortController();
  const telling = new AbortController();
  const buses = openBuses(config.buses, { hal: parts.hal, clock, devices: config.devices, report });
  const starts = startsOf(config.devices);
  const startsAfterMs = (device: string) => starts.get(device) ?? 0;
  const kept = firstOnly(parts.log);
  const shared = { clock, outbox, buses, signal: measuring.signal, report, kept, watch, startsAfterMs };
  const devices = config.devices.map((device) => measure(device, shared));
  const duty = onCalendar(ANNOUNCE_AT, announce, { clock, signal: measuring.signal });
  const tellers = forwarders.map((forwarder) => forwarder.run(telling.signal));
  const stop = async (): Promise<void> => {
    measuring.abort();
    await Promise.allSettled([...devices, duty]);
    telling.abort();
    await Promise.allSettled(tellers);
    await Promise.allSettled(buses.map(({ open }: Bus) => open.close()));
  };
  const ended = Promise.all([...devices, duty, ...tellers]).then(
    () => undefined,
    async (cause) => {
      await stop();
      throw cause;
    },
  );
  return {
    ended,
    stop: async () => {
      await stop();
      await ended.catch(() => undefined);
    },
  };
}

/** Says once that this run has begun to keep. */
function firstOnly(log: Log): () => void {
  let isFirst = true;
  return () => {
    if (isFirst) log('info', 'first-durable', 'the first observation of this run is durable');
    isFirst = false;
  };
}
