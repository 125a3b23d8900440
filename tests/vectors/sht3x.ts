import { expect } from 'vitest';
import { reading } from '../../src/model/observation.ts';
import { wordBytes } from '../../src/protocol/sensirion.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter, Vector } from './adapter.ts';

interface Types {
  readonly temperature?: readonly { readonly ticks: number; readonly temperature_C: number }[];
  readonly humidity?: readonly { readonly ticks: number; readonly humidity_pct: number }[];
  readonly status_register?: readonly { readonly value: string; readonly flags: readonly string[] }[];
}

const TICKS = { temperature: 26_214, humidity: 32_768, status: 0 };

/** Raw words and the values, or the flags, that Sensirion's own tests say they mean: each in a measurement of ours. */
export const sht3x: Adapter = ({ json }) => {
  const { temperature = [], humidity = [], status_register: statuses = [] } = json as Types;
  return [
    ...temperature.map(
      ({ ticks, temperature_C }): Vector => ({
        name: `temperature ${ticks}`,
        run: async () => {
          const { air_temperature = Number.NaN } = await measured({ ...TICKS, temperature: ticks });
          expect(air_temperature).toBeCloseTo(temperature_C, 2);
        },
      }),
    ),
    ...humidity.map(
      ({ ticks, humidity_pct }): Vector => ({
        name: `humidity ${ticks}`,
        run: async () => {
          const { relative_humidity = Number.NaN } = await measured({ ...TICKS, humidity: ticks });
          expect(relative_humidity).toBeCloseTo(humidity_pct, 2);
        },
      }),
    ),
    ...statuses.map(({ value, flags }) => ({ name: `status ${value}`, run: () => withStatus(value, flags) })),
  ];
};

async function withStatus(value: string, flags: readonly string[]): Promise<void> {
  const sample = await measured({ ...TICKS, status: Number.parseInt(value, 16) });
  const why = flags.includes('heater_status') ? 'heater' : flags.includes('command_status') ? 'command' : undefined;
  for (const given of Object.values(sample)) expect(reading(given).why).toBe(why);
}

async function measured({ temperature, humidity, status }: typeof TICKS) {
  const answer = (...words: readonly number[]) => ({ read: Buffer.from(words.flatMap(wordBytes)).toString('hex') });
  const { sensor, playback } = played(registered('sht3x').driver, [
    ...[{ write: '2400' }, { sleep: 16 }, answer(temperature, humidity)],
    ...[{ write: 'f32d' }, { sleep: 1 }, answer(status)],
  ]);
  if (isStreaming(sensor)) throw new Error('SHT3x answers when asked');
  const sample = await sensor.poll();
  playback.done();
  return sample;
}
