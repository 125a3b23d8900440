import type { Driver } from '../driver-kit.ts';
import type { LineSettings } from '../hal/serial.ts';
import type { Governance, Place } from '../model/place.ts';
import type { Rules } from '../pipeline/pipeline.ts';
import type { MqttUplinkOptions } from '../uplink/mqtt-uplink.ts';

/** A bus with all that is needed to open it. */
export type BusConfig =
  | { readonly kind: 'i2c'; readonly name: string; readonly path: string }
  | ({ readonly kind: 'serial'; readonly name: string; readonly path: string } & LineSettings)
  | { readonly kind: 'gpio'; readonly name: string; readonly chip: string };

/** A device with its driver, its bus and its rules; nothing is left to look up. */
export interface DeviceConfig {
  readonly name: string;
  readonly driver: Driver;
  readonly bus: string;
  /** The I2C or Modbus address, or the GPIO line; 0 for a part that has a line of its own. */
  readonly address: number;
  readonly activeLow: boolean;
  /** As the driver's schema yields them. */
  readonly options: object;
  readonly periodMs: number;
  readonly part: string;
  readonly placement: 'indoor' | 'outdoor';
  readonly location?: Place;
  readonly governance?: Governance;
  readonly rules: Rules;
}

export interface UplinkConfig extends MqttUplinkOptions {
  readonly root: string;
  readonly maxInFlight: number;
  readonly batches: 'backlog' | 'never';
}

/** A config that can run. */
export interface Config {
  readonly gateway: { readonly id: string; readonly owner: string };
  readonly storage: { readonly directory: string; readonly commitMs: number };
  readonly buses: readonly BusConfig[];
  readonly devices: readonly DeviceConfig[];
  readonly uplinks: readonly UplinkConfig[];
}
