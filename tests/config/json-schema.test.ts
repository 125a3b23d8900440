import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { drivers } from '../support/every-driver.ts';
import { configJsonSchema } from './json-schema.ts';
import { configReference } from './reference.ts';
import { BUSES, complaints, parsed } from './told.ts';

const FILE = 'config/dorpel.schema.json';
const SITES = readdirSync('config/sites').map((name) => `config/sites/${name}`);
const EXAMPLES = ['config/demo.yaml', 'config/gateway.example.yaml', ...SITES];
const committed: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
const generated = configJsonSchema(drivers.map(({ driver }) => driver));

/** What an editor says of a text, as ajv says it. */
function flaws(text: string): string[] {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    formats: { date: true },
  });
  const validate = ajv.compile(generated as object);
  return validate(parse(text, { merge: true }))
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const device = (facts: string) => `${BUSES}\ndevices:\n  one: ${facts}`;

describe('the reference page', () => {
  it('is what the loader’s schema gives: after a change, npm run schema', () => {
    expect(readFileSync('config/REFERENCE.md', 'utf8')).toBe(configReference(drivers.map(({ driver }) => driver)));
  });

  it('tells of a key what it takes, its default, its unit and its help', () => {
    const page = readFileSync('config/REFERENCE.md', 'utf8');
    expect(page).toContain(
      '| `storage.clockWait` | a duration between 0s and 7d | `10min` | How long observations wait',
    );
    expect(page).toContain(
      '| `options.altitude` | a whole number between 0 and 3000, in m | `0` | height above the sea',
    );
  });
});

describe('the JSON Schema', () => {
  it('is what the loader’s schema gives: after a change, npm run schema', () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(generated)));
  });

  it.each(EXAMPLES)('finds no fault with %s, which names it', (file) => {
    const text = readFileSync(file, 'utf8');
    expect(flaws(text)).toEqual([]);
    const schema = `${relative(dirname(file), 'config') || '.'}/dorpel.schema.json`;
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}`);
  });

  it('takes sections with nothing below them, as the loader does', () => {
    const text = `${BUSES}\nstorage:\ndevices:\n  air: { driver: sht4x, bus: hall, options: , streams: }\nuplinks:\n`;
    expect(complaints(() => parsed(text))).toEqual([]);
    expect(flaws(text)).toEqual([]);
  });

  it('leaves the name of a driver open where a file with drivers is listed', () => {
    const outside = `${BUSES}\ndrivers: [wind.mjs]\ndevices:\n  one: { driver: acme-wind, bus: rs485 }`;
    expect(flaws(outside)).toEqual([]);
    expect(flaws(outside.replace('drivers: [wind.mjs]\n', ''))).toContain(
      '/devices/one/driver must be equal to one of the allowed values',
    );
  });

  it.each([
    [
      'a key misspelt',
      device('{ driver: sht4x, bus: hall, perod: 10s }'),
      '/devices/one must NOT have additional properties',
    ],
    [
      'an unknown driver',
      device('{ driver: sht41, bus: hall }'),
      '/devices/one/driver must be equal to one of the allowed values',
    ],
    [
      'a duration without a unit',
      device('{ driver: sht4x, bus: hall, period: 10 }'),
      '/devices/one/period must be string',
    ],
    [
      'an address that the part cannot have',
      device('{ driver: sht4x, bus: hall, address: 0x40 }'),
      '/devices/one/address must be >= 68',
    ],
    [
      'an address where the part has none',
      device('{ driver: sds011, bus: rs485, address: 1 }'),
      '/devices/one/address boolean schema is false',
    ],
    [
      'a stream that the part does not measure',
      device('{ driver: sht4x, bus: hall, streams: { pm25: {} } }'),
      '/devices/one/streams property name must be valid',
    ],
    [
      'an option out of range',
      device('{ driver: sds011, bus: rs485, options: { dutyCycle: 31 } }'),
      '/devices/one/options/dutyCycle must be <= 30',
    ],
    [
      'an option of another driver',
      device('{ driver: sds011, bus: rs485, options: { hold: 60s } }'),
      '/devices/one/options must NOT have additional properties',
    ],
    [
      'a required option left out',
      device('{ driver: pulse, bus: pins, line: 4, options: { counts: pulse_count } }'),
      "/devices/one/options must have required property 'pulsesPerUnit'",
    ],
    [
      'all options left out where one is required',
      device('{ driver: eastron-sdm, bus: rs485 }'),
      "/devices/one must have required property 'options'",
    ],
    ['no line on GPIO', device('{ driver: pir, bus: pins }'), "/devices/one must have required property 'line'"],
  ])('finds %s, as the loader does', (_, text, flaw) => {
    expect(complaints(() => parsed(text))).not.toEqual([]);
    expect(flaws(text)).toContain(flaw);
  });
});
