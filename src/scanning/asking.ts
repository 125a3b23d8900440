import type { Identity, Sensor, StreamingSensor } from '../driver-kit.ts';
import { type Clock, DONE } from '../hal/clock.ts';
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';

/** A scan is no measurement: what a driver would remember is not kept. */
export const NO_MEMORY = { load: async () => undefined, save: async () => undefined };

// An SDS011 that sleeps takes longest of those that are asked once; a part that hangs is to hold up no scan.
const LONGEST_MS = 20_000;

/** What comes of a question: the answer, or the SensorError. A bus that is broken, and a driver's bug, are thrown. */
export async function asked<T>(clock: Clock, question: () => Promise<T>): Promise<T | SensorError> {
  const over = new AbortController();
  const silence = clock.sleep(LONGEST_MS, over.signal).then(() => {
    return new SensorError('timeout', `it begins to answer, and has not ended after ${LONGEST_MS / 1000} s`);
  });
  silence.catch(() => undefined);
  const answer = question();
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, silence]);
  } catch (cause) {
    if (!(cause instanceof SensorError) || cause.kind === 'bus') throw cause;
    return cause;
  } finally {
    over.abort(DONE);
  }
}

/** Who answers; the part is told to stop again, where its driver knows how. */
export async function startedAndStopped(sensor: Sensor | StreamingSensor): Promise<Identity> {
  const identity = await sensor.start();
  await sensor.stop?.().catch(() => undefined);
  return identity;
}

/** The device, whose every wait ends with the signal: who stops a scan does not wait for a part to answer. */
export function heeding(device: SerialDevice, signal: AbortSignal): SerialDevice {
  return {
    ...device,
    read: (withinMs, own = signal) => device.read(withinMs, own),
    sleep: (milliseconds, own = signal) => device.sleep(milliseconds, own),
  };
}
