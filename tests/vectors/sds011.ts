import { expect } from 'vitest';
import type { Step } from '../../src/hal/replay/steps.ts';
import { collected, isStreaming, played, registered, roundedSample } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Capture {
  readonly id: string;
  readonly bytes: string;
  readonly expected: { readonly pm25: number; readonly pm10: number };
}

/** Frames captured from a live SDS011: each by itself, then all as one stream that was cut in odd places. */
export const sds011: Adapter = ({ json }) => {
  const { vectors } = json as { readonly vectors: readonly Capture[] };
  const all = vectors.map(({ bytes }) => bytes).join('');
  const expected = vectors.map((vector) => vector.expected);
  return [
    ...vectors.map(({ id, bytes, expected }) => ({ name: id, run: () => heard([{ read: bytes }], [expected]) })),
    ...[1, 7, 13].map((length) => ({
      name: `all frames in chunks of ${length} bytes`,
      run: () => heard(chunks(all, length), expected),
    })),
  ];
};

const chunks = (hex: string, length: number): Step[] =>
  (hex.match(new RegExp(`.{1,${2 * length}}`, 'g')) ?? []).map((read) => ({ read }));

async function heard(steps: readonly Step[], expected: readonly Capture['expected'][]): Promise<void> {
  const { sensor, playback } = played(registered('sds011').driver, steps);
  if (!isStreaming(sensor)) throw new Error('SDS011 talks unasked');
  expect((await collected(sensor, playback.signal)).map(roundedSample)).toEqual(expected);
  playback.done();
}
