import {
  checkedWords,
  float32Words,
  type I2cSimulation,
  SensorError,
  textWords,
  wordBytes,
} from '../../src/driver-kit.ts';
import type { Scd30Options } from './scd30.ts';

const FIRMWARE = 0x0342;
const SERIAL_NUMBER = textWords('5A3C1F0E22', 16);
const ALL = ['co2', 'air_temperature', 'relative_humidity'] as const;

/** An SCD30 as it leaves the factory: not measuring, its settings in a memory that outlives a loss of power. */
export const simulation: I2cSimulation<Scd30Options> = {
  bus: 'i2c',
  spans: {
    co2: { min: 400, max: 10_000, resolution: 0.01 },
    air_temperature: { min: -40, max: 70, resolution: 0.001 },
    relative_humidity: { min: 0, max: 100, resolution: 0.001 },
  },
  variants: [{}, { interval: 30, altitude: 320, temperatureOffset: 1.5, selfCalibration: true }],
  settleMs: 30_000,
  faults: {
    'a reading without CO2': { why: 'no-reading', streams: ['co2'] },
    'words of ones': { why: 'no-reading', streams: ALL },
    'measures more slowly': { why: 'not-ready', streams: ALL },
    'stopped by itself': { error: 'not-ready', at: 'poll' },
  },
  build: (world) => {
    const settings = new Map([
      [0x4600, 2],
      [0x5102, 0],
      [0x5306, 0],
      [0x5403, 0],
    ]);
    let answer: readonly number[] | undefined;
    let answerAtMs = 0;
    let sinceMs: number | undefined;

    const isReady = () => {
      if (world.fault?.() === 'measures more slowly' || world.fault?.() === 'stopped by itself') return false;
      return sinceMs !== undefined && world.uptimeMs() - sinceMs >= (settings.get(0x4600) ?? 2) * 1000;
    };
    const measurement = () => {
      const words = [
        ...float32Words(world.fault?.() === 'a reading without CO2' ? 0 : world.truth('co2')),
        ...float32Words(world.truth('air_temperature')),
        ...float32Words(world.truth('relative_humidity')),
      ];
      if (!isReady() || world.fault?.() === 'words of ones') return words.map(() => 0xffff);
      sinceMs = world.uptimeMs();
      return words;
    };
    const answers: Readonly<Record<number, () => readonly number[]>> = {
      514: () => [isReady() ? 1 : 0],
      768: measurement,
      53504: () => [FIRMWARE],
      53299: () => SERIAL_NUMBER,
    };
    return {
      write(bytes) {
        const [high = 0, low = 0] = bytes;
        const command = (high << 8) | low;
        const [argument] = checkedWords(bytes.subarray(2));
        answer = undefined;
        answerAtMs = world.uptimeMs() + 3;
        const kept = settings.get(command);
        if (command === 0x0010) sinceMs = world.uptimeMs();
        else if (kept !== undefined && argument !== undefined) settings.set(command, argument);
        else if (kept !== undefined) answer = [kept];
        else if (answers[command]) answer = answers[command]();
        else throw new SensorError('no-acknowledge', 'SCD30 does not know that');
      },
      read(length) {
        if (!answer || world.uptimeMs() < answerAtMs) throw new SensorError('no-acknowledge', 'SCD30 has no answer');
        return Uint8Array.from(answer.flatMap(wordBytes).slice(0, length));
      },
    };
  },
};
