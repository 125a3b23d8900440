import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { addressesOf, shownAddresses } from '../../src/config/address.ts';
import { configSchema } from '../../src/config/schema.ts';
import { requiredKeys, type Shape } from '../../src/config/shape.ts';
import type { Driver } from '../../src/driver-kit.ts';

/** What people write, not what comes out of it; checks that JSON Schema has no words for stay with the loader. */
const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  ignoreActions: ['check', 'raw_check', 'finite', 'url'],
};

/**
 * The JSON Schema by which editors complete, explain and check a config while it is written. It comes from the loader's
 * own schema and says for each driver which options, streams and addresses a device may have.
 */
export function configJsonSchema(drivers: readonly Driver[]): JsonSchema {
  const whole = toJsonSchema(configSchema, CONVERSION);
  const device = deviceIn(whole);
  device.allOf = drivers.map((known) => ({
    if: { properties: { driver: { const: known.part } }, required: ['driver'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: factsOf(known),
  }));
  return { title: 'Dorpel gateway', ...whole, ...inTreeOnly(drivers) };
}

/** Where no files with drivers are listed, here or in a file that is included, a device's driver is one of the tree. */
function inTreeOnly(drivers: readonly Driver[]): JsonSchema {
  const driver = { enum: drivers.map(({ part }) => part) };
  return {
    if: { not: { anyOf: [{ required: ['drivers'] }, { required: ['include'] }] } },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: { properties: { devices: { additionalProperties: { properties: { driver } } } } },
  };
}

/** What is fixed about a device once its driver is known. */
function factsOf(driver: Driver): JsonSchema {
  const { $schema: _, ...options } = toJsonSchema(driver.options, CONVERSION);
  const isOptional = requiredKeys(driver.options as Shape).length === 0;
  return {
    properties: {
      options: isOptional ? { anyOf: [options, { type: 'null' }] } : options,
      streams: { propertyNames: { enum: [...driver.measures] } },
      address: addressOf(driver),
      ...(driver.bus === 'gpio' ? {} : { line: false }),
      ...(driver.bus === 'onewire' ? {} : { id: false }),
    },
    required: [
      ...(isOptional ? [] : ['options']),
      ...(driver.bus === 'gpio' ? ['line'] : []),
      ...(driver.bus === 'onewire' ? ['id'] : []),
    ],
  };
}

function addressOf(driver: Driver): JsonSchema | boolean {
  const addresses = addressesOf(driver);
  if (!addresses) return false;
  return {
    minimum: Math.min(...addresses),
    maximum: Math.max(...addresses),
    ...(addresses.length > 8 ? {} : { enum: [...addresses] }),
    description: `${shownAddresses(driver)}. Default: the first.`,
  };
}

/** The schema of one device, inside that of the file. */
function deviceIn(whole: JsonSchema): JsonSchema {
  const { devices } = whole.properties ?? {};
  const record = typeof devices === 'object' ? devices.anyOf?.[0] : undefined;
  const device = typeof record === 'object' ? record.additionalProperties : undefined;
  if (typeof device !== 'object') throw new Error('there are no devices in the schema');
  return device;
}
