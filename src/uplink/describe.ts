import type { Measured } from '../config/config.ts';
import type { Identity } from '../driver-kit.ts';
import { isQuantity, type Quantity, quantities } from '../model/quantity.ts';
import type { Descriptor, StreamDescriptor } from './descriptor.ts';

/** What is known of a device: its config, unless it has left the config; what it said of itself; what it has told. */
export interface Known {
  readonly device: Measured | undefined;
  readonly identity: Identity | undefined;
  /** Streams that have been told, beyond those that the driver promises. */
  readonly streams: readonly string[];
}

/** The descriptor that the platform is given before the first observation of a device. */
export function describeDevice(name: string, { device, identity, streams }: Known): Descriptor {
  const promised = device ? (device.driver.streams?.(device.options) ?? device.driver.measures) : [];
  const all = new Set<Quantity>([...promised, ...streams.filter(isQuantity)]);
  const { firmware, serialNumber } = identity ?? {};
  return {
    device: name,
    part: identity?.part ?? device?.part ?? 'unknown',
    ...(firmware === undefined ? {} : { firmware }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(device?.placement ? { placement: device.placement } : {}),
    ...(device?.location ? { location: device.location } : {}),
    streams: Array.from(all, (quantity) => describeStream(quantity, device)),
    ...(device?.governance ? { governance: device.governance } : {}),
  };
}

function describeStream(quantity: Quantity, device: Measured | undefined): StreamDescriptor {
  const { unit, kind, min, max } = quantities[quantity];
  const rules = device?.rules[quantity];
  return {
    quantity,
    unit,
    kind,
    ...(device && device.periodMs > 0 ? { periodSeconds: device.periodMs / 1000 } : {}),
    range: [rules?.min ?? min, rules?.max ?? max],
    calibration: rules?.calibration ? 'local' : 'factory',
  };
}
