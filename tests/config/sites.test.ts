import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { isQuantity, quantities } from '../../src/model/quantity.ts';
import { drivers } from '../support/every-driver.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startVillage, type Village } from '../support/village.ts';
import { loaded } from './told.ts';

const FOLDER = 'config/sites';
const KINDS = [
  'energy-cabinet',
  'heat-substation',
  'school-classroom',
  'sports-hall',
  'square',
  'village-hall',
] as const;

const STEP_MS = 15 * 60_000;
/** Counters of people, rain and late meters take their time; after half a day everything has been said. */
const MOST_STEPS = 48;
/** Doors open and people come by day; but who is in can only be counted from when nobody was. */
const DAY = Date.UTC(2026, 10, 23, 9);
const NIGHT = Date.UTC(2026, 10, 23, 3, 45);
const SLOW_TEST_MS = 240_000;

/** The example beside the secret files that it names, as on a gateway. */
function copied(kind: string): string {
  const directory = temporaryDirectory();
  const file = join(directory, `${kind}.yaml`);
  cpSync(join(FOLDER, basename(file)), file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/^\s+\w+File: (\S+)/gm)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), 'a secret of nobody\n');
  }
  return file;
}

/** Every value that was told, by the device and its quantity. */
function valuesByStream({ uplink }: Village): Map<string, FeedObservation['obs'][number][]> {
  const told = uplink.seen.flatMap(single).filter(({ topic }) => topic.endsWith('/obs'));
  const streams = new Map<string, FeedObservation['obs'][number][]>();
  for (const { payload } of told) {
    const { dev, obs } = JSON.parse(payload) as FeedObservation;
    for (const one of obs) {
      const stream = `${dev} ${one.n}`;
      const values = streams.get(stream) ?? [];
      values.push(one);
      streams.set(stream, values);
    }
  }
  return streams;
}

const isGood = ({ n, v, q }: FeedObservation['obs'][number]) =>
  q === 'ok' && v !== null && isQuantity(n) && v >= quantities[n].min && v <= quantities[n].max;

/** The streams that have not told a good value yet, and the devices that have told nothing at all. */
function silent(village: Village, { devices }: Config): string[] {
  const streams = valuesByStream(village);
  const mute = devices.filter(({ name }) => ![...streams.keys()].some((stream) => stream.startsWith(`${name} `)));
  const bad = [...streams].filter(([, values]) => !values.some(isGood));
  return [...mute.map(({ name }) => name), ...bad.map(([stream]) => stream)];
}

describe('the examples, one per kind of site', () => {
  it('are these', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(KINDS.map((kind) => `${kind}.yaml`));
  });

  it.each(KINDS)('%s measures everything that it names, without a fault', { timeout: SLOW_TEST_MS }, async (kind) => {
    const config = await loaded(copied(kind));
    const clock = new VirtualClock(kind === 'sports-hall' ? NIGHT : DAY);
    const village = await startVillage(config, { clock });
    let steps = 0;
    do {
      await village.clock.advance(STEP_MS);
      steps += 1;
    } while (silent(village, config).length > 0 && steps < MOST_STEPS);
    await village.stop();

    expect(silent(village, config)).toEqual([]);
    expect(judged(village.uplink.seen)).toEqual([]);
    expect(village.logged.filter(({ code }) => code === 'device-fault')).toEqual([]);
    // A rule for a quantity that never comes would be a rule that does nothing.
    const streams = new Set(valuesByStream(village).keys());
    const ruled = config.devices.flatMap(({ name, rules }) => Object.keys(rules).map((key) => `${name} ${key}`));
    expect(ruled.filter((stream) => !streams.has(stream))).toEqual([]);
  });

  it.each(KINDS)('%s tells over TLS only, and proves who it is by what stands in files', async (kind) => {
    const { uplinks } = await loaded(copied(kind));
    expect(uplinks.map(({ name }) => name)).toContain('city');
    for (const { url, name, keyFile, passwordFile } of uplinks) {
      expect(url, name).toMatch(/^mqtts:/);
      expect(keyFile ?? passwordFile, name).toMatch(/\/secrets\//);
    }
  });

  it('use most drivers between them', async () => {
    const configs = await Promise.all(KINDS.map((kind) => loaded(copied(kind))));
    const used = new Set(configs.flatMap(({ devices }) => devices.map(({ driver }) => driver.part)));
    const unused = drivers.map(({ driver }) => driver.part).filter((part) => !used.has(part));
    console.info(`in no example of a site: ${unused.join(', ')}`);
    expect(unused.length).toBeLessThan(drivers.length / 4);
  });
});
