import { expect } from 'vitest';
import type { Step } from '../../src/hal/replay/steps.ts';
import { type Reading, reading } from '../../src/model/observation.ts';
import type { Quantity } from '../../src/model/quantity.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Capture {
  readonly id: string;
  readonly bytes: string;
}

// The order in which the part tells them.
const ALL: readonly Quantity[] = [
  'pm1',
  'pm25',
  'pm4',
  'pm10',
  'particles_pm05',
  'particles_pm1',
  'particles_pm25',
  'particles_pm4',
  'particles_pm10',
  'particle_size',
];

// `200 ms and the time of the longest frame`: how long the driver waits for an answer.
const SILENCE: Step = { silence: 246 };

/** Answers to "read measured values" on a serial line, and what another project's reader says of them. */
export const sps30: Adapter = ({ json }) => {
  const { good = [], errors = [] } = json as {
    readonly good?: readonly (Capture & { readonly raw_expected: readonly number[] })[];
    readonly errors?: readonly Capture[];
  };
  return [
    ...good.map(({ id, bytes, raw_expected }) => ({ name: id, run: () => measured([bytes], raw_expected) })),
    // Twice, with the first bytes cut off: the second one must be found.
    ...good.map(({ id, bytes, raw_expected }) => ({
      name: `${id}, found again after half a frame`,
      run: () => measured([bytes.slice(6) + bytes], raw_expected),
    })),
    ...errors.map(({ id, bytes }) => ({ name: `${id} is no value`, run: () => valueless(bytes) })),
  ];
};

async function measured(reads: readonly string[], expected: readonly number[]): Promise<void> {
  const sample = await poll(reads.map((read) => ({ read })));
  expect(ALL.map((quantity) => sample[quantity])).toEqual(expected);
}

/** Whatever is wrong with the frame: no value, and a reason or an error. */
async function valueless(bytes: string): Promise<void> {
  const outcome = await poll([{ read: bytes }, SILENCE]).catch((error: unknown) => error);
  if (outcome instanceof Error) {
    expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(checksum|timeout|not-ready|implausible)$/) });
    return;
  }
  for (const given of Object.values(outcome as Record<string, number | Reading>)) {
    expect(reading(given)).toMatchObject({ value: null, quality: 'fault' });
  }
}

async function poll(heard: readonly Step[]) {
  // Not started, the driver takes the part for one of old firmware, which has no status to be asked for.
  const steps = [{ write: '7e 00 03 00 fc 7e' }, ...heard];
  const { sensor } = played(registered('sps30-uart').driver, steps, { report: 'all' });
  if (isStreaming(sensor)) throw new Error('an SPS30 answers when asked');
  return sensor.poll();
}
