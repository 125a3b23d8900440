import type { Config, DeviceConfig, Measured, UplinkConfig } from './config/config.ts';
import type { Difference } from './config/difference.ts';
import { atMost, type Clock } from './hal/clock.ts';
import type { Hal } from './hal/hal.ts';
import { type Measuring, measure, type SourceFor } from './measure.ts';
import { type Bus, deviceOn, openBus } from './sampling/buses.ts';
import { guarded } from './sampling/guarded-driver.ts';
import type { OnDemand } from './sampling/on-demand.ts';
import { patienceMs } from './sampling/patience.ts';
import { onCalendar } from './sampling/schedule.ts';
import { startsOf } from './sampling/stagger.ts';
import type { Forwarder } from './uplink/forwarder.ts';

/** What the work is done with. */
export interface Tools extends Omit<Measuring, 'signal' | 'startsAfterMs' | 'offer' | 'rounds'> {
  readonly hal: Hal;
  readonly clock: Clock;
  forwarderFor(uplink: UplinkConfig): Forwarder;
  /** What is measured beside the config's devices, on no bus: the gateway itself. */
  readonly own?: { readonly device: Measured; readonly sourceFor: SourceFor } | undefined;
  /** The sampling of a device begins; gives what hears of each round. */
  loop?(device: string, loop: { patienceMs(): number; readonly signal: AbortSignal }): () => void;
}

/** Descriptors are told once a day, at an hour when little else is. */
const ANNOUNCE_AT = '17 3 * * *';

/** A conversation that is under way at the end may take so long; then the rest ends all the same. */
const LONGEST_GOODBYE_MS = 10_000;

/** Something that goes on until it is ended. */
interface Task {
  end(): Promise<void>;
}

interface Sampled extends Task {
  readonly bus: string;
  /** Undefined until it has begun. */
  asked(): OnDemand | undefined;
}

/** Everything that goes on for as long as the gateway runs: each device, each uplink by itself, so that each can change. */
export class Work {
  /** Resolves when all is stopped; rejects when something fails that cannot fail, and then stops the rest. */
  readonly ended: Promise<void>;
  readonly #tools: Tools;
  readonly #buses = new Map<string, Bus>();
  #configured: readonly DeviceConfig[] = [];
  readonly #devices = new Map<string, Sampled>();
  readonly #tellers = new Map<string, Task & { readonly forwarder: Forwarder }>();
  readonly #own: Task | undefined;
  readonly #duty: Task;
  #end: (failure?: { readonly cause: unknown }) => void = () => undefined;
  #stopping: Promise<void> | undefined;
  #isStopping = false;

  constructor({ buses, devices, uplinks }: Config, tools: Tools) {
    this.#tools = tools;
    this.ended = new Promise((resolve, reject) => {
      this.#end = (failure) => (failure ? reject(failure.cause) : resolve());
    });
    this.ended.catch(() => undefined);
    this.#start(buses, devices);
    const { own } = tools;
    const around = { ...tools, startsAfterMs: () => 0 };
    this.#own = own && this.#begin((signal) => measure(own.device, own.sourceFor, { ...around, signal }));
    this.#duty = this.#begin((signal) =>
      onCalendar(ANNOUNCE_AT, () => this.announce(), { clock: tools.clock, signal }),
    );
    for (const uplink of uplinks) this.#tell(uplink);
  }

  get forwarders(): readonly Forwarder[] {
    return Array.from(this.#tellers.values(), ({ forwarder }) => forwarder);
  }

  /** Describes the devices, or one of them, to every platform again. */
  announce(device?: string): void {
    for (const forwarder of this.forwarders) forwarder.announce(device);
  }

  /** Goes on with another config: what has not changed does not notice. */
  async follow({ buses, devices, uplinks }: Config, { added, removed, changed }: Difference): Promise<void> {
    const gone = [...removed, ...changed];
    const named = (kind: string) => new Set(gone.filter((one) => one.kind === kind).map(({ name }) => name));
    const [deviceNames, uplinkNames] = [named('device'), named('uplink')];
    const busNames = this.#opensAnew(named('bus'), { devices, others: [...added, ...gone].map(({ name }) => name) });
    const ending = [...this.#devices].filter(([name, { bus }]) => deviceNames.has(name) || busNames.has(bus));
    await atMost(this.#tools.clock, LONGEST_GOODBYE_MS, Promise.all(ending.map(([, task]) => task.end())));
    for (const [name, { bus }] of ending) {
      this.#devices.delete(name);
      this.#buses.get(bus)?.watch.forget(name);
    }
    await Promise.all([...uplinkNames].map((name) => this.#tellers.get(name)?.end()));
    for (const name of busNames) await this.#close(name);
    if (this.#isStopping) return;
    this.#start(buses, devices);
    for (const uplink of uplinks) if (uplinkNames.has(uplink.name)) this.#tell(uplink);
  }

  /** Ends measuring first, then telling. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    const measuring = Promise.all([...this.#devices.values(), this.#own, this.#duty].map((task) => task?.end()));
    // A driver that never ends keeps nothing else from ending as it should.
    await atMost(this.#tools.clock, LONGEST_GOODBYE_MS, measuring);
    await Promise.all(Array.from(this.#tellers.values(), (task) => task.end()));
    await Promise.all([...this.#buses.keys()].map((name) => this.#close(name)));
    this.#end();
  }

  /** Buses that are others, and chips one of whose lines is another's: a line is given back with its chip. */
  #opensAnew(
    names: ReadonlySet<string>,
    { devices, others }: { devices: readonly DeviceConfig[]; others: readonly string[] },
  ) {
    const before = others.flatMap((name) => this.#devices.get(name)?.bus ?? []);
    const after = devices.filter(({ name }) => others.includes(name)).map(({ bus }) => bus);
    const chips = [...before, ...after].filter((name) => this.#buses.get(name)?.kind === 'gpio');
    return new Set([...names, ...chips]);
  }

  async #close(name: string): Promise<void> {
    // What is gone, an adapter that was pulled, cannot be closed, and needs not.
    await this.#buses
      .get(name)
      ?.open.close()
      .catch(() => undefined);
    this.#buses.delete(name);
  }

  /** The way to a sample of the device, beside those that it keeps; undefined where there is no such device. */
  onDemand(device: string): OnDemand | undefined {
    return this.#devices.get(device)?.asked();
  }

  /** An open bus, for who shares it in turn; undefined where there is none of that name. */
  bus(name: string): Bus | undefined {
    return this.#buses.get(name);
  }

  /** Opens the buses and starts the devices that are not there yet. */
  #start(buses: Config['buses'], devices: readonly DeviceConfig[]): void {
    this.#configured = devices;
    const { hal, clock, report } = this.#tools;
    const around = { hal, clock, report, devices: (bus: string) => this.#devicesOn(bus) };
    for (const bus of buses) if (!this.#buses.has(bus.name)) this.#buses.set(bus.name, openBus(bus, around));
    const starts = startsOf(devices);
    const startsAfterMs = (device: string) => starts.get(device) ?? 0;
    for (const device of devices) if (!this.#devices.has(device.name)) this.#measure(device, startsAfterMs);
  }

  #devicesOn(bus: string): number {
    return [...this.#devices.values()].filter((device) => device.bus === bus).length;
  }

  #measure(device: DeviceConfig, startsAfterMs: Measuring['startsAfterMs']): void {
    const { bus } = device;
    let asked: OnDemand | undefined;
    const offer = (ask: OnDemand) => {
      asked = ask;
    };
    const { clock, loop } = this.#tools;
    const sourceFor: SourceFor = (memory) =>
      deviceOn([...this.#buses.values()], { ...device, driver: guarded(device.driver) }, { memory, clock });
    const patience = () => patienceMs(device.name, this.#configured);
    const rounds = loop && ((name: string, signal: AbortSignal) => loop(name, { patienceMs: patience, signal }));
    const around = { ...this.#tools, startsAfterMs, offer, rounds };
    const task = this.#begin((signal) => measure(device, sourceFor, { ...around, signal }));
    this.#devices.set(device.name, { ...task, bus, asked: () => asked });
  }

  #tell(uplink: UplinkConfig): void {
    const forwarder = this.#tools.forwarderFor(uplink);
    const task = this.#begin((signal) => forwarder.run(signal));
    this.#tellers.set(uplink.name, { ...task, forwarder });
  }

  #begin(act: (signal: AbortSignal) => Promise<void>): Task {
    const over = new AbortController();
    const done = act(over.signal).catch((cause: unknown) => {
      this.#end({ cause });
      void this.stop();
    });
    return {
      end: () => {
        over.abort();
        return done;
      },
    };
  }
}
