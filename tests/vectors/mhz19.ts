import { expect } from 'vitest';
import { reading, type Sample } from '../../src/model/observation.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Answer {
  readonly id: string;
  readonly bytes: string;
}

const QUESTION = { write: 'ff 01 86 00 00 00 00 00 79' };

/** Answers to "read CO2", and what another project's reader says of them. */
export const mhz19: Adapter = ({ json }) => {
  const {
    good = [],
    vectors = [],
    errors = [],
  } = json as {
    readonly good?: readonly (Answer & { readonly raw_expected: readonly number[] })[];
    readonly vectors?: readonly (Answer & { readonly expected: { readonly co2?: number; readonly CO2?: number } })[];
    readonly errors?: readonly Answer[];
  };
  const told = [
    ...good.map(({ id, bytes, raw_expected }) => ({ id, bytes, ppm: raw_expected[0] })),
    ...vectors.map(({ id, bytes, expected }) => ({ id, bytes, ppm: expected.co2 ?? expected.CO2 })),
  ];
  return [
    ...told.map(({ id, bytes, ppm }) => ({ name: id, run: () => measured([bytes], ppm) })),
    // Twice, with the first bytes cut off: the second one must be found.
    ...told.map(({ id, bytes, ppm }) => ({
      name: `${id}, found again after half a frame`,
      run: () => measured([bytes.slice(6) + bytes], ppm),
    })),
    ...errors.map(({ id, bytes }) => ({ name: `${id} (${bytes}) is no value`, run: () => valueless(bytes) })),
  ];
};

/** Another number first: 500 is what a preheating part says too, and told only by one that has measured. */
async function measured(reads: readonly string[], ppm: number | undefined): Promise<void> {
  const sensor = listening([
    QUESTION,
    { read: 'ff 86 03 e7 00 00 00 00 90' },
    QUESTION,
    ...reads.map((read) => ({ read })),
  ]);
  expect(await sensor.poll()).toEqual({ co2: 999 });
  expect((await sensor.poll()).co2).toBe(ppm);
}

/** Whatever is wrong with the frame: no value, and a reason or an error. */
async function valueless(bytes: string): Promise<void> {
  const sensor = listening([QUESTION, { read: bytes }, { silence: 500 }]);
  const outcome: Sample | Error = await sensor.poll().catch((error: Error) => error);
  if (outcome instanceof Error) expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(checksum|timeout)$/) });
  else expect(reading(outcome.co2 ?? 0)).toMatchObject({ value: null, quality: 'fault' });
}

function listening(steps: Parameters<typeof played>[1]) {
  const { sensor } = played(registered('mh-z19').driver, steps);
  if (isStreaming(sensor)) throw new Error('an MH-Z19 answers when asked');
  return sensor;
}
