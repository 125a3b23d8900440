import type { Sensor, StreamingSensor } from '../../driver-kit.ts';
import { SensorError, type SensorFault } from '../../model/errors.ts';
import { reading, type Sample } from '../../model/observation.ts';
import { isQuantity, rounded } from '../../model/quantity.ts';
import { Mismatch, type Step } from './steps.ts';

/** What a driver made of some steps: an identity, a sample or a list of them, or the kind of its error. */
export interface Made {
  readonly expect?: unknown;
  readonly error?: SensorFault;
}

/** One poll of a recorded conversation. */
export interface RecordedPoll extends Made {
  /** When it began, in milliseconds since the conversation did. */
  readonly at: number;
  /** After a fault the part is started again first. */
  readonly start?: readonly Step[];
  readonly poll?: readonly Step[];
}

/**
 * One conversation of a `vectors.yaml`. A part that is asked has one `poll` or several `polls`, one that talks unasked
 * has `samples`; `expect` or `error` is what the driver makes of the last of these, or of `start` where it stands alone.
 */
export interface Conversation extends Made {
  readonly name: string;
  /** Where it comes from: computed, of a datasheet, recorded. */
  readonly origin: string;
  readonly driver?: string;
  /** As a config has them; secrets are left out, and named in `withheld`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly withheld?: readonly string[];
  /** Where it stood on a serial line; absent: as the part leaves the factory. */
  readonly line?: { readonly address: number; readonly baudRate: number };
  /** What the device remembered before. */
  readonly memory?: string;
  readonly start?: readonly Step[];
  readonly identity?: unknown;
  readonly poll?: readonly Step[];
  readonly polls?: readonly RecordedPoll[];
  readonly samples?: readonly Step[];
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

/** True for a part that talks unasked. */
export function isStreaming(sensor: Sensor | StreamingSensor): sensor is StreamingSensor {
  return 'samples' in sensor;
}

/** What was made, and in words why it is an error: that is for a person, and never written down. */
export interface Outcome {
  readonly made: Made;
  readonly why?: string;
}

/** What the driver makes of what it does; nothing where `over` ended it. What a playback finds wrong is thrown. */
export async function outcomeOf(act: () => Promise<unknown>, over?: AbortSignal): Promise<Outcome> {
  try {
    return { made: { expect: plain(await act()) } };
  } catch (cause) {
    return over?.aborted ? { made: {} } : failed(cause);
  }
}

/** One poll of a part that is asked, rounded. */
export async function polled(sensor: Sensor): Promise<unknown> {
  return roundedSample(await sensor.poll());
}

/** All that a part says unasked until `over`, or until it fails; `each` is told of every sample. */
export async function heard(
  sensor: StreamingSensor,
  over: AbortSignal,
  each: (sample: unknown) => void = () => undefined,
): Promise<Outcome> {
  const samples: unknown[] = [];
  try {
    for await (const sample of sensor.samples(over)) {
      samples.push(plain(roundedSample(sample)));
      each(samples.at(-1));
    }
  } catch (cause) {
    if (over.aborted) return { made: { expect: samples } };
    const { made, why } = failed(cause);
    return { made: { expect: samples, ...made }, why };
  }
  return { made: { expect: samples } };
}

function failed(cause: unknown): Required<Outcome> {
  if (cause instanceof Mismatch) throw cause;
  return {
    made: { error: cause instanceof SensorError ? cause.kind : 'driver' },
    why: cause instanceof Error ? cause.message : String(cause),
  };
}

/** As it stands in a file: what is undefined is not there, and 0 has no sign. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
