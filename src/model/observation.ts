import type { Quality } from './quality.ts';
import { isQuantity, type Quantity, quantityNames, rounded } from './quantity.ts';

/** One value with its quality. `value` is null only with a quality that says why there is none. */
export interface Reading {
  readonly value: number | null;
  readonly quality: Quality;
  /** A word or two for the operator: `checksum`, `no-acknowledge`, `fan`. */
  readonly why?: string;
  /** UTC milliseconds by the part's own clock, where the part says when it measured (a gas meter behind a P1 port). */
  readonly measuredAt?: number;
}

/**
 * What a driver returned from one poll or one telegram: a value per quantity. A bare number is a value that the part
 * gave without reserve; a quantity the part did not mention is left out; what it could not tell is a Reading.
 */
export type Sample = { readonly [Q in Quantity]?: number | Reading };

const places = new Map(quantityNames.map((name, place) => [name, place]));

/** The quantities that a sample has, in the order of their table. */
export function quantitiesIn(sample: Sample): Quantity[] {
  return Object.keys(sample)
    .filter(isQuantity)
    .filter((quantity) => sample[quantity] !== undefined)
    .sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
}

/** How the wall clock was known when an observation was made. */
export type ClockState = 'ntp' | 'rtc' | 'unsynced';

/** One moment by every clock the gateway has. */
export interface Instant {
  /** UTC milliseconds; trust it as far as `clock` says. */
  readonly at: number;
  /** Milliseconds since boot: never steps, means nothing after `bootId` has changed. */
  readonly uptimeMs: number;
  readonly clock: ClockState;
}

/** How much an observation matters: the lowest goes first when room is short; an alert is told before everything else. */
export const PRIORITIES = ['low', 'normal', 'high', 'alert'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A Reading of a named stream. */
export interface StreamReading extends Omit<Reading, 'measuredAt'> {
  readonly quantity: Quantity;
}

/** A sample after the pipeline, ready to be kept: what one device said at one moment. */
export interface Observation {
  readonly device: string;
  readonly instant: Instant;
  /** Length of the interval that ends at `instant`, in seconds; absent for a snapshot. */
  readonly durationSeconds?: number;
  readonly readings: readonly StreamReading[];
  /** Absent: normal. */
  readonly priority?: Priority;
  /** True where `instant.at` is what the part's own clock says: ours cannot correct it. */
  readonly isTimedByPart?: true;
}

/** The Reading of a part that could not be read. */
export function faulty(why: string): Reading {
  return { value: null, quality: 'fault', why };
}

/** The sample of a part that has no value for any of these, and why. */
export function withoutValues(quantities: readonly Quantity[], why: string): Sample {
  return Object.fromEntries(quantities.map((quantity) => [quantity, faulty(why)]));
}

/** A sample's value as a Reading. */
export function reading(value: number | Reading): Reading {
  return typeof value === 'number' ? { value, quality: 'ok' } : value;
}

/** The reading with its value rounded as the quantity leaves the gateway. A value that is not finite is a fault. */
export function presentable(quantity: Quantity, { value, quality, why }: Reading): StreamReading {
  if (value !== null && !Number.isFinite(value)) return { quantity, ...faulty('not-a-number') };
  const told = { quantity, value: value === null ? null : rounded(quantity, value), quality };
  return why === undefined ? told : { ...told, why };
}
