import type { Config, DeviceConfig } from './config/config.ts';
import type { Identity } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import type { Hal } from './hal/hal.ts';
import { deviceEntry, recoveryEntry, uplinkEntry } from './health/events.ts';
import type { Log } from './health/log.ts';
import type { Observation } from './model/observation.ts';
import { pipelineFor } from './pipeline/pipeline.ts';
import { type Bus, openBuses, sensorOn } from './sampling/buses.ts';
import type { DeviceEvent } from './sampling/fault-watch.ts';
import { onCalendar } from './sampling/schedule.ts';
import { supervise } from './sampling/supervise.ts';
import type { Outbox, OutboxStats } from './store/outbox.ts';
import { describeDevice } from './uplink/describe.ts';
import type { Descriptor } from './uplink/descriptor.ts';
import type { Encoding } from './uplink/encodings/encoding.ts';
import { Forwarder, type ForwarderStatus } from './uplink/forwarder.ts';
import type { GatewayState } from './uplink/gateway-state.ts';
import { Slots } from './uplink/slots.ts';
import type { Uplink } from './uplink/uplink.ts';

/** All that a gateway is made of. Which board, which store and which broker is for others to say. */
export interface GatewayParts {
  readonly config: Config;
  readonly hal: Hal;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly uplinks: readonly {
    readonly uplink: Uplink;
    readonly encoding: Encoding;
    readonly maxInFlight: number;
    readonly batches: 'backlog' | 'never';
  }[];
  readonly log: Log;
  readonly random: () => number;
  /** Sees every observation on its way to the outbox: for the live view. */
  readonly watch?: (observation: Observation) => void;
}

/** A gateway that runs. */
export interface Gateway {
  status(): Promise<GatewayStatus>;
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

/** Samples of one device that may wait to become durable. More than this, and a part that talks unasked has to wait. */
const KEEP_AT_ONCE = 2500;
/** After so many observations in a row a device lets the others have their turn. */
const IN_A_ROW = 32;
/** Descriptors are told once a day, at an hour when little else is. */
const ANNOUNCE_AT = '17 3 * * *';

/** Measures, keeps, tells: starts every device and every uplink of the config. */
export function startGateway(parts: GatewayParts): Gateway {
  const { config, clock, outbox, log } = parts;
  const startedAt = clock.now();
  const measuring = new AbortController();
  const telling = new AbortController();
  const identities = new Map<string, Identity>();
  if (outbox.lastRun.recovered) log(...recoveryEntry(outbox.lastRun.recovered));

  const describe = (name: string, streams: readonly string[] = []): Descriptor =>
    describeDevice(name, {
      device: config.devices.find((d) => d.name === name),
      identity: identities.get(name),
      streams,
    });
  const will = (): GatewayState => ({
    isOnline: false,
    at: clock.now(),
    clock: clock.state(),
    startedAt,
    wasClean: outbox.lastRun.wasClean,
    ...(outbox.lastRun.durableUntil === undefined ? {} : { durableUntil: outbox.lastRun.durableUntil }),
  });
  const stateFor = async (uplink: string, isOnline: boolean): Promise<GatewayState> => {
    const { heads, backlog } = await outbox.stats();
    return { ...will(), isOnline, heads, backlog: backlog[uplink] ?? 0 };
  };

  const forwarders = parts.uplinks.map(
    ({ uplink, encoding, maxInFlight, batches }) =>
      new Forwarder({
        outbox,
        uplink,
        encoding,
        clock,
        random: parts.random,
        maxInFlight,
        batches,
        descriptors: () => config.devices.map(({ name }) => describe(name)),
        describe,
        state: (isOnline) => stateFor(uplink.name, isOnline),
        will,
        report: (event) => log(...uplinkEntry(event)),
      }),
  );
  /** A part that says something new of itself is described again. */
  const identified = (device: string, identity: Identity) => {
    const isNew = JSON.stringify(identities.get(device)) !== JSON.stringify(identity);
    identities.set(device, identity);
    if (isNew) for (const forwarder of forwarders) forwarder.announce(device);
  };
  const report = (event: DeviceEvent) => {
    if (event.event === 'identified') identified(event.device, event.identity);
    log(...deviceEntry(event));
  };

  let isFirst = true;
  const durable = () => {
    if (isFirst) log('info', 'first-durable', 'the first observation of this run is durable');
    isFirst = false;
  };

  const buses = openBuses(config.buses, parts.hal);
  const devices = config.devices.map((device) =>
    measure(device, parts, { buses, report, durable, signal: measuring.signal }),
  );
  const tellers = forwarders.map((forwarder) => forwarder.run(telling.signal));
  const announce = () => {
    for (const forwarder of forwarders) forwarder.announce();
  };
  onCalendar(ANNOUNCE_AT, announce, measuring.signal);

  const stop = async (): Promise<void> => {
    measuring.abort();
    await Promise.allSettled(devices);
    telling.abort();
    await Promise.allSettled(tellers);
    await Promise.allSettled(buses.map(({ open }) => open.close()));
  };
  const ended = Promise.all([...devices, ...tellers]).then(
    () => undefined,
    async (cause) => {
      await stop();
      throw cause;
    },
  );
  return {
    ended,
    status: async () => ({ outbox: await outbox.stats(), uplinks: forwarders.map(({ status }) => status) }),
    stop: async () => {
      await stop();
      await ended.catch(() => undefined);
      await outbox.close();
    },
  };
}

interface Measuring {
  readonly buses: readonly Bus[];
  report(event: DeviceEvent): void;
  /** Called for every observation that has become durable. */
  durable(): void;
  readonly signal: AbortSignal;
}

/** One device, from its driver to the outbox. Rejects only where the outbox fails. */
async function measure(
  device: DeviceConfig,
  parts: GatewayParts,
  { buses, report, durable, signal }: Measuring,
): Promise<void> {
  const { clock, outbox, watch } = parts;
  const process = pipelineFor(device.name, device.rules);
  const slots = new Slots(KEEP_AT_ONCE);
  const failure = new AbortController();
  const keep = async (observation: Observation): Promise<void> => {
    await slots.take();
    void outbox.append(observation).then(
      () => {
        durable();
        slots.free();
      },
      (cause: unknown) => {
        failure.abort(cause);
        slots.free();
      },
    );
  };
  const { sensor, queue } = sensorOn(buses, device, outbox.memory(device.name));
  const supervised = {
    device: device.name,
    sensor,
    streams: device.driver.streams?.(device.options) ?? device.driver.measures,
    periodMs: device.periodMs,
    warmUpMs: (device.driver.warmUpSeconds ?? 0) * 1000,
    bus: queue,
  };
  const either = AbortSignal.any([signal, failure.signal]);
  let count = 0;
  for await (const taken of supervise(supervised, { clock, report, signal: either })) {
    for (const observation of process(taken)) {
      watch?.(observation);
      await keep(observation);
      count += 1;
      // Not passed to the signal: a pause of no length ends by itself.
      if (count % IN_A_ROW === 0) await clock.sleep(0);
    }
  }
  // What waits to become durable is made so when the outbox closes.
  failure.signal.throwIfAborted();
}
