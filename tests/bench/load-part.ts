import * as v from 'valibot';
import type { DeviceConfig } from '../../src/config/config.ts';
import type { Sample, SerialDriver } from '../../src/driver-kit.ts';
import type { Clock } from '../../src/hal/clock.ts';
import type { Hal } from '../../src/hal/hal.ts';

/** What one observation of the load part holds: five readings, as many as a weather or dust station tells. */
export const READINGS = 5;

/**
 * A part that emits as fast as it is let (`perSecond` 0), or so many samples per second. Its values change from one
 * sample to the next, so that nothing is compressed away.
 */
export function loadDevice(name: string, perSecond: number, clock: Clock): DeviceConfig {
  const driver: SerialDriver = {
    part: 'load',
    bus: 'serial',
    line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    measures: ['air_temperature', 'relative_humidity', 'air_pressure', 'pm25', 'pm10'],
    options: v.strictObject({}),
    period: { default: '0s', least: '0s' },
    create: () => ({
      start: async () => ({}),
      async *samples(signal) {
        const startMs = clock.uptimeMs();
        for (let count = 0; !signal.aborted; count += 1) {
          yield sampleOf(count);
          if (perSecond === 0) continue;
          await clock.sleep(Math.max(0, startMs + ((count + 1) * 1000) / perSecond - clock.uptimeMs()), signal);
        }
      },
    }),
  };
  return {
    name,
    driver,
    bus: name,
    address: 0,
    activeLow: false,
    options: {},
    periodMs: 0,
    part: 'LOAD',
    placement: 'indoor',
    rules: {},
  };
}

function sampleOf(count: number): Sample {
  const turn = count / 97;
  return {
    air_temperature: 20 + 5 * Math.sin(turn),
    relative_humidity: 50 + 20 * Math.cos(turn),
    air_pressure: 1013 + 10 * Math.sin(turn / 3),
    pm25: 12 + 8 * Math.sin(turn * 2),
    pm10: 20 + 9 * Math.cos(turn * 2),
  };
}

/** Buses on which nothing is ever said: the load part does not listen. */
export const emptyHal: Hal = {
  i2c: () => {
    throw new RangeError('the load part is not on I2C');
  },
  serial: () => ({
    device: () => {
      const never = (): never => {
        throw new RangeError('the load part says nothing on its line');
      };
      return {
        address: 0,
        baudRate: 9600,
        write: never,
        read: never,
        discard: never,
        sleep: never,
        uptimeMs: never,
      };
    },
    close: async () => undefined,
  }),
  gpio: () => {
    throw new RangeError('the load part is not on GPIO');
  },
};
