import { expect } from 'vitest';
import { frameAt, wordsOf } from '../../drivers/pms5003/frames.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { reading } from '../../src/model/observation.ts';
import { bytes } from '../../src/protocol/hex.ts';
import { collected, isStreaming, played, registered, roundedSample } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

// How the other project calls what we tell.
const NAMES = {
  pm01: 'pm1',
  pm25: 'pm25',
  pm10: 'pm10',
  n0_3: 'particles_over_03',
  n0_5: 'particles_over_05',
  n1_0: 'particles_over_1',
  n2_5: 'particles_over_25',
  n5_0: 'particles_over_5',
  n10_0: 'particles_over_10',
} as const;

interface Capture {
  readonly id: string;
  readonly bytes: string;
  readonly expected: Readonly<Record<string, number>>;
}

/** Reports captured from a live part: each by itself, then all as one stream that was cut in odd places. */
export const pms50037003: Adapter = ({ json }) => {
  const {
    vectors = [],
    good = [],
    errors = [],
  } = json as {
    readonly vectors?: readonly Capture[];
    readonly good?: readonly {
      readonly id: string;
      readonly bytes: string;
      readonly raw_expected: readonly number[];
    }[];
    readonly errors?: readonly { readonly id: string; readonly bytes: string }[];
  };
  const all = vectors.map(({ bytes }) => bytes).join('');
  return [
    ...vectors.map((vector) => ({ name: vector.id, run: () => heard([{ read: vector.bytes }], [vector]) })),
    ...(vectors.length > 0 ? [1, 7, 33] : []).map((length) => ({
      name: `all reports in chunks of ${length} bytes`,
      run: () => heard(chunks(all, length), vectors),
    })),
    ...good.map(({ id, bytes: text, raw_expected }) => ({
      name: `words of ${id}`,
      run: () => expect(wordsOf(bytes(text)).slice(0, raw_expected.length)).toEqual(raw_expected),
    })),
    ...errors.map(({ id, bytes }) => ({ name: `${id} (${bytes}) is no value`, run: () => valueless(bytes) })),
  ];
};

const chunks = (hex: string, length: number): Step[] =>
  (hex.match(new RegExp(`.{1,${2 * length}}`, 'g')) ?? []).map((read) => ({ read }));

async function heard(steps: readonly Step[], captures: readonly Capture[]): Promise<void> {
  const expected = captures.map(({ expected }) =>
    Object.fromEntries(Object.entries(NAMES).map(([theirs, ours]) => [ours, expected[theirs]])),
  );
  expect((await samples(steps)).map(roundedSample)).toEqual(expected);
  // What is meant for the factory is read right too, though it is not told.
  for (const { bytes: text, expected } of captures) {
    expect(frameAt(bytes(text))).toBe(32);
    expect(wordsOf(bytes(text)).slice(0, 3)).toEqual([expected['raw01'], expected['raw25'], expected['raw10']]);
  }
}

async function valueless(read: string): Promise<void> {
  const told = await samples([{ read }, { silence: 10_000 }]).catch((error: unknown) => error);
  if (told instanceof Error) {
    expect(told).toMatchObject({ kind: expect.stringMatching(/^(checksum|timeout|wrong-device)$/) });
    return;
  }
  const values = (told as Awaited<ReturnType<typeof samples>>).flatMap((sample) => Object.values(sample));
  for (const given of values) expect(reading(given)).toMatchObject({ value: null, quality: 'fault' });
}

async function samples(steps: readonly Step[]) {
  const { sensor, playback } = played(registered('pms5003').driver, steps, { dutyCycle: 0, report: 'all' });
  if (!isStreaming(sensor)) throw new Error('a PMS5003 talks unasked');
  return collected(sensor, playback.signal);
}
