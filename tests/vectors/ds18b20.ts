import { expect } from 'vitest';
import { type Reading, reading } from '../../src/model/observation.ts';
import { rounded } from '../../src/model/quantity.ts';
import { isStreaming, played, registered, roundedSample } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Text {
  readonly text: string;
  readonly expected?: { readonly temperature_C: number };
  readonly expect?: string;
}

/** What the kernel's `w1_slave` file says, and the temperature in it, or that it must be rejected. */
export const ds18b20: Adapter = ({ json }) => {
  const { vectors = [] } = json as { readonly vectors?: readonly Text[] };
  return vectors.map(({ text, expected, expect: told }, index) => ({
    name: `${index + 1}: ${expected ? `${expected.temperature_C} °C` : told}`,
    run: async () => {
      const { driver } = registered('ds18b20');
      const { sensor, playback } = played(driver, [{ file: '28-0316a2798dff/w1_slave', text }]);
      if (isStreaming(sensor)) throw new Error('a DS18B20 does not talk unasked');
      const sample = sensor.poll().then(roundedSample);
      if (expected) {
        expect(await sample).toEqual({ air_temperature: rounded('air_temperature', expected.temperature_C) });
      } else {
        if (!/reject/.test(told ?? '')) expect.fail(`unknown expectation ${told}`);
        const value = await sample.then(
          ({ air_temperature: told }) => reading(told as number | Reading).value,
          ({ kind }) => kind,
        );
        expect(value, 'no value').not.toBeTypeOf('number');
      }
      playback.done();
    },
  }));
};
