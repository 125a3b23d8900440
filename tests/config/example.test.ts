import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writtenIn } from '../../src/config/includes.ts';
import { configSchema } from '../../src/config/schema.ts';
import { bare, branches, requiredKeys, type Shape } from '../../src/config/shape.ts';
import type { Path } from '../../src/config/source.ts';
import { drivers } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { loaded, parsed } from './told.ts';

const FILE = 'config/gateway.example.yaml';
const text = readFileSync(FILE, 'utf8');
/** The example with the keys that are switched off (`#key: …`) switched on. */
const full = text.replace(/^(\s*)#(?=[a-zA-Z])/gm, '$1');
const value: unknown = parse(full);
const source = writtenIn(FILE, full);

/** A key that a config may hold: where it may stand (`*`: any name), and what holds if it does not. */
interface Key {
  readonly path: string;
  readonly places: readonly string[];
  readonly shape: Shape;
  readonly isRequired: boolean;
}

function keysBelow(shape: Shape, path: readonly string[]): Key[] {
  return branches(shape).flatMap((branch): Key[] => {
    if (branch.type === 'record') return branch.value ? keysBelow(branch.value, [...path, '*']) : [];
    const required = requiredKeys(branch);
    return Object.entries(branch.entries ?? {}).flatMap(([key, entry]) => {
      const here = [...path, key];
      const isRequired = required.includes(key);
      return [{ path: here.join('.'), places: placesOf(here), shape: entry, isRequired }, ...keysBelow(entry, here)];
    });
  });
}

/** What a device may say of its place and its governance is what the gateway may say: either shows it. */
function placesOf(path: readonly string[]): string[] {
  const at = path.findIndex((key) => key === 'location' || key === 'governance');
  if (at < 0 || at === path.length - 1) return [path.join('.')];
  const inside = path.slice(at).join('.');
  return [`gateway.${inside}`, `devices.*.${inside}`];
}

const keys = [
  ...keysBelow(configSchema, []),
  ...drivers.flatMap(({ driver }) => {
    const device = Object.entries((value as { devices: Record<string, { driver: string }> }).devices).find(
      ([, device]) => device.driver === driver.part,
    );
    return keysBelow(driver.options, ['devices', device?.[0] ?? `(no ${driver.part})`, 'options']);
  }),
];

/** Where a key stands in the example. */
function found({ places }: Key): Path[] {
  return places.flatMap((place) => matches(value, place.split('.'), []));
}

function matches(from: unknown, [key, ...rest]: readonly string[], at: Path): Path[] {
  if (key === undefined) return [at];
  if (typeof from !== 'object' || from === null) return [];
  return Object.entries(from).flatMap(([name, inside]) =>
    key === '*' || key === name ? matches(inside, rest, [...at, name]) : [],
  );
}

function commentOn(path: Path): string {
  return /\s#\s(.*)/.exec(source.atKey(path, '').text ?? '')?.[1] ?? '';
}

function valueAt(path: Path): unknown {
  return path.reduce<unknown>((from, key) => (from as Record<string, unknown>)[key], value);
}

/** The default of a field; a section's is that of its keys. */
function defaultOf(shape: Shape): unknown {
  return bare(shape).type === 'record' || shape.type === 'nullish' ? undefined : shape.default;
}

describe('the example config', () => {
  it('can be used as it stands', async () => {
    const { devices } = await loaded(FILE);
    expect(new Set(devices.map(({ driver }) => driver.part))).toEqual(
      new Set(drivers.map(({ driver }) => driver.part)),
    );
  });

  it('can be used with every key in it that is switched off', () => {
    const directory = temporaryDirectory();
    for (const name of ['secrets', 'gateway.d']) mkdirSync(join(directory, name));
    for (const name of ['stad.password', 'ca.pem', 'gateway.pem', 'gateway.key']) {
      writeFileSync(join(directory, 'secrets', name), 'anything');
    }
    writeFileSync(join(directory, 'secrets', 'p1.key'), '00112233445566778899aabbccddeeff\n');
    expect(parsed(full, join(directory, 'gateway.yaml')).uplinks).toHaveLength(1);
    expect(full.split('\n').filter((line, index) => line !== text.split('\n')[index]).length).toBeGreaterThan(5);
  });

  it.each(keys)('shows and explains $path', (key) => {
    const places = found(key);
    expect(places.length, 'places where it stands').toBeGreaterThan(0);
    const comments = places.map(commentOn).filter(Boolean);
    expect(comments.length, 'comments on it').toBeGreaterThan(0);
    const standard = defaultOf(key.shape);
    const isShown = places.some((path) => JSON.stringify(valueAt(path)) === JSON.stringify(standard));
    const isTold = comments.some((comment) => comment.includes(`default ${standard ?? ''}`));
    const isSection = key.shape.type === 'nullish' || key.path.includes('governance.');
    expect(key.isRequired || isSection || isShown || isTold, 'its default is seen').toBe(true);
  });
});

describe('the demo config', () => {
  it('can be used', async () => {
    expect((await loaded('config/demo.yaml')).devices.length).toBeGreaterThan(5);
  });
});
