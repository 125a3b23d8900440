import type { Sensor } from '../driver-kit.ts';
import type { Machine, MachineState } from '../hal/machine.ts';
import type { Memory } from '../hal/memory.ts';
import type { Sample } from '../model/observation.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Outbox } from '../store/outbox.ts';
import type { ForwarderStatus } from '../uplink/forwarder.ts';

/** Every quantity that the gateway may tell of itself. */
export const OWN_QUANTITIES = [
  'cpu_temperature',
  'cpu_throttled',
  'under_voltage',
  'under_voltage_seen',
  'load_average',
  'memory_available',
  'disk_free',
  'disk_written',
  'disk_wear',
  'outbox_depth',
  'uplinks_connected',
  'uplinks_away',
  'bus_errors',
  'gateway_restarts',
] as const satisfies readonly Quantity[];

/** Where the gateway's own values come from. */
export interface OwnSources {
  readonly machine: Machine;
  readonly outbox: Pick<Outbox, 'stats'>;
  uplinks(): readonly Pick<ForwarderStatus, 'isConnected'>[];
  /** Attempts to read a device that failed, since the start. */
  failures(): number;
}

/** What is remembered over a restart: few words, saved when they change and not at each look, for cards wear. */
interface Remembered {
  readonly starts: number;
  /** The boot in which the supply was seen to be too low. */
  readonly underVoltageIn?: string | undefined;
}

/** The gateway as a sensor: what it and its machine say of themselves. What is not known is absent, never 0. */
export class OwnSensor implements Sensor {
  readonly #sources: OwnSources;
  readonly #memory: Memory;
  #remembered: Remembered | undefined;
  #streams: readonly Quantity[] = ['outbox_depth', 'uplinks_connected', 'uplinks_away', 'bus_errors'];

  constructor(sources: OwnSources, memory: Memory) {
    this.#sources = sources;
    this.#memory = memory;
  }

  /** What this machine tells, as far as that is known: of the rest no platform is told that it exists. */
  get streams(): readonly Quantity[] {
    return this.#streams;
  }

  async start(): Promise<object> {
    if (!this.#remembered) {
      const before = remembered(await this.#memory.load());
      await this.#remember({ ...before, starts: before.starts + 1 });
    }
    this.#streams = Object.keys(await this.poll()) as Quantity[];
    return {};
  }

  async poll(): Promise<Sample> {
    const { machine, failures } = this.#sources;
    const state = await machine();
    await this.#noteSupply(state);
    const { starts = 1 } = this.#remembered ?? {};
    return known({
      ...ofMachine(state),
      under_voltage_seen: this.#wasUnderVoltage(state),
      outbox_depth: await this.#depth(),
      ...this.#uplinks(),
      bus_errors: failures(),
      gateway_restarts: starts - 1,
    });
  }

  /** Rows that wait for whoever has had the fewest. */
  async #depth(): Promise<number> {
    const { backlog } = await this.#sources.outbox.stats();
    return Math.max(0, ...Object.values(backlog));
  }

  #uplinks(): Sample {
    const all = this.#sources.uplinks();
    const connected = all.filter(({ isConnected }) => isConnected).length;
    return { uplinks_connected: connected, uplinks_away: all.length - connected };
  }

  async #noteSupply({ bootId, isUnderVoltage, wasUnderVoltage }: MachineState): Promise<void> {
    const isNews = bootId !== undefined && this.#remembered?.underVoltageIn !== bootId;
    if (!isNews || !this.#remembered || !(isUnderVoltage || wasUnderVoltage)) return;
    await this.#remember({ ...this.#remembered, underVoltageIn: bootId });
  }

  #wasUnderVoltage({ bootId, isUnderVoltage, wasUnderVoltage }: MachineState): number | undefined {
    if (isUnderVoltage === undefined && wasUnderVoltage === undefined) return undefined;
    const isNoted = bootId !== undefined && this.#remembered?.underVoltageIn === bootId;
    return Number(isNoted || Boolean(isUnderVoltage || wasUnderVoltage));
  }

  async #remember(what: Remembered): Promise<void> {
    this.#remembered = what;
    await this.#memory.save(JSON.stringify(what));
  }
}

function ofMachine(state: MachineState): Possible {
  const { isThrottled, isUnderVoltage, diskWearPercent } = state;
  return {
    cpu_temperature: state.cpuTemperatureCel,
    cpu_throttled: isThrottled === undefined ? undefined : Number(isThrottled),
    under_voltage: isUnderVoltage === undefined ? undefined : Number(isUnderVoltage),
    load_average: state.load,
    memory_available: megabytes(state.memoryAvailableBytes),
    disk_free: megabytes(state.diskFreeBytes),
    disk_written: megabytes(state.diskWrittenBytes),
    disk_wear: diskWearPercent === undefined ? undefined : { value: diskWearPercent, quality: 'estimated' },
  };
}

type Possible = { readonly [Q in Quantity]?: Sample[Q] | undefined };

function known(possible: Possible): Sample {
  return Object.fromEntries(Object.entries(possible).filter(([, value]) => value !== undefined));
}

const megabytes = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : bytes / 1e6);

function remembered(text: string | undefined): Remembered {
  try {
    const { starts, underVoltageIn } = JSON.parse(text ?? '{}') as Partial<Remembered>;
    return { starts: Number.isSafeInteger(starts) ? Number(starts) : 0, underVoltageIn };
  } catch {
    // What cannot be read is as good as nothing: it begins to count again.
    return { starts: 0 };
  }
}
