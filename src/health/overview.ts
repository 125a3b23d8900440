import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../hal/clock.ts';
import type { Observation } from '../model/observation.ts';
import { type Quantity, quantityNames } from '../model/quantity.ts';
import type { BusEvent } from '../sampling/bus-watch.ts';
import type { DeviceEvent } from '../sampling/fault-watch.ts';
import { Remembered } from './remembered.ts';
import type { BusStatus, DeviceStatus, StreamHistory } from './status.ts';

/** What is known of a device before it has said anything. */
export type DeviceFacts = Pick<DeviceStatus, 'device' | 'driver' | 'bus' | 'part' | 'periodSeconds'>;

/** Whoever looks on while observations are kept. */
export type Onlooker = (observation: Observation) => void;

interface Known {
  readonly facts: DeviceFacts;
  identity: Pick<DeviceStatus, 'serialNumber' | 'firmware'> & { readonly part?: string };
  state: DeviceStatus['state'];
  sinceMs: number;
  fault: DeviceStatus['fault'];
  readonly streams: Map<Quantity, Remembered>;
}

/** How every device is doing and what it has said lately: seen from beside the pipe, which it never holds up. */
export class Overview {
  readonly #clock: Clock;
  #devices: ReadonlyMap<string, Known> = new Map();
  readonly #brokenBuses = new Map<string, { readonly message: string; readonly sinceMs: number }>();
  readonly #onlookers = new Set<Onlooker>();

  constructor(devices: readonly DeviceFacts[], clock: Clock) {
    this.#clock = clock;
    this.follow(devices);
  }

  /** The devices are these from now on; of those that are as before, what they said stays known. */
  follow(devices: readonly DeviceFacts[]): void {
    const before = this.#devices;
    const sinceMs = this.#clock.uptimeMs();
    this.#devices = new Map(
      devices.map((facts) => {
        const known = before.get(facts.device);
        if (isDeepStrictEqual(known?.facts, facts) && known) return [facts.device, known];
        return [
          facts.device,
          { facts, identity: {}, state: 'starting', sinceMs, fault: undefined, streams: new Map() },
        ];
      }),
    );
  }

  /** Takes in an observation on its way to the outbox. */
  see(observation: Observation): void {
    const known = this.#devices.get(observation.device);
    for (const { quantity, value, quality, why } of observation.readings) {
      const stream = known?.streams.get(quantity) ?? new Remembered(quantity);
      known?.streams.set(quantity, stream);
      stream.see({ value, quality, why, uptimeMs: observation.instant.uptimeMs });
    }
    if (known?.state === 'starting' && observation.readings.some(({ quality }) => quality !== 'fault')) {
      this.#turn(known, 'well');
    }
    for (const onlooker of this.#onlookers) onlooker(observation);
  }

  /** Takes in what happens to a device or a bus. */
  hear(event: DeviceEvent | BusEvent): void {
    if (event.event === 'bus-healed') this.#brokenBuses.delete(event.bus);
    else if (event.event === 'bus-fault') {
      this.#brokenBuses.set(event.bus, { message: event.error.message, sinceMs: this.#clock.uptimeMs() });
    } else this.#hearOf(event);
  }

  #hearOf(event: DeviceEvent): void {
    const known = this.#devices.get(event.device);
    if (!known) return;
    if (event.event === 'identified') known.identity = event.identity;
    if (event.event === 'fault') {
      known.fault = { kind: event.error.kind, message: event.error.message };
      this.#turn(known, 'fault');
    }
    if (event.event === 'healed') {
      known.fault = undefined;
      this.#turn(known, 'well');
    }
  }

  /** Shows every observation from now on; gives what ends that. */
  onObservation(onlooker: Onlooker): () => void {
    this.#onlookers.add(onlooker);
    return () => this.#onlookers.delete(onlooker);
  }

  /** Every bus that has a device. */
  buses(): readonly BusStatus[] {
    const all = Array.from(this.#devices.values(), ({ facts }) => facts.bus);
    return [...new Set(all)].map((bus) => {
      const devices = all.filter((name) => name === bus).length;
      const broken = this.#brokenBuses.get(bus);
      if (!broken) return { bus, devices };
      const forSeconds = Math.round((this.#clock.uptimeMs() - broken.sinceMs) / 1000);
      return { bus, devices, fault: { message: broken.message, forSeconds } };
    });
  }

  /** Every device of the config, in its order. */
  devices(): readonly DeviceStatus[] {
    const nowMs = this.#clock.uptimeMs();
    return Array.from(this.#devices.values(), (known) => ({
      ...known.facts,
      ...known.identity,
      ...this.#stateOf(known, nowMs),
      streams: quantityNames.flatMap((quantity) => known.streams.get(quantity)?.status(nowMs) ?? []),
    }));
  }

  /** Undefined where there is no such stream, or where it has said nothing yet. */
  history(device: string, quantity: string): StreamHistory | undefined {
    const stream = this.#devices.get(device)?.streams.get(quantity as Quantity);
    return stream && { device, ...stream.history(this.#clock.uptimeMs()) };
  }

  /** No device is better than its bus. */
  #stateOf(
    { facts, state, sinceMs, fault }: Known,
    nowMs: number,
  ): Pick<DeviceStatus, 'state' | 'forSeconds' | 'fault'> {
    const forSeconds = (fromMs: number) => Math.round((nowMs - fromMs) / 1000);
    const broken = this.#brokenBuses.get(facts.bus);
    if (!broken) return { state, forSeconds: forSeconds(sinceMs), ...(fault ? { fault } : {}) };
    return { state: 'fault', forSeconds: forSeconds(broken.sinceMs), fault: { kind: 'bus', message: broken.message } };
  }

  #turn(known: Known, state: Known['state']): void {
    known.state = state;
    known.sinceMs = this.#clock.uptimeMs();
  }
}
