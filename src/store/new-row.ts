import type { Observation, StreamReading } from '../model/observation.ts';
import { quantities } from '../model/quantity.ts';
import type { Row } from './outbox.ts';

/** An observation on its way into the store: what it lacks, the store gives. */
export interface NewRow extends Omit<Row, 'id' | 'sequence'> {
  readonly uptimeMs: number;
}

/** The observation as it will be kept. */
export function newRow({ device, instant, durationSeconds, readings }: Observation): NewRow {
  const { at, uptimeMs, clock } = instant;
  const duration = durationSeconds === undefined ? {} : { durationSeconds };
  return { device, at, uptimeMs, clock, ...duration, readings: readingsJson(readings) };
}

/**
 * The readings in the feed's form, a JSON array. It is written once, when the observation is kept, so that every later
 * sending, by whatever version of the program, repeats the same bytes.
 */
export function readingsJson(readings: readonly StreamReading[]): string {
  return JSON.stringify(
    readings.map(({ quantity, value, quality, why }) => ({
      n: quantity,
      v: value,
      u: quantities[quantity].unit,
      q: quality,
      ...(why === undefined ? {} : { why }),
    })),
  );
}
