import type { Loss, LostFor } from '../model/loss.ts';
import type { Observation, StreamReading } from '../model/observation.ts';
import { quantities } from '../model/quantity.ts';
import type { Row } from './outbox.ts';

/** An observation or a loss on its way into the store: what it lacks, the store gives. */
export interface NewRow extends Omit<Row, 'id' | 'epoch' | 'sequence'> {
  /** Milliseconds since boot; `TIMED_BY_PART` where `at` is not by our clock. */
  readonly uptimeMs: number;
}

/** In place of an uptime: no clock of ours can correct the time of this row. */
export const TIMED_BY_PART = -1;

/** The observation as it will be kept. */
export function newRow({ instant, readings, ...observation }: Observation): NewRow {
  const { device, durationSeconds, priority = 'normal', isTimedByPart } = observation;
  const { at, clock } = instant;
  const uptimeMs = isTimedByPart ? TIMED_BY_PART : instant.uptimeMs;
  const duration = durationSeconds === undefined ? {} : { durationSeconds };
  return { kind: 'observation', device, at, uptimeMs, clock, ...duration, priority, content: readingsJson(readings) };
}

/** The loss as it will be kept. */
export function lossRow({ device, instant, lost }: Loss): NewRow {
  const { at, uptimeMs, clock } = instant;
  // It can go first: whoever drops it declares what it declared (losses.ts).
  return { kind: 'loss', device, at, uptimeMs, clock, priority: 'low', content: lostJson(lost) };
}

/** Ranges in one loss: more would pass what some brokers take in one message. */
const RANGES_AT_MOST = 200;

/** The loss as rows, one unless it has very many ranges. */
export function lossRows(loss: Loss): NewRow[] {
  const parts = Math.max(1, Math.ceil(loss.lost.length / RANGES_AT_MOST));
  return Array.from({ length: parts }, (_, part) =>
    lossRow({ ...loss, lost: loss.lost.slice(part * RANGES_AT_MOST, (part + 1) * RANGES_AT_MOST) }),
  );
}

/** The lost ranges as they are kept, a JSON array: the feed's form, and for whom. */
export function lostJson(lost: readonly LostFor[]): string {
  return JSON.stringify(lost.map(({ from, to, reason, only }) => ({ from, to, reason, ...(only ? { only } : {}) })));
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
