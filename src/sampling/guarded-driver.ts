import type { Driver, Identity, Sensor, StreamingSensor } from '../driver-kit.ts';
import type { Memory } from '../hal/memory.ts';
import { SensorError } from '../model/errors.ts';
import type { Sample } from '../model/observation.ts';
import { qualities } from '../model/quality.ts';
import { isQuantity } from '../model/quantity.ts';

/**
 * A driver whose bugs are a fault (`driver`) of its own devices and of nothing else: what it throws, and what it gives
 * that the kit does not allow, which the types of a file from outside cannot promise. What never ends it cannot mend.
 */
export function guarded(driver: Driver): Driver {
  const create = (device: never, options: object, memory: Memory) =>
    guardedSensor(() => driver.create(device, options, textsOnly(memory)));
  return { ...driver, create } as Driver;
}

function guardedSensor(create: () => Sensor | StreamingSensor): Sensor | StreamingSensor {
  let sensor: Sensor | StreamingSensor;
  try {
    sensor = create();
    if (!isSensor(sensor)) throw new TypeError('create gives no object with start, and poll or samples');
  } catch (cause) {
    const failed = async () => {
      throw cause;
    };
    return { start: failed, poll: failed };
  }
  const start = async (signal?: AbortSignal) => checkedIdentity(await sensor.start(signal));
  const stop = async () => sensor.stop?.();
  if (!('samples' in sensor)) return { start, stop, poll: async () => checkedSample(await sensor.poll()) };
  const talking = sensor;
  const samples = async function* (signal: AbortSignal) {
    for await (const sample of talking.samples(signal)) yield checkedSample(sample);
  };
  return { start, stop, samples };
}

function isSensor(given: unknown): boolean {
  const { start, poll, samples } = Object(given);
  return typeof start === 'function' && (typeof poll === 'function' || typeof samples === 'function');
}

function checkedIdentity(given: Identity): Identity {
  const { part, serialNumber, firmware } = Object(given);
  const isText = (fact: unknown) => fact === undefined || typeof fact === 'string';
  if (Object(given) === given && [part, serialNumber, firmware].every(isText)) return given;
  throw new SensorError('driver', 'its start gives no identity: part, serialNumber and firmware are texts or left out');
}

function checkedSample(given: Sample): Sample {
  if (Object(given) !== given) throw new SensorError('driver', `it gives ${String(given)} where a sample should be`);
  for (const [name, told] of Object.entries(given)) {
    if (!isQuantity(name)) throw new SensorError('driver', `it tells "${name}", which is no quantity`);
    if (told === undefined || typeof told === 'number' || isReading(told)) continue;
    throw new SensorError('driver', `what it tells of ${name} is neither a number nor a Reading`);
  }
  return given;
}

function isReading(given: unknown): boolean {
  const { value, quality, why, measuredAt } = Object(given);
  return (
    (value === null || typeof value === 'number') &&
    qualities.includes(quality) &&
    (why === undefined || typeof why === 'string') &&
    (measuredAt === undefined || typeof measuredAt === 'number')
  );
}

function textsOnly(memory: Memory): Memory {
  return {
    load: () => memory.load(),
    save: async (text) => {
      if (typeof text !== 'string') throw new SensorError('driver', 'what it wants to remember is no text');
      await memory.save(text);
    },
  };
}
