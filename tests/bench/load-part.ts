import * as v from 'valibot';
import type { DeviceConfig } from '../../src/config/config.ts';
import type { Sample, SerialDriver } from '../../src/driver-kit.ts';
import type { Clock } from '../../src/hal/clock.ts';
import type { Hal } from '../../src/hal/hal.ts';

/** What one observation of the load part holds: five readings, as many as a weather or dust station tells. */
export const READINGS = 5;

/** One device that talks unasked. */
export interface Load {
  readonly name: string;
  /** Samples per second; 0: as fast as it is let. */
  readonly perSecond: number;
  /** Says nothing more after so many samples. */
  readonly count?: number;
  /** Its first sample comes after this share of its period, so that a village does not speak in chorus. */
  readonly phase?: number;
}

/** Devices that are all alike, each `perSecond`, one after the other. */
export function alike(devices: number, perSecond: number): Load[] {
  return Array.from({ length: devices }, (_, index) => ({
    name: `load-${index}`,
    perSecond,
    phase: perSecond === 0 ? 0 : index / devices,
  }));
}

const LONG_MS = 1e9;

/** A part that emits `load`. Its values change from one sample to the next, so that nothing is compressed away. */
export function loadDevice({ name, perSecond, count = Number.POSITIVE_INFINITY, phase = 0 }: Load, clock: Clock) {
  return streamingDevice(
    name,
    ['air_temperature', 'relative_humidity', 'air_pressure', 'pm25', 'pm10'],
    async function* (signal) {
      const startMs = clock.uptimeMs();
      for (let told = 0; !signal.aborted; told += 1) {
        if (told >= count) await clock.sleep(LONG_MS, signal);
        const dueMs = perSecond === 0 ? 0 : startMs + ((told + phase) * 1000) / perSecond;
        if (perSecond > 0) await clock.sleep(Math.max(0, dueMs - clock.uptimeMs()), signal);
        yield sampleOf(told);
      }
    },
  );
}

/** A part whose samples come from elsewhere. */
export function streamingDevice(
  name: string,
  measures: SerialDriver['measures'] & readonly string[],
  samples: (signal: AbortSignal) => AsyncIterable<Sample>,
): DeviceConfig {
  const driver: SerialDriver = {
    part: 'load',
    bus: 'serial',
    line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
    measures,
    options: v.strictObject({}),
    period: { default: '0s', least: '0s' },
    create: () => ({ start: async () => ({}), samples }),
  };
  return {
    name,
    driver,
    bus: name,
    address: 0,
    activeLow: false,
    options: {},
    written: { options: {}, withheld: [] },
    deadlineMs: 10_000,
    periodMs: 0,
    part: 'LOAD',
    placement: 'indoor',
    priority: 'normal',
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
  onewire: () => {
    throw new RangeError('the load part is not on 1-Wire');
  },
  gpio: () => {
    throw new RangeError('the load part is not on GPIO');
  },
};
