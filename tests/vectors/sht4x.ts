import { expect } from 'vitest';
import type { Step } from '../../src/hal/replay/steps.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter } from './adapter.ts';

interface Transfer {
  readonly w?: string;
  readonly r?: string;
}

/**
 * Recordings of a live SHT4x: pairs of a command and its answer. The source gives no values, so each answer is
 * converted here by the datasheet's formulas, written out a second time.
 */
export const sht4x: Adapter = ({ json }) => {
  const { recordings } = json as { readonly recordings: Readonly<Record<string, readonly Transfer[]>> };
  return Object.entries(recordings).flatMap(([name, transfers]) =>
    transfers.flatMap((transfer, index) => {
      const answer = transfers[index + 1]?.r;
      if (!answer) return [];
      if (transfer.w === '89') return [{ name: `${name} ${index}: serial number`, run: () => serialNumber(answer) }];
      if (transfer.w === 'fd') return [{ name: `${name} ${index}: measurement`, run: () => measurement(answer) }];
      return [];
    }),
  );
};

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
