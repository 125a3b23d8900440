import type { Driver, Simulation } from '../driver-kit.ts';
import type { LineSettings } from '../hal/serial.ts';
import type { Priority } from '../model/observation.ts';
import type { Governance, Place } from '../model/place.ts';
import type { Quantity } from '../model/quantity.ts';
import type { Rules } from '../pipeline/pipeline.ts';
import type { MqttUplinkOptions } from '../uplink/mqtt-uplink.ts';
import type { Rate } from './fields.ts';

/** A bus with all that is needed to open it. */
export type BusConfig =
  | { readonly kind: 'i2c'; readonly name: string; readonly path: string }
  | ({ readonly kind: 'serial'; readonly name: string; readonly path: string } & LineSettings)
  | { readonly kind: 'onewire'; readonly name: string; readonly path: string }
  | { readonly kind: 'gpio'; readonly name: string; readonly chip: string };

/** A device with its driver, its bus and its rules; nothing is left to look up. */
export interface DeviceConfig {
  readonly name: string;
  readonly driver: Driver;
  /** The part that stands in for the real one; absent where a driver from outside brings none. */
  simulation?(): Promise<Simulation>;
  readonly bus: string;
  /** The I2C or Modbus address, or the GPIO line; 0 for a part that has a line of its own. */
  readonly address: number;
  /** On 1-Wire: the part's number. */
  readonly id?: string;
  readonly activeLow: boolean;
  /** As the driver's schema yields them. */
  readonly options: object;
  /** As the file has them; of its secrets only which options they are. */
  readonly written: { readonly options: Readonly<Record<string, unknown>>; readonly withheld: readonly string[] };
  readonly periodMs: number;
  /** So long one conversation with it may take before it is given up. */
  readonly deadlineMs: number;
  readonly part: string;
  readonly placement: 'indoor' | 'outdoor';
  readonly location?: Place;
  readonly governance?: Governance;
  /** Of the streams that have none of their own. */
  readonly priority: Priority;
  readonly rules: Rules;
}

/** A platform: how it is reached, what it is told, and how fast. */
export interface UplinkConfig extends MqttUplinkOptions {
  readonly root: string;
  readonly maxInFlight: number;
  /** What it is told of; absent: everything. */
  readonly devices?: readonly string[];
  readonly quantities?: readonly Quantity[];
  readonly batches: 'backlog' | 'deflate' | 'never';
  readonly drainRate: Rate;
  readonly drainDelayMs: number;
  readonly refusedForMs: number;
  readonly keepaliveSeconds?: number;
  readonly canary?: boolean;
}

/** Where observations wait, and what happens when room or time is short. */
export interface StorageConfig {
  readonly directory: string;
  readonly commitMs: number;
  /** Absent: what the disk allows. */
  readonly quotaBytes?: number;
  readonly thinning?: number;
  readonly durability: 'commit' | 'after-ack';
  readonly clockWaitMs: number;
}

/** How the gateway measures itself. */
export interface HealthConfig {
  readonly periodMs: number;
  readonly location?: Place;
  readonly governance?: Governance;
}

/** What is measured, on a bus or not: all that the pipeline goes by and a platform is told. */
export interface Measured
  extends Pick<
    DeviceConfig,
    'name' | 'bus' | 'options' | 'periodMs' | 'deadlineMs' | 'part' | 'location' | 'governance' | 'priority' | 'rules'
  > {
  readonly placement?: DeviceConfig['placement'];
  readonly driver: Pick<
    Driver,
    'part' | 'measures' | 'streams' | 'period' | 'leastPeriod' | 'rollsOverAt' | 'warmUpSeconds'
  >;
}

/** A config that can run. */
export interface Config {
  readonly gateway: { readonly id: string; readonly owner: string };
  /** The gateway as a device of its own; absent: it does not measure itself. */
  readonly health?: HealthConfig;
  /** Where Prometheus may ask, on loopback; absent: nowhere. */
  readonly metrics?: { readonly port: number };
  readonly storage: StorageConfig;
  readonly buses: readonly BusConfig[];
  readonly devices: readonly DeviceConfig[];
  readonly uplinks: readonly UplinkConfig[];
}
