import type { Config, Measured, UplinkConfig } from './config/config.ts';
import { type Difference, difference } from './config/difference.ts';
import type { Controlled } from './control/control.ts';
import type { Driver, Identity } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import type { Hal } from './hal/hal.ts';
import type { Machine } from './hal/machine.ts';
import { busEntry, deviceEntry, recoveryEntry, uplinkEntry } from './health/events.ts';
import type { Log } from './health/log.ts';
import { type DeviceFacts, Overview } from './health/overview.ts';
import type { GatewayFacts } from './health/status.ts';
import { Vitals } from './health/vitals.ts';
import { ownDevice } from './own-device.ts';
import type { Report } from './sampling/fault-watch.ts';
import { SelfDescription } from './self-description.ts';
import { readingOf, scanShared } from './sharing.ts';
import type { Outbox } from './store/outbox.ts';
import { Forwarder, type Forwarding } from './uplink/forwarder.ts';
import { Work } from './work.ts';

/** All that a gateway is made of. Which board, which store and which broker is for others to say. */
export interface GatewayParts {
  readonly config: Config;
  readonly hal: Hal;
  /** Makes the board ready for a config that comes later: a real one is as it is. */
  readonly furnish?: (config: Config) => Promise<void>;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly uplinkFor: (uplink: UplinkConfig) => UplinkPart;
  readonly log: Log;
  readonly random: () => number;
  /** Every driver that there is, for scans; absent: those of the config. */
  readonly drivers?: () => Promise<readonly Driver[]>;
  /** What it measures of itself where the config has it; absent: nothing. */
  readonly machine?: Machine;
  /** The program that it runs in. */
  readonly program: Pick<GatewayFacts, 'version' | 'pid'>;
}

/** A platform: how it is reached and what it understands, what it gets, and how fast. */
export type UplinkPart = Omit<
  Forwarding,
  'outbox' | 'clock' | 'random' | 'descriptors' | 'describe' | 'state' | 'will' | 'report'
>;

/** A gateway that runs. */
export interface Gateway extends Pick<Controlled, 'status' | 'history' | 'onObservation' | 'read' | 'buses' | 'scan'> {
  /** The config by which it works now. */
  config(): Config;
  /**
   * Works by another config from now on, which differs in nothing that takes a restart: only what has changed is ended and
   * begun anew. One after the other, in the order of the calls.
   */
  follow(config: Config): Promise<Difference>;
  /** Whether its work advances. */
  readonly vitals: Vitals;
  /** Tries at once to reach the platforms that are away: the clock was set right, and with it certificates are valid. */
  tryAgain(): void;
  /** Resolves when stopped; rejects with a StoreError when the outbox fails. */
  readonly ended: Promise<void>;
  /** Stops sampling, gives what is under way a moment, and keeps the rest for the next start. */
  stop(): Promise<void>;
}

/** Measures, keeps, tells: starts every device and every uplink of the config. */
export function startGateway(parts: GatewayParts): Gateway {
  const { clock, outbox, log } = parts;
  let { config } = parts;
  const startedMs = clock.uptimeMs();
  const identities = new Map<string, Identity>();
  const own = ownDevice(parts, {
    uplinks: () => work.forwarders.map(({ status }) => status),
    failures: () => failures,
  });
  const measured = () => [...config.devices, ...(own ? [own.device] : [])];
  let failures = 0;
  const overview = new Overview(measured().map(factsOf), clock);
  const vitals = new Vitals(clock);
  const first = firstOnly(log);
  const self = new SelfDescription({ devices: measured(), clock, outbox });
  if (outbox.lastRun.recovered) log(...recoveryEntry(outbox.lastRun.recovered));
  const work: Work = new Work(config, {
    ...parts,
    forwarderFor: (uplink) => forwarderFor(parts.uplinkFor(uplink), self, parts),
    report: (event: Parameters<Report>[0]) => {
      overview.hear(event);
      if ('bus' in event) return log(...busEntry(event));
      // A part that says something new of itself is described again.
      if (event.event === 'identified') identities.set(event.device, event.identity);
      if (event.event === 'identified' && self.learn(event.device, event.identity)) work.announce(event.device);
      log(...deviceEntry(event));
    },
    failed: () => {
      failures += 1;
    },
    own,
    kept: () => {
      vitals.kept();
      first();
    },
    loop: (device, loop) => vitals.loop(device, loop),
    watch: (observation) => {
      vitals.handed();
      overview.see(observation);
    },
  });
  const follow = async (next: Config): Promise<Difference> => {
    const found = difference(config, next);
    await parts.furnish?.(next);
    config = next;
    self.follow(measured());
    overview.follow(measured().map(factsOf));
    await work.follow(config, found);
    for (const { kind, name } of [...found.added, ...found.changed]) if (kind === 'device') work.announce(name);
    return found;
  };
  let following: Promise<unknown> = Promise.resolve();
  return {
    config: () => config,
    vitals,
    ended: work.ended,
    status: async () => ({
      gateway: { id: config.gateway.id, owner: config.gateway.owner, ...parts.program },
      now: clock.now(),
      clock: clock.state(),
      upSeconds: Math.round((clock.uptimeMs() - startedMs) / 1000),
      buses: overview.buses(),
      devices: overview.devices(),
      outbox: await outbox.stats(),
      uplinks: work.forwarders.map(({ status }) => status),
    }),
    read: (device, signal) => {
      const isThere = config.devices.some(({ name }) => name === device);
      return isThere ? readingOf(work.onDemand(device), signal) : undefined;
    },
    buses: () => config.buses.map((bus) => ({ ...bus, path: bus.kind === 'gpio' ? bus.chip : bus.path })),
    scan: (name, how, signal) => {
      const bus = config.buses.find((one) => one.name === name);
      const open = work.bus(name);
      if (!bus || !open) return undefined;
      const devices = config.devices.filter((device) => device.bus === name);
      const drivers = parts.drivers ?? (async () => config.devices.map(({ driver }) => driver));
      return scanShared({ config: bus, open, devices, identities, drivers, clock }, how, signal);
    },
    history: (device, quantity) => overview.history(device, quantity),
    onObservation: (onlooker) => overview.onObservation(onlooker),
    follow: (next) => {
      const done = following.then(() => follow(next));
      following = done.catch(() => undefined);
      return done;
    },
    tryAgain: () => {
      for (const forwarder of work.forwarders) forwarder.tryAgain();
    },
    stop: async () => {
      await work.stop();
      await outbox.close();
    },
  };
}

function factsOf({ name, driver, bus, part, periodMs }: Measured): DeviceFacts {
  return { device: name, driver: driver.part, bus, part, periodSeconds: periodMs / 1000 };
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

/** Says once that this run has begun to keep. */
function firstOnly(log: Log): () => void {
  let isFirst = true;
  return () => {
    if (isFirst) log('info', 'first-durable', 'the first observation of this run is durable');
    isFirst = false;
  };
}
