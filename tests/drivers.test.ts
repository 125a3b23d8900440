import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { register } from '../drivers/index.ts';
import type { Step } from '../src/hal/replay/steps.ts';
import { quantityNames } from '../src/model/quantity.ts';
import { collected, isStreaming, played, roundedSample, testMemory } from './support/drivers.ts';
import { drivers } from './support/every-driver.ts';

/** One conversation of a `vectors.yaml`. `start` and `poll`/`samples` may stand together: first one, then the other. */
interface Vector {
  readonly name: string;
  readonly origin: string;
  readonly options?: object;
  readonly memory?: string;
  readonly start?: readonly Step[];
  readonly poll?: readonly Step[];
  readonly samples?: readonly Step[];
  readonly expect?: unknown;
  readonly error?: string;
}

const folder = (part: string) => new URL(`../drivers/${part}/`, import.meta.url);

const vectorsOf = (part: string) => parse(readFileSync(new URL('vectors.yaml', folder(part)), 'utf8')) as Vector[];

it('the register has every folder of drivers/, each under the name that its driver has', () => {
  const folders = readdirSync(new URL('../drivers/', import.meta.url), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(Object.keys(register).toSorted()).toEqual(names.toSorted());
  expect(drivers.map(({ driver }) => driver.part)).toEqual(Object.keys(register));
});

describe.each(drivers.map(({ driver }) => driver))('$part', (driver) => {
  const vectors = vectorsOf(driver.part);

  it.each(vectors)('vector: $name', async (vector) => {
    const steps = [...(vector.start ?? []), ...(vector.poll ?? []), ...(vector.samples ?? [])];
    const { sensor, playback } = played(driver, steps, vector.options, testMemory(vector.memory));
    const outcome = (async () => {
      const identity = vector.start && (await sensor.start());
      if (vector.samples) {
        if (!isStreaming(sensor)) throw new Error(`${driver.part} does not talk unasked: write poll, not samples`);
        return (await collected(sensor, playback.signal)).map(roundedSample);
      }
      if (!vector.poll) return identity;
      if (isStreaming(sensor)) throw new Error(`${driver.part} talks unasked: write samples, not poll`);
      return roundedSample(await sensor.poll());
    })();

    if (vector.error) await expect(outcome).rejects.toMatchObject({ kind: vector.error });
    else expect(await outcome).toEqual(vector.expect);
    playback.done();
  });

  it('has vectors that say where they come from, and shows a fault', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(2);
    for (const vector of vectors) expect(vector.origin, vector.name).toMatch(/\w{4}/);
    expect(vectors.some((vector) => vector.error ?? JSON.stringify(vector.expect).includes('fault'))).toBe(true);
  });

  it('has a README whose table of quantities is the driver’s', () => {
    const readme = readFileSync(new URL('README.md', folder(driver.part)), 'utf8');
    const section = readme.split(/^## /m).find((part) => part.startsWith('Quantities')) ?? '';
    const named = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    // A driver of whatever its config describes has no table of its own.
    if (driver.measures === quantityNames) expect(section).toContain('Any quantity of `src/model/quantity.ts`');
    else expect(named.toSorted()).toEqual(driver.measures.toSorted());
    for (const heading of ['Wiring', 'Options', 'Quantities', 'Quirks', 'Datasheet']) {
      expect(readme).toContain(`## ${heading}`);
    }
  });
});
