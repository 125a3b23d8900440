import { type I2cSimulation, SensorError, wordBytes } from '../../src/driver-kit.ts';

const SERIAL_NUMBER = [0x2b4c, 0x6d01] as const;
const HEATER = 0x2000;
const RESET_DETECTED = 0x0010;
const NOT_PROCESSED = 0x0002;
const BOTH = ['air_temperature', 'relative_humidity'] as const;

/**
 * An SHT3x that somebody left measuring by itself, with its heater on. It acknowledges neither a read while it measures
 * nor a command that it does not know.
 */
export const simulation: I2cSimulation = {
  bus: 'i2c',
  spans: {
    air_temperature: { min: -40, max: 125, resolution: 0.01 },
    relative_humidity: { min: 0, max: 100, resolution: 0.1 },
  },
  faults: {
    'heater left on': { why: 'heater', streams: BOTH },
    'command not processed': { why: 'command', streams: BOTH },
    'an SHT4x instead': { error: 'wrong-device', at: 'start' },
    'a part that knows no reset': { error: 'wrong-device', at: 'start' },
  },
  build: (world) => {
    let answer: readonly number[] | undefined;
    let readyAtMs = 0;
    let isPeriodic = true;
    let status = HEATER | 0x8000;

    const refused = () => new SensorError('no-acknowledge', 'SHT3x does not know that, now');
    const seen = () => {
      if (world.fault?.() === 'heater left on') return status | HEATER;
      return world.fault?.() === 'command not processed' ? status | NOT_PROCESSED : status;
    };
    const measured = () => [
      Math.round(((world.truth('air_temperature') + 45) / 175) * 0xffff),
      Math.round((world.truth('relative_humidity') / 100) * 0xffff),
    ];
    const obey = (command: number) => {
      answer = undefined;
      switch (command) {
        case 0x3093:
          isPeriodic = false;
          return;
        case 0x30a2:
          if (isPeriodic) throw refused();
          readyAtMs = world.uptimeMs() + 1.5;
          status = world.fault?.() === 'a part that knows no reset' ? 0 : RESET_DETECTED | 0x8000;
          return;
        case 0x3041:
          status &= ~(RESET_DETECTED | 0x8c00);
          return;
        case 0xf32d:
          answer = [seen()];
          return;
        case 0x3780:
          answer = SERIAL_NUMBER;
          return;
        case 0x2400:
          if (isPeriodic) throw refused();
          answer = measured();
          readyAtMs = world.uptimeMs() + 15.5;
          return;
        default:
          throw refused();
      }
    };
    return {
      write(bytes) {
        if (world.uptimeMs() < readyAtMs) throw refused();
        const [high = 0, low] = bytes;
        if (world.fault?.() === 'an SHT4x instead') {
          if (high !== 0x89 || bytes.length > 1) throw refused();
          answer = SERIAL_NUMBER;
        } else if (low === undefined) throw refused();
        else obey((high << 8) | low);
      },
      read(length) {
        if (!answer || world.uptimeMs() < readyAtMs) throw refused();
        const bytes = answer.flatMap(wordBytes);
        answer = undefined;
        return Uint8Array.from(bytes.slice(0, length));
      },
    };
  },
};
