import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { register } from '../../drivers/index.ts';
import { EXPLAINED, explanationsOf } from '../../src/cli/explain.ts';
import { CODES } from '../../src/cli/explained-codes.ts';
import { meaningOf } from '../../src/cli/explained-quantities.ts';
import { QUALITIES } from '../../src/cli/explained-words.ts';
import { clockEntry, uplinkEntry } from '../../src/health/events.ts';
import { qualities } from '../../src/model/quality.ts';
import { quantityNames } from '../../src/model/quantity.ts';
import { UplinkError } from '../../src/uplink/uplink.ts';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  // The verdicts of the doctor read like levels, and are none.
  .filter((name) => name.endsWith('.ts') && !/^(cli\/explained-|doctor\/)/.test(name))
  .map((name) => readFileSync(join('src', name), 'utf8'));

/** Codes as they stand behind a level: `log('warning', 'device-fault'`, `['error', 'disk-full'`. */
const written = sources.flatMap((text) =>
  [...text.matchAll(/'(?:error|warning|notice|info)',\s*'([a-z-]+)'/g)].map(([, code = '']) => code),
);
/** Codes that are put together. */
const error = new UplinkError('away', '');
const made = [
  ...(['unreachable', 'lost'] as const).map((event) => uplinkEntry({ event, uplink: 'city', error })[1]),
  ...(['ntp', 'rtc', 'unsynced'] as const).map((state) => clockEntry({ event: 'state', state })[1]),
];

describe('what can be explained', () => {
  it('is every code that the log may have, and no other', () => {
    expect(written.length).toBeGreaterThan(25);
    // A level is followed by a code that is put together in two places: those are the ones made above.
    const puzzled = sources.flatMap((text) => [...text.matchAll(/'(?:error|warning|notice|info)',\s*`/g)]);
    expect(puzzled.length).toBe(2);
    expect(Object.keys(CODES).toSorted()).toEqual([...new Set([...written, ...made])].toSorted());
  });

  it('is every quality, and every quantity', () => {
    expect(Object.keys(QUALITIES)).toEqual(qualities);
    expect(
      quantityNames.filter((quantity) => !meaningOf(quantity) || meaningOf(quantity)?.includes('undefined')),
    ).toEqual([]);
  });

  it('says in a whole sentence what each word means', () => {
    for (const [, words] of EXPLAINED) {
      for (const [word, text] of Object.entries(words)) expect(text, word).toMatch(/^[A-Z].{30,}[.?]$/s);
    }
  });
});

const textOf = async (word: string) => (await explanationsOf(word, register)).map(({ text }) => text).join('\n');

describe('dorpel explain', () => {
  it('tells of a quantity what it is, its unit, its range and who measures it', async () => {
    const text = await textOf('pm25');
    expect(text).toContain('up to 2.5 µm');
    expect(text).toContain('Unit ug/m3 (UCUM), 1 decimals');
    expect(text).toContain('from 0 to 999');
    expect(text).toMatch(/Measured by: .*sds011.*sps30/);
    expect(text).not.toContain('sht4x');
    expect(await textOf('cpu_temperature')).toContain('Measured by: the gateway itself (device gateway).');
  });

  it.each([
    ['active_energy_import_t2', 'taken from the grid, in tariff 2'],
    ['current_n', 'of the neutral'],
    ['voltage_l3_l1', 'between phases 3 and 1'],
    ['particles_over_03', 'larger than 0.3 µm'],
    ['particles_pm10', 'up to 10 µm'],
  ])('reads the name of %s', async (quantity, words) => {
    expect(await textOf(quantity)).toContain(words);
  });

  it('tells every meaning of a word that has two', async () => {
    const found = await explanationsOf('refused', register);
    expect(found.map(({ is }) => is)).toEqual(['a fault of a device', 'a reason of a loss']);
  });

  it.each([
    ['chekcsum', 'did you mean checksum?'],
    ['device_fault', 'did you mean device-fault?'],
    ['pm2.5', 'did you mean pm25?'],
    ['fan-speed', 'words of one part stand in the README of its driver'],
    ['constructor', 'nothing is known of constructor'],
  ])('helps whoever asks for %s', async (word, help) => {
    await expect(explanationsOf(word, register)).rejects.toThrow(help);
  });
});
