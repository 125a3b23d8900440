import type { ClockState } from '../model/observation.ts';
import type { Quality } from '../model/quality.ts';
import type { Quantity } from '../model/quantity.ts';
import type { OutboxStats } from '../store/outbox.ts';
import type { ForwarderStatus } from '../uplink/forwarder.ts';

/** What a gateway that runs says of itself: one document, as `dorpel status --json` prints it. */
export interface Status {
  readonly gateway: GatewayFacts;
  /** UTC milliseconds, and how far they may be trusted. */
  readonly now: number;
  readonly clock: ClockState;
  readonly upSeconds: number;
  readonly buses: readonly BusStatus[];
  readonly devices: readonly DeviceStatus[];
  readonly outbox: OutboxStats;
  readonly uplinks: readonly ForwarderStatus[];
}

/** Which gateway it is, and which program runs on it. */
export interface GatewayFacts {
  readonly id: string;
  readonly owner: string;
  readonly version: string;
  readonly pid: number;
}

/** How a bus is doing as a whole; what is wrong with it is wrong with all its devices. */
export interface BusStatus {
  readonly bus: string;
  readonly devices: number;
  readonly fault?: { readonly message: string; readonly forSeconds: number };
}

/** How one device is doing. Times that have passed are measured by a clock that never steps. */
export interface DeviceStatus {
  readonly device: string;
  readonly driver: string;
  readonly bus: string;
  /** As the part calls itself, else as the config does. */
  readonly part: string;
  readonly serialNumber?: string;
  readonly firmware?: string;
  /** 0 for a part that talks unasked and of which everything is kept. */
  readonly periodSeconds: number;
  /** `starting`: nothing was heard of it yet. */
  readonly state: 'starting' | 'well' | 'fault';
  /** How long it has been so. */
  readonly forSeconds: number;
  /** Of a fault: what is wrong. */
  readonly fault?: { readonly kind: string; readonly message: string };
  readonly streams: readonly StreamStatus[];
}

/** The newest reading of a stream. */
export interface StreamStatus {
  readonly quantity: Quantity;
  readonly value: number | null;
  readonly quality: Quality;
  readonly why?: string;
  readonly ageSeconds: number;
  /** Earlier values and this one, oldest first. */
  readonly trend: readonly number[];
}

/** The values of a stream since the start, at most a day. */
export interface StreamHistory {
  readonly device: string;
  readonly quantity: Quantity;
  /** The newest values, oldest first, each with how long ago it was. */
  readonly recent: readonly { readonly agoSeconds: number; readonly value: number }[];
  /** Five minutes each, oldest first; those without a value are absent. */
  readonly spans: readonly {
    readonly agoSeconds: number;
    readonly lowest: number;
    readonly mean: number;
    readonly highest: number;
  }[];
}
