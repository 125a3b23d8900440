import { checkedWords, type I2cSimulation, SensorError, wordBytes } from '../../src/driver-kit.ts';
import type { Scd4xOptions } from './scd4x.ts';

const SERIAL_NUMBER = [0x73b1, 0xeb07, 0x3b0c] as const;
const VARIANT = 0x1441; // an SCD41
const WHILE_MEASURING = [0xec05, 0xe4b8, 0x3f86, 0xe000];
const ALL = ['co2', 'air_temperature', 'relative_humidity'] as const;

/** An SCD41 that somebody left measuring: it then acknowledges nothing but a read-out and the command to stop. */
export const simulation: I2cSimulation<Scd4xOptions> = {
  bus: 'i2c',
  spans: {
    co2: { min: 400, max: 5000, resolution: 1 },
    air_temperature: { min: -10, max: 60, resolution: 0.01 },
    relative_humidity: { min: 0, max: 100, resolution: 0.01 },
  },
  variants: [{}, { mode: 'low-power', altitude: 320, temperatureOffset: 2.5, selfCalibration: false }],
  settleMs: 30_000,
  faults: {
    'a reading without CO2': { why: 'no-reading', streams: ['co2'] },
    'cleared its buffer': { why: 'not-ready', streams: ALL },
    'stopped by itself': { error: 'not-ready', at: 'poll' },
  },
  build: (world) => {
    let answer: readonly number[] | undefined;
    let busyUntilMs = 0;
    let measuring: { readonly everyMs: number; sinceMs: number } | undefined = { everyMs: 5000, sinceMs: 0 };

    const refused = () => new SensorError('no-acknowledge', 'SCD4x does not do that, now');
    const isReady = () => {
      const isSilent = world.fault?.() === 'cleared its buffer' || world.fault?.() === 'stopped by itself';
      return !isSilent && measuring !== undefined && world.uptimeMs() - measuring.sinceMs >= measuring.everyMs;
    };
    const measurement = () => {
      if (!measuring || !isReady()) throw refused();
      measuring.sinceMs = world.uptimeMs();
      return [
        world.fault?.() === 'a reading without CO2' ? 0 : Math.round(world.truth('co2')),
        Math.round(((world.truth('air_temperature') + 45) / 175) * 0xffff),
        Math.round((world.truth('relative_humidity') / 100) * 0xffff),
      ];
    };
    const begin = (everyMs: number) => {
      measuring = { everyMs, sinceMs: world.uptimeMs() };
    };
    const answers: Readonly<Record<number, () => readonly number[]>> = {
      58552: () => [isReady() ? 0x8006 : 0x8000],
      60421: measurement,
      13954: () => SERIAL_NUMBER,
      8239: () => [VARIANT],
    };
    const actions: Readonly<Record<number, () => void>> = {
      8625: () => begin(5000),
      8620: () => begin(30_000),
      16262: () => {
        measuring = undefined;
        busyUntilMs = world.uptimeMs() + 500;
      },
      9245: () => undefined,
      9255: () => undefined,
      9238: () => undefined,
    };
    return {
      write(bytes) {
        const [high = 0, low = 0] = bytes;
        const command = (high << 8) | low;
        if (world.uptimeMs() < busyUntilMs || (measuring && !WHILE_MEASURING.includes(command))) throw refused();
        checkedWords(bytes.subarray(2));
        answer = answers[command]?.();
        if (!answer && !actions[command]) throw refused(); // the command to wake up among them
        actions[command]?.();
      },
      read(length) {
        if (!answer) throw refused();
        const bytes = answer.flatMap(wordBytes);
        answer = undefined;
        return Uint8Array.from(bytes.slice(0, length));
      },
    };
  },
};
