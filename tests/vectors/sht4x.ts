import { expect } from 'vitest';
import { decode } from '../../drivers/sht4x/sht4x.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter, Vector } from './adapter.ts';

interface Transfer {
  readonly w?: string;
  readonly r?: string;
}

/**
 * Recordings of a live SHT4x: pairs of a command and its answer. The source gives no values, so each answer is
 * converted here by the datasheet's formulas, written out a second time.
 */
export const sht4x: Adapter = ({ json }) => {
  const { recordings, conversions = [] } = json as {
    readonly recordings: Readonly<Record<string, readonly Transfer[]>>;
    readonly conversions?: readonly Conversion[];
  };
  return [...recorded(recordings), ...conversions.map(converted)];
};

function recorded(recordings: Readonly<Record<string, readonly Transfer[]>>): Vector[] {
  return Object.entries(recordings).flatMap(([name, transfers]) =>
    transfers.flatMap((transfer, index) => {
      const answer = transfers[index + 1]?.r;
      if (!answer) return [];
      if (transfer.w === '89') return [{ name: `${name} ${index}: serial number`, run: () => serialNumber(answer) }];
      if (transfer.w === 'fd') return [{ name: `${name} ${index}: measurement`, run: () => measurement(answer) }];
      return [];
    }),
  );
}

/** One raw word, a number or hex, and what another project makes of it. */
interface Conversion {
  readonly temp_ticks?: number | string;
  readonly temperature_C?: number;
  readonly rh_ticks?: number | string;
  readonly humidity_pct?: number;
  readonly tolerance?: number;
  /** Where no value is given: how its scale is clipped. That of temperature is its choice, not the datasheet's. */
  readonly note?: string;
}

function converted({ temp_ticks, rh_ticks, tolerance = 0.01, ...expected }: Conversion): Vector {
  const clipped = /clamped to \w+ (\d+)/.exec(expected.note ?? '')?.[1];
  const raw = Number(temp_ticks ?? rh_ticks);
  const run = () => {
    const { air_temperature, relative_humidity } = decode(temp_ticks === undefined ? [0, raw] : [raw, 0]);
    const value = temp_ticks === undefined ? relative_humidity : air_temperature;
    const { temperature_C = -45 + (175 * raw) / 65535, humidity_pct = Number(clipped) } = expected;
    const wanted = temp_ticks === undefined ? humidity_pct : temperature_C;
    expect(Math.abs(Number(value) - wanted), `${value}, expected ${wanted}`).toBeLessThanOrEqual(tolerance);
  };
  return { name: `${temp_ticks === undefined ? 'humidity' : 'temperature'} of the word ${raw}`, run };
}

const conversation = (command: string, waitMs: number, read: string): Step[] => [
  { write: command },
  { sleep: waitMs },
  { read },
];

async function serialNumber(answer: string): Promise<void> {
  const { sensor, playback } = played(registered('sht4x').driver, conversation('89', 1, answer));
  expect(await sensor.start()).toEqual({ serialNumber: answer.slice(0, 4) + answer.slice(6, 10) });
  playback.done();
}

async function measurement(answer: string): Promise<void> {
  const { sensor, playback } = played(registered('sht4x').driver, conversation('fd', 9, answer));
  if (isStreaming(sensor)) throw new Error('SHT4x answers when asked');
  const sample = await sensor.poll();
  const temperatureRaw = Number.parseInt(answer.slice(0, 4), 16);
  const humidityRaw = Number.parseInt(answer.slice(6, 10), 16);
  expect(sample.air_temperature).toBeCloseTo((temperatureRaw * 175) / 65535 - 45, 9);
  expect(sample.relative_humidity).toBeCloseTo((humidityRaw * 125) / 65535 - 6, 9);
  playback.done();
}
