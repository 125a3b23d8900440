import type { Governance, Place } from '../model/place.ts';
import type { Kind, Quantity } from '../model/quantity.ts';

/** One stream as the platform should understand it. */
export interface StreamDescriptor {
  readonly quantity: Quantity;
  readonly unit: string;
  readonly kind: Kind;
  readonly periodSeconds?: number;
  readonly range: readonly [number, number];
  readonly calibration: 'raw' | 'factory' | 'local';
}

/** All that a platform should know of a device beside its values. */
export interface Descriptor {
  readonly device: string;
  readonly part: string;
  readonly firmware?: string;
  readonly serialNumber?: string;
  readonly placement?: 'indoor' | 'outdoor';
  readonly location?: Place;
  readonly streams: readonly StreamDescriptor[];
  readonly governance?: Governance;
}
