import type { Loss, LostRange } from '../model/loss.ts';
import type { Observation, StreamReading } from '../model/observation.ts';
import { quantities } from '../model/quantity.ts';
import type { Row } from './outbox.ts';

/** An observation or a loss on its way into the store: what it lacks, the store gives. */
export interface NewRow extends Omit<Row, 'id' | 'epoch' | 'sequence'> {
  readonly uptimeMs: number;
}

/** The observation as it will be kept. */
export function newRow({ device, instant, durationSeconds, readings }: Observation): NewRow {
  const { at, uptimeMs, clock } = instant;
  const duration = durationSeconds === undefined ? {} : { durationSeconds };
  return { kind: 'observation', device, at, uptimeMs, clock, ...duration, content: readingsJson(readings) };
}

/** The loss as it will be kept. */
export function lossRow({ device, instant, lost }: Loss): NewRow {
  const { at, uptimeMs, clock } = instant;
  return { kind: 'loss', device, at, uptimeMs, clock, content: lostJson(lost) };
}

/** The lost ranges in the feed's form, a JSON array. */
export function lostJson(lost: readonly LostRange[]): string {
  return JSON.stringify(lost.map(({ from, to, reason }) => ({ from, to, reason })));
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
