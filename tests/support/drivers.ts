import * as v from 'valibot';
import type { KnownDriver } from '../../src/config/known-drivers.ts';
import type { Driver, Sensor, StreamingSensor } from '../../src/driver-kit.ts';
import type { Memory } from '../../src/hal/memory.ts';
import { type Playback, playGpio, playI2c, playOneWire, playSerial } from '../../src/hal/replay/playback.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { reading, type Sample } from '../../src/model/observation.ts';
import { isQuantity, rounded } from '../../src/model/quantity.ts';
import { drivers } from './every-driver.ts';

/** The registered driver called `part`. */
export function registered(part: string): Required<KnownDriver> {
  const found = drivers.find(({ driver }) => driver.part === part);
  if (!found) throw new Error(`no driver called ${part}`);
  return found;
}

/** The driver's options as YAML gives them, with the defaults filled in. */
export function optionsOf(driver: Driver, given: object = {}): object {
  return v.parse(driver.options, given);
}

/** A memory that lasts as long as the test. */
export function testMemory(text?: string): Memory {
  let kept = text;
  return {
    load: async () => kept,
    save: async (text) => {
      kept = text;
    },
  };
}

/** A sensor at the near end of a played conversation. */
export function played(
  driver: Driver,
  steps: readonly Step[],
  options: object = {},
  memory: Memory = testMemory(),
): { readonly sensor: Sensor | StreamingSensor; readonly playback: Playback<unknown> } {
  const parsed = optionsOf(driver, options);
  switch (driver.bus) {
    case 'i2c': {
      const playback = playI2c(steps);
      return { playback, sensor: driver.create(playback.device, parsed, memory) };
    }
    case 'serial': {
      const address = driver.addresses?.[0] ?? 0;
      const playback = playSerial(steps, { address, baudRate: driver.line.baudRate });
      return { playback, sensor: driver.create(playback.device, parsed, memory) };
    }
    case 'onewire': {
      const playback = playOneWire(steps);
      return { playback, sensor: driver.create(playback.device, parsed, memory) };
    }
    case 'gpio': {
      const playback = playGpio(steps);
      return { playback, sensor: driver.create(playback.device, parsed, memory) };
    }
  }
}

/** True for a part that talks unasked. */
export function isStreaming(sensor: Sensor | StreamingSensor): sensor is StreamingSensor {
  return 'samples' in sensor;
}

/** All that a streaming sensor says until its played conversation is over. */
export async function collected(sensor: StreamingSensor, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  try {
    for await (const sample of sensor.samples(signal)) samples.push(sample);
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
  return samples;
}

/** The sample as it would leave the gateway: rounded to the quantities' decimals. */
export function roundedSample(sample: Sample): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sample).map(([name, given]) => {
      if (!isQuantity(name)) throw new Error(`${name} is not a quantity`);
      if (typeof given === 'number') return [name, rounded(name, given)];
      const { value } = reading(given);
      return [name, value === null ? given : { ...given, value: rounded(name, value) }];
    }),
  );
}
