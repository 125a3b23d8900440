import { type I2cSimulation, SensorError, wordBytes } from '../../src/driver-kit.ts';

const SERIAL_NUMBER = [0x0d0e, 0x1234] as const;

/** An SHT4x: it does not acknowledge a read while it measures, nor a second read of the same answer. */
export const simulation: I2cSimulation = {
  bus: 'i2c',
  spans: {
    air_temperature: { min: -40, max: 85, resolution: 0.01 },
    relative_humidity: { min: 0, max: 100, resolution: 0.1 },
  },
  faults: { 'an SHT3x instead': { error: 'wrong-device', at: 'start' } },
  build: (world) => {
    let answer: readonly number[] | undefined;
    let readyAtMs = 0;
    return {
      write([command, second]) {
        const isSht3x = world.fault?.() === 'an SHT3x instead';
        if (isSht3x) answer = command === 0xf3 && second === 0x2d ? [0x8010] : undefined;
        if (isSht3x) return;
        if (world.uptimeMs() < readyAtMs) throw new SensorError('no-acknowledge', 'SHT4x is measuring');
        if (command === 0x89) {
          answer = SERIAL_NUMBER;
        } else if (command === 0xfd) {
          answer = [
            word((world.truth('air_temperature') + 45) / 175),
            word((world.truth('relative_humidity') + 6) / 125),
          ];
          readyAtMs = world.uptimeMs() + 8.3;
        }
      },
      read(length) {
        if (!answer || world.uptimeMs() < readyAtMs) throw new SensorError('no-acknowledge', 'SHT4x has no answer yet');
        const bytes = answer.flatMap(wordBytes);
        answer = undefined;
        return Uint8Array.from(bytes.slice(0, length));
      },
    };
  },
};

function word(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 0xffff);
}
