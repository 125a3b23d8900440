import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { sources } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { GATEWAY, loaded } from './told.ts';

type Files = Readonly<Record<string, string>>;

/** Writes files by name, and gives the directory that they are in. */
function written(files: Files): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** Everything that is wrong with `gateway.yaml` of a directory: `file:line:column key | message | hint`. */
async function toldOf(directory: string): Promise<string[]> {
  try {
    await loaded(join(directory, 'gateway.yaml'));
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    return cause.problems.map(({ file, line, column, key, message, hint }) => {
      return [`${file}:${line}:${column} ${key}`, message, hint].join(' | ').replaceAll(`${directory}/`, '');
    });
  }
  return [];
}

const BUS = 'buses: { hall: { kind: i2c, path: /dev/i2c-1 } }';
const AIR = 'devices: { air: { driver: sht4x, bus: hall } }';

describe('a config in several files', () => {
  it('is put together by its top keys, of directories too, in the order of their names', async () => {
    const directory = written({
      'gateway.yaml': `${GATEWAY}\ninclude: [parts, storage.yaml]\n${BUS}\n`,
      'parts/20.yaml': 'devices: { attic: { driver: sht4x, bus: hall, address: 0x45 } }',
      'parts/10.yaml': AIR,
      'parts/30.yml': '# to come',
      'parts/README.md': 'no config',
      'parts/._10.yaml': 'what macOS leaves on a card',
      'storage.yaml': 'storage: { path: data }\ninclude: more.yaml',
      'more.yaml': 'buses: { cellar: { kind: i2c, path: /dev/i2c-3 } }',
    });
    const { devices, buses, storage } = await loaded(join(directory, 'gateway.yaml'));
    expect(devices.map(({ name }) => name)).toEqual(['air', 'attic']);
    expect(buses.map(({ name }) => name)).toEqual(['hall', 'cellar']);
    expect(storage.directory).toBe(join(directory, 'data'));
  });

  it('has its paths relative to the file that they stand in', async () => {
    const directory = written({
      'gateway.yaml': `${GATEWAY}\ninclude: more/city.yaml\n`,
      'more/city.yaml': 'uplinks: { city: { url: mqtt://host, passwordFile: city.password } }',
      'more/city.password': 'geheim',
    });
    const { uplinks } = await loaded(join(directory, 'gateway.yaml'));
    const elsewhere = `${GATEWAY}\ninclude: ${join(directory, 'more/city.yaml')}\n`;
    expect((await parseConfig('/nowhere/gateway.yaml', elsewhere, sources)).uplinks).toEqual(uplinks);
    expect(uplinks[0]?.passwordFile).toBe(join(directory, 'more/city.password'));
  });

  it('takes another text in the place of the file that was named', async () => {
    const directory = written({ 'parts/10.yaml': AIR });
    const text = `${GATEWAY}\ninclude: parts\n${BUS}`;
    const config = await parseConfig(join(directory, 'gateway.yaml'), text, sources);
    expect(config.devices).toHaveLength(1);
  });

  it('tells what is wrong where it stands, all at once, first of the file that was named', async () => {
    const directory = written({
      'gateway.yaml': `${GATEWAY}\ninclude: parts\n${BUS}\n${AIR}\nstorge: {}\n`,
      'parts/10.yaml': 'devices:\n  attic: { driver: sht4x, bus: hal, perod: 5s, adress: 0x45 }\n',
      'parts/20.yaml': 'drivers: [wind.mjs]\nstorage: { profile: ssd }\n',
      'parts/30.yaml': 'drivers: [rain.mjs]\nstorage: { profile: sd-card }\n',
    });
    expect(await toldOf(directory)).toEqual([
      'gateway.yaml:5:1 storge | "storge" is not a key here | did you mean storage?',
      'parts/30.yaml:1:11 drivers.0 | there is no file parts/rain.mjs that may be read | put it there, or correct the path; it is relative to this file',
      'parts/30.yaml:2:12 storage.profile | this stands in parts/20.yaml, line 2, already | rename or remove one of the two',
      'parts/10.yaml:2:32 devices.attic.bus | there is no bus called "hal" | did you mean hall?',
      'parts/10.yaml:2:37 devices.attic.perod | "perod" is not a key here | did you mean period?',
      'parts/10.yaml:2:48 devices.attic.adress | "adress" is not a key here | did you mean address?',
      'parts/20.yaml:1:11 drivers.0 | there is no file parts/wind.mjs that may be read | put it there, or correct the path; it is relative to this file',
    ]);
  });
});

const MAIN = `${GATEWAY}\ninclude: more.yaml\n${BUS}\n${AIR}\n`;
const PATH = 'put it there, or correct the path; it is relative to this file';

/** Each row: what is wrong, the files, and all that must be told. */
const table: readonly (readonly [string, Files, ...string[]])[] = [
  [
    'a name in two files',
    { 'gateway.yaml': MAIN, 'more.yaml': `\n${AIR}` },
    'more.yaml:2:12 devices.air | this stands in gateway.yaml, line 4, already | rename or remove one of the two',
  ],
  [
    'a section of another kind in another file',
    { 'gateway.yaml': MAIN, 'more.yaml': 'devices: [air]' },
    'more.yaml:1:1 devices | this stands in gateway.yaml, line 4, already | rename or remove one of the two',
  ],
  [
    'a file that is not there',
    { 'gateway.yaml': MAIN },
    `gateway.yaml:2:10 include | more.yaml: there is no such file | ${PATH}`,
  ],
  [
    'a file that Windows gave another name',
    { 'gateway.yaml': MAIN, 'more.yaml.txt': '' },
    'gateway.yaml:2:10 include | more.yaml: there is no such file, but there is more.yaml.txt | rename it: mv more.yaml.txt more.yaml',
  ],
  [
    'a file of a directory that Windows gave another name',
    { 'gateway.yaml': MAIN.replace('more.yaml', 'parts'), 'parts/10.yaml.txt': '' },
    'gateway.yaml:2:10 include | parts/10.yaml.txt would not be read: its name ends in .txt | rename it: mv parts/10.yaml.txt parts/10.yaml',
  ],
  [
    'files in a circle',
    { 'gateway.yaml': MAIN, 'more.yaml': 'include: [gateway.yaml]' },
    'more.yaml:1:11 include.0 | these files include each other in a circle | remove this: gateway.yaml includes more.yaml includes gateway.yaml',
  ],
  [
    'a file included twice',
    { 'gateway.yaml': MAIN.replace('more.yaml', '[more.yaml, ./more.yaml]'), 'more.yaml': '' },
    'gateway.yaml:2:22 include.1 | this file is included already | remove it here or there',
  ],
  [
    'no list of files',
    { 'gateway.yaml': MAIN.replace('more.yaml', '{ more: yaml }') },
    'gateway.yaml:2:10 include | should be a file or a directory, or a list of them such as [buses.yaml, devices.d], not keys with values | More files of this config, or directories of them (*.yaml), relative to this one. Read once each; put together by their top keys.',
  ],
  [
    'no YAML in one of them',
    { 'gateway.yaml': MAIN, 'more.yaml': 'devices:\n\tattic: 5' },
    'more.yaml:2:1  | a tab where spaces should be | indent with spaces; YAML does not allow tabs there',
  ],
];

describe('a config in several files is refused for', () => {
  it.each(table)('%s', async (_, files, ...told) => {
    expect(await toldOf(written(files as Files))).toEqual(told);
  });

  it('two names of one line, by way of a link', async () => {
    const directory = written({ ttyUSB0: '' });
    symlinkSync('ttyUSB0', join(directory, 'by-id'));
    const bus = (name: string) => `{ kind: serial, path: ${join(directory, name)} }`;
    const buses = `buses:\n  dust: ${bus('ttyUSB0')}\n  co2: ${bus('by-id')}\n`;
    writeFileSync(join(directory, 'gateway.yaml'), `${GATEWAY}\n${buses}`);
    expect(await toldOf(directory)).toEqual([
      'gateway.yaml:4:30 buses.co2.path | dust is by-id too: ttyUSB0 is the same | remove one, and write its devices with bus: dust',
    ]);
  });

  it('the wrong end of its own name', async () => {
    expect(await toldOf(written({ 'gateway.yaml.txt': GATEWAY }))).toEqual([
      'gateway.yaml:1:1  | there is no such file, but there is gateway.yaml.txt | rename it: mv gateway.yaml.txt gateway.yaml',
    ]);
  });
});
