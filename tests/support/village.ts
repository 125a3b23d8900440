import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/config.ts';
import { writtenIn } from '../../src/config/includes.ts';
import { configIn } from '../../src/config/load.ts';
import type { World } from '../../src/driver-kit.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import type { Clock } from '../../src/hal/clock.ts';
import type { Machine } from '../../src/hal/machine.ts';
import type { LineSettings } from '../../src/hal/serial.ts';
import { type Attached, SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { villageWorld } from '../../src/hal/sim/village.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Log } from '../../src/health/log.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { drivers, known } from './every-driver.ts';
import { FakeUplink } from './fake-uplink.ts';

/** The config that `npm start` runs. */
export function demoConfig(): Config {
  const file = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url));
  return configIn(writtenIn(file, readFileSync(file, 'utf8')), known());
}

/** A config from YAML text. */
export function configOf(yaml: string): Config {
  return configIn(writtenIn('/test/gateway.yaml', yaml), known());
}

/** One line of the log. */
export interface Logged {
  readonly code: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A whole gateway on simulated buses, in virtual time, with a platform whose answers the test decides. */
export interface Village {
  readonly clock: VirtualClock;
  readonly hal: SimulatedHal;
  readonly uplink: FakeUplink;
  readonly outbox: Outbox;
  readonly gateway: Gateway;
  readonly logged: readonly Logged[];
  stop(): Promise<void>;
}

/** Makes another world of the one that a device's simulated part stands in. */
export type Altered = (world: World, device: string) => World;

/** The buses of a config with simulated parts on them. */
export async function simulatedHal(config: Config, clock: Clock, altered?: Altered): Promise<SimulatedHal> {
  return new SimulatedHal(clock, await attachedTo(config, clock, altered));
}

function attachedTo(config: Config, clock: Clock, altered: Altered = (world) => world): Promise<Attached[]> {
  const attached = config.devices.map(async (device) => {
    const simulation = await device.simulation?.();
    if (!simulation) throw new Error(`${device.name} has no simulated part`);
    const world = altered(villageWorld({ seed: device.name, placement: device.placement }, clock), device.name);
    const { driver, options } = device;
    const further = driver.bus === 'gpio' ? (driver.furtherLines?.(options) ?? []) : [];
    const bus = config.buses.find(({ name }) => name === device.bus);
    return { ...device, ...(bus?.kind === 'serial' && { line: settingsOf(bus) }), further, simulation, world };
  });
  return Promise.all(attached);
}

const settingsOf = ({ baudRate, dataBits, parity, stopBits }: LineSettings): LineSettings => {
  return { baudRate, dataBits, parity, stopBits };
};

const PROGRAM = { version: '0.0.0', pid: 1 };
interface Surroundings {
  readonly clock?: VirtualClock;
  readonly outbox?: Outbox;
  readonly altered?: Altered;
  /** What the gateway measures of itself; absent: nothing. */
  readonly machine?: Machine;
}

/** Starts the village. */
export async function startVillage(
  config: Config,
  { clock = new VirtualClock(), outbox = new MemoryOutbox(['city']), altered, machine }: Surroundings = {},
): Promise<Village> {
  const hal = await simulatedHal(config, clock, altered);
  const uplink = new FakeUplink();
  const logged: Logged[] = [];
  const log: Log = (_, code, message, fields = {}) => logged.push({ code, message, fields });
  const { id, owner } = config.gateway;
  const encoding = feedJson({ root: 'feed', owner, gateway: id, epoch: outbox.epoch });
  const uplinkFor = () => ({ uplink, encoding, maxInFlight: 20, batches: 'backlog' as const });
  const gateway = startGateway({
    config: { ...config, uplinks: config.uplinks.slice(0, 1) },
    hal,
    furnish: async (next) => hal.furnish(await attachedTo(next, clock, altered)),
    clock,
    outbox,
    uplinkFor,
    log,
    random: () => 0.5,
    drivers: async () => drivers.map(({ driver }) => driver),
    ...(machine ? { machine } : {}),
    program: PROGRAM,
  });
  return {
    clock,
    hal,
    uplink,
    outbox,
    gateway,
    logged,
    stop: async () => {
      const stopping = gateway.stop().then(() => hal.end());
      let isStopped = false;
      void stopping.finally(() => {
        isStopped = true;
      });
      while (!isStopped) await clock.advance(100);
      await stopping;
    },
  };
}
