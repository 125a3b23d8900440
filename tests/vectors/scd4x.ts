import { expect } from 'vitest';
import type { Step } from '../../src/hal/replay/steps.ts';
import { faulty } from '../../src/model/observation.ts';
import { wordBytes } from '../../src/protocol/sensirion.ts';
import { isStreaming, played, registered } from '../support/drivers.ts';
import type { Adapter, Vector } from './adapter.ts';

interface Transfer {
  readonly w?: string;
  readonly r?: string;
}

interface Conversion {
  readonly temp_ticks?: string;
  readonly temperature_C?: number;
  readonly rh_ticks?: string;
  readonly humidity_pct?: number;
}

const words = (hex: string): number[] =>
  (hex.match(/.{6}/g) ?? []).map((word) => Number.parseInt(word.slice(0, 4), 16));

/**
 * Recordings of a live SCD4x. A look at the data-ready status is played with what was read after it; serial number and
 * variant with each other. The source gives no values for them, so the formulas are written out a second time here.
 * What the recording sets and we set too must be the same bytes.
 */
export const scd4x: Adapter = ({ json }) => {
  const { recordings = {}, conversions = [] } = json as {
    readonly recordings?: Readonly<Record<string, readonly Transfer[]>>;
    readonly conversions?: readonly Conversion[];
  };
  return [
    ...Object.entries(recordings).flatMap(([name, transfers]) => recorded(name, transfers)),
    ...conversions.map((conversion) => ({ name: JSON.stringify(conversion), run: () => converted(conversion) })),
  ];
};

function recorded(name: string, transfers: readonly Transfer[]): Vector[] {
  return transfers.flatMap(({ w, r }, index): Vector[] => {
    const next = transfers[index + 1];
    if (w === 'e4b8' && r) {
      const measurement = next?.w === 'ec05' ? next.r : undefined;
      return [{ name: `${name} ${index}: ${w} ${r}`, run: () => polled(r, measurement) }];
    }
    if (w === '3682' && r && next?.w === '202f' && next.r) {
      const variant = next.r;
      return [{ name: `${name} ${index}: who it is`, run: () => identified(r, variant) }];
    }
    // Another setting of the same kind: its checksum, as ours would be.
    if (w && w.length === 10 && !r) return [{ name: `${name} ${index}: sets ${w}`, run: () => set(w) }];
    return [];
  });
}

async function polled(status: string, measurement: string | undefined): Promise<void> {
  const isReady = ((words(status)[0] ?? 0) & 0x7ff) !== 0;
  const sample = await poll(status, isReady ? measurement : undefined);
  if (!isReady) {
    expect(sample).toEqual({
      co2: faulty('not-ready'),
      air_temperature: faulty('not-ready'),
      relative_humidity: faulty('not-ready'),
    });
    return;
  }
  const [co2 = 0, temperature = 0, humidity = 0] = words(measurement ?? '');
  expect(sample.co2).toBe(co2);
  expect(sample.air_temperature).toBeCloseTo((175 * temperature) / 65535 - 45, 9);
  expect(sample.relative_humidity).toBeCloseTo((100 * humidity) / 65535, 9);
}

async function poll(status: string, measurement: string | undefined) {
  const fetched: Step[] = measurement ? [{ write: 'ec05' }, { sleep: 1 }, { read: measurement }] : [];
  const steps = [{ write: 'e4b8' }, { sleep: 1 }, { read: status }, ...fetched];
  const { sensor, playback } = played(registered('scd4x').driver, steps);
  if (isStreaming(sensor)) throw new Error('SCD4x answers when asked');
  const sample = await sensor.poll();
  playback.done();
  return sample;
}

async function identified(serial: string, variant: string): Promise<void> {
  const { sensor } = played(registered('scd4x').driver, [
    ...[{ error: 'no-acknowledge' as const }, { sleep: 30 }, { write: '3f86' }, { sleep: 500 }],
    ...[{ write: '3682' }, { sleep: 1 }, { read: serial }, { write: '202f' }, { sleep: 1 }, { read: variant }],
    ...[{ write: '241d05da29' }, { sleep: 1 }, { write: '2427000081' }, { sleep: 1 }],
    ...[{ write: '24160001b0' }, { sleep: 1 }, { write: '21b1' }],
  ]);
  const text = words(serial).map((word) => word.toString(16).padStart(4, '0'));
  const parts: Readonly<Record<number, string>> = { 0: 'SCD40', 1: 'SCD41', 5: 'SCD43' };
  const part = parts[(words(variant)[0] ?? 0) >> 12];
  expect(await sensor.start()).toEqual({ ...(part && { part }), serialNumber: text.join('') });
}

function set(written: string): void {
  expect(Buffer.from(wordBytes(Number.parseInt(written.slice(4, 8), 16))).toString('hex')).toBe(written.slice(4));
}

async function converted({ temp_ticks, temperature_C, rh_ticks, humidity_pct }: Conversion): Promise<void> {
  const raw = [500, Number(temp_ticks ?? 0), Number(rh_ticks ?? 0)];
  const sample = await poll('800604', Buffer.from(raw.flatMap(wordBytes)).toString('hex'));
  if (temperature_C !== undefined) expect(sample.air_temperature).toBeCloseTo(temperature_C, 2);
  if (humidity_pct !== undefined) expect(sample.relative_humidity).toBeCloseTo(humidity_pct, 2);
}
