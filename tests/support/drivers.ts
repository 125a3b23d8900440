import * as v from 'valibot';
import type { KnownDriver } from '../../src/config/known-drivers.ts';
import type { Driver, Sample, StreamingSensor } from '../../src/driver-kit.ts';
import type { Memory } from '../../src/hal/memory.ts';
import { type Played, played as playedOn } from '../../src/hal/replay/replaying.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { drivers } from './every-driver.ts';

export { isStreaming, roundedSample } from '../../src/hal/replay/conversation.ts';

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

/** A sensor at the near end of a played conversation; options are as YAML gives them. */
export function played(
  driver: Driver,
  steps: readonly Step[],
  options: object = {},
  memory: Memory = testMemory(),
): Played {
  return playedOn(driver, steps, { options: optionsOf(driver, options), memory });
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
