import * as v from 'valibot';
import type { Driver, GpioDriver, I2cDriver, OneWireDriver, SerialDriver } from '../driver-kit.ts';
import { isQuantity, quantityNames } from '../model/quantity.ts';
import { milliseconds } from './fields.ts';
import { name } from './texts.ts';

/**
 * What TypeScript proves of the drivers of the tree, and a file from outside must show when it is loaded. Messages
 * complete "should be …".
 */

type Callable = (...given: never) => unknown;
const callable = v.custom<Callable>((value) => typeof value === 'function', 'a function');
const DURATION = 'a duration such as 10s';
const durationText = v.pipe(
  v.string(DURATION),
  v.check((text) => milliseconds(text) >= 0, DURATION),
);
const quantity = v.custom<string>(
  (value) => typeof value === 'string' && isQuantity(value),
  `a quantity such as ${quantityNames[0]}`,
);
const some = <T>(item: v.GenericSchema<T>, wanted: string) => v.pipe(v.array(item, wanted), v.minLength(1, wanted));

const facts = {
  part: name,
  measures: some(quantity, 'a list of quantities'),
  streams: v.optional(callable),
  options: v.custom<object>(
    (value) => Object(value)['type'] === 'strict_object',
    "what the kit's options({ … }) gives",
  ),
  period: v.strictObject(
    { default: durationText, least: durationText, why: v.optional(v.string('a text')) },
    '{ default, least }',
  ),
  leastPeriod: v.optional(callable),
  deadline: v.optional(durationText),
  rollsOverAt: v.optional(v.record(quantity, v.number('a reading'), 'a reading for each quantity')),
  warmUpSeconds: v.optional(v.pipe(v.number('a number of seconds'), v.minValue(0, 'a number of seconds'))),
  create: callable,
};

/** Every key that a kind of driver has: a new one in the kit is not to be forgotten here. */
type Shape<D> = Record<keyof D, v.GenericSchema>;

const ADDRESSES = 'a list of whole numbers';
const addresses = some(v.pipe(v.number(ADDRESSES), v.integer(ADDRESSES)), ADDRESSES);
const FAMILIES = "a list of family codes such as '28'";

const line = v.strictObject(
  {
    baudRate: v.pipe(v.number('a number'), v.minValue(50, 'a number')),
    dataBits: v.picklist([7, 8], '7 or 8'),
    parity: v.picklist(['none', 'even', 'odd'], 'none, even or odd'),
    stopBits: v.picklist([1, 2], '1 or 2'),
  },
  '{ baudRate, dataBits, parity, stopBits }',
);

const BUS = 'i2c, serial, gpio or onewire';

const driverShape = v.variant(
  'bus',
  [
    v.strictObject({
      ...facts,
      bus: v.literal('i2c'),
      addresses,
      identify: v.optional(callable),
    } satisfies Shape<I2cDriver>),
    v.strictObject({
      ...facts,
      bus: v.literal('serial'),
      line,
      addresses: v.optional(addresses),
      busyMs: v.optional(callable),
      selectedBy: v.optional(callable),
      search: v.optional(v.looseObject({})),
    } satisfies Shape<SerialDriver>),
    v.strictObject({
      ...facts,
      bus: v.literal('gpio'),
      furtherLines: v.optional(callable),
    } satisfies Shape<GpioDriver>),
    v.strictObject({
      ...facts,
      bus: v.literal('onewire'),
      families: some(v.pipe(v.string(FAMILIES), v.regex(/^[0-9a-f]{2}$/, FAMILIES)), FAMILIES),
      busyMs: v.optional(callable),
    } satisfies Shape<OneWireDriver>),
  ],
  BUS,
);

/** What is wrong with the shape of a driver; nothing where it can be used. */
export function driverFlaws(driver: unknown): string[] {
  return flaws(driverShape, driver);
}

/** What is wrong with the shape of a simulated part of `driver`. */
export function simulationFlaws(simulation: unknown, { bus }: Driver): string[] {
  const facts = { bus: v.literal(bus, bus), spans: v.looseObject({}) };
  const built = v.looseObject({ ...facts, build: callable });
  const run = v.looseObject({ ...facts, run: callable });
  return flaws(bus === 'i2c' || bus === 'onewire' ? built : run, simulation);
}

function flaws(schema: v.GenericSchema, value: unknown): string[] {
  const { issues = [] } = v.safeParse(schema, value, { abortPipeEarly: true });
  return issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
    if (issue.expected === 'never') return `"${path}" is not a key of it`;
    if (issue.received === 'undefined') return `"${path}" is missing`;
    return `${path || 'it'} should be ${issue.message.startsWith('Invalid') ? 'an object' : issue.message}`;
  });
}
