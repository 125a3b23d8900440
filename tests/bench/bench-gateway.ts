import { join } from 'node:path';
import type { BusConfig, Config, DeviceConfig } from '../../src/config/config.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import type { Clock } from '../../src/hal/clock.ts';
import type { Hal } from '../../src/hal/hal.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { Log } from '../../src/health/log.ts';
import type { Observation } from '../../src/model/observation.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { mqttUplink } from '../../src/uplink/mqtt-uplink.ts';
import { emptyHal } from './load-part.ts';

/** When an observation is made durable. */
export type Durability = Config['storage']['durability'];

/** How a gateway of a measurement is set up. */
export interface Setup {
  readonly directory: string;
  /** Where the broker is, or will be. */
  readonly port: number;
  readonly commitMs: number;
  readonly batches: 'backlog' | 'never';
  /** Makes its clock run faster: a day's commits in minutes, the same bytes each. */
  readonly speed?: number;
  /** The `random` of its back-off where it is not to be random: a measurement that begins at the connect need not wait. */
  readonly random?: number;
  /** The feed's owner: tells several gateways at one broker apart. */
  readonly owner?: string;
  readonly durability?: Durability;
}

/** The system's clock, `speed` times faster. */
export function clockAt(speed: number): Clock {
  const real = systemClock(() => 'ntp');
  return {
    now: () => real.now(),
    uptimeMs: () => real.uptimeMs() * speed,
    state: () => 'ntp',
    sleep: (ms, signal) => real.sleep(ms / speed, signal),
  };
}

/** What a gateway of a measurement is made of besides its setup. */
export interface Surroundings {
  readonly devices: readonly DeviceConfig[];
  readonly clock: Clock;
  readonly log?: Log;
  /** Where the devices are; absent: on lines on which nothing is ever said. */
  readonly board?: { readonly hal: Hal; readonly buses: readonly BusConfig[] };
  watch?(observation: Observation): void;
  /** Called with the outbox before anything is kept in it. */
  opened?(outbox: Outbox): void;
}

/** The gateway as the program makes it, on a real outbox and a real broker. */
export async function startBenchGateway(setup: Setup, around: Surroundings): Promise<Gateway> {
  const { directory, port, commitMs, batches, random, owner = 'bench', durability = 'commit' } = setup;
  const { devices, clock, log = () => undefined, watch } = around;
  const line = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
  const config: Config = {
    gateway: { id: 'bench', owner },
    storage: { directory, commitMs, durability, clockWaitMs: 0 },
    buses: around.board?.buses ?? devices.map(({ name }) => ({ kind: 'serial', name, path: '/dev/null', ...line })),
    devices,
    uplinks: [],
  };
  const outbox = await openSqliteOutbox({
    path: join(directory, 'outbox.db'),
    commitMs,
    uplinks: ['broker'],
    bootId: 'bench',
    clock,
    durability,
  });
  around.opened?.(outbox);
  const url = `mqtt://127.0.0.1:${port}`;
  const uplink = mqttUplink({ name: 'broker', url, protocol: 5, clientId: owner }, clock);
  const encoding = feedJson({ root: 'feed', owner, gateway: 'bench', epoch: outbox.epoch });
  const gateway = startGateway({
    config,
    hal: around.board?.hal ?? emptyHal,
    clock,
    outbox,
    uplinkFor: () => ({ uplink, encoding, maxInFlight: 1000, batches }),
    log,
    random: random === undefined ? Math.random : () => random,
    program: { version: 'bench', pid: process.pid },
  });
  if (watch) gateway.onObservation(watch);
  return gateway;
}
