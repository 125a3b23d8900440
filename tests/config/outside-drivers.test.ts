import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isStreaming, played } from '../support/drivers.ts';
import { drivers } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { BUSES, complaintsOf, loaded } from './told.ts';

/** A driver that can be used, with what a test has otherwise. */
function driverFile({ kit = 'export const kit = 1;', facts = '', more = '' } = {}): string {
  return `${kit}
export function driver({ options, number, crc8, SensorError }) {
  return {
    part: 'acme-wind',
    bus: 'i2c',
    addresses: [0x20],
    measures: ['wind_speed'],
    options: options({ gain: number({ min: 1, max: 9, default: 2, help: 'Gain.' }) }),
    period: { default: '10s', least: '1s' },
    ${facts}
    create: (device, { gain }) => ({
      start: async () => ({}),
      poll: async () => {
        const [raw, check] = await device.read(2);
        if (crc8([raw], { polynomial: 0x31, initial: 0xff }) !== check) throw new SensorError('checksum', 'damaged');
        return { wind_speed: raw * gain };
      },
    }),
  };
}
${more}`;
}

const DEVICE = 'devices:\n  roof: { driver: acme-wind, bus: hall }';

/** A config that names the files of a directory, which `write` fills. */
function configBeside(files: Readonly<Record<string, string>>, rest = DEVICE): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'drivers'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'drivers', name), text);
  const file = join(directory, 'gateway.yaml');
  const list = Object.keys(files).map((name) => `drivers/${name}`);
  writeFileSync(file, `${BUSES}\ndrivers: [${list.join(', ')}]\n${rest}\n`);
  return file;
}

describe('a driver from outside', () => {
  it('is loaded with the kit in its hands, checks its options, and names its part', async () => {
    const file = configBeside({ 'wind.mjs': driverFile() }, `${DEVICE.replace(' }', ', options: { gain: 3 } }')}`);
    const [device] = (await loaded(file)).devices;
    expect(device).toMatchObject({ address: 0x20, options: { gain: 3 }, part: 'ACME-WIND', periodMs: 10_000 });
    expect(device?.simulation).toBeUndefined();
    const wrong = configBeside({ 'wind.mjs': driverFile() }, `${DEVICE.replace(' }', ', options: { gain: 10 } }')}`);
    expect(await complaintsOf(wrong)).toEqual([
      '8:58 devices.roof.options.gain | should be a number between 1 and 9, not 10 | Gain.',
    ]);
  });

  it('may be the one that drivers/README.md shows', async () => {
    const readme = readFileSync(new URL('../../drivers/README.md', import.meta.url), 'utf8');
    const [, code = ''] = readme.split('```js\n');
    const file = configBeside({ 'wind.mjs': code.split('```')[0] ?? '' }, DEVICE.replace(' }', ', address: 0x21 }'));
    const [device] = (await loaded(file)).devices;
    const wind = device?.driver;
    if (wind?.bus !== 'i2c') throw new Error('it is not on I2C');
    const steps = [{ writeRead: ['01', '2a f1'] as const }, { writeRead: ['01', '2a f2'] as const }];
    const { sensor } = played(wind, steps, { gain: 2 });
    if (isStreaming(sensor)) throw new Error('it talks unasked');
    expect(await sensor.poll()).toEqual({ wind_speed: 8.4 });
    await expect(sensor.poll()).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('may bring its simulated part', async () => {
    const part = 'export const simulation = () => ({ bus: "i2c", spans: {}, build: () => undefined });';
    const file = configBeside({ 'wind.mjs': driverFile({ more: part }) });
    const [device] = (await loaded(file)).devices;
    expect(await device?.simulation?.()).toMatchObject({ bus: 'i2c', spans: {} });
  });

  it('stands beside those of the tree in what was probably meant', async () => {
    const file = configBeside({ 'wind.mjs': driverFile() }, DEVICE.replace('acme-wind', 'acme-wynd'));
    expect(await complaintsOf(file)).toEqual([
      '8:19 devices.roof.driver | there is no driver called "acme-wynd" | did you mean acme-wind?',
    ]);
  });

  const HOW = 'drivers/README.md shows how such a file is written';
  const table: readonly (readonly [string, string, string])[] = [
    ['is no JavaScript', 'export const kit = ;', 'it cannot be loaded: '],
    ['throws when it is loaded', '\nthrow new Error("no licence");', 'it cannot be loaded: Error: no licence'],
    [
      'does not say its kit',
      driverFile({ kit: '' }),
      'it does not say for which driver kit it was written | export const kit = 1;',
    ],
    [
      'is of a later kit',
      driverFile({ kit: 'export const kit = 2;' }),
      'it was written for driver kit 2, and this is 1 | take a newer Dorpel, or an older edition of the driver',
    ],
    [
      'is of an earlier kit',
      driverFile({ kit: 'export const kit = 0;' }),
      'it was written for driver kit 0, and this is 1 | take an edition of the driver for kit 1; CHANGELOG.md says what changed',
    ],
    ['exports no driver', 'export const kit = 1;', `it exports no function called driver | ${HOW}`],
    [
      'exports a driver that is no function',
      'export const kit = 1; export const driver = { part: "acme-wind" };',
      `what it exports as driver should be a function of the kit | ${HOW}`,
    ],
    [
      'fails when it gets the kit',
      'export const kit = 1;\nexport const driver = ({ crc9 }) => crc9([1]);',
      'its driver(kit) failed: TypeError: crc9 is not a function',
    ],
    [
      'makes nothing',
      'export const kit = 1; export const driver = () => {};',
      'its driver does not fit the kit: it should be',
    ],
    [
      'has a driver of a wrong shape',
      driverFile({ facts: "measures: ['wind', 'wind_speed'], period: { default: '10' }, warmupSeconds: 3," }),
      `its driver does not fit the kit: measures.0 should be a quantity such as air_temperature; period.default should be a duration such as 10s; "period.least" is missing; "warmupSeconds" is not a key of it | ${HOW}`,
    ],
    [
      'has options that are none of the kit',
      driverFile({ facts: 'options: {},' }),
      `its driver does not fit the kit: options should be what the kit's options({ … }) gives | ${HOW}`,
    ],
    [
      'is called as one of the tree',
      driverFile({ facts: "part: 'sht4x'," }),
      'its driver is called "sht4x", as a driver of Dorpel is | give it a name of its own',
    ],
    [
      'has a simulated part of another bus',
      driverFile({ more: 'export const simulation = () => ({ bus: "gpio", spans: {} });' }),
      `its simulation does not fit the kit: bus should be i2c; "build" is missing | ${HOW}`,
    ],
  ];

  it.each(table)('that %s is refused, and nothing else is told of its devices', async (_, text, told) => {
    const [complaint, ...others] = await complaintsOf(configBeside({ 'wind.mjs': text }));
    expect(complaint).toContain(`6:11 drivers.0 | ${told}`);
    expect(others).toEqual([]);
  });

  it('that throws is told with the line of its file', async () => {
    const file = configBeside({ 'wind.mjs': 'export const kit = 1;\nexport const driver = ({ crc9 }) => crc9([1]);' });
    expect((await complaintsOf(file))[0]).toContain('crc9 is not a function (line 2)');
  });

  it('that is not there, or called as another from outside, is told beside what else is wrong', async () => {
    const rest = 'devices:\n  roof: { driver: acme-wind, bus: halls }';
    const file = configBeside({ 'wind.mjs': driverFile(), 'again.mjs': driverFile() }, rest);
    expect(await complaintsOf(file)).toEqual([
      '6:29 drivers.1 | its driver is called "acme-wind", as that of drivers/wind.mjs is | give it a name of its own',
      '8:35 devices.roof.bus | there is no bus called "halls" | did you mean hall?',
    ]);
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'gateway.yaml'), `${BUSES}\ndrivers: [no.mjs, ., 5]\n`);
    const hint = 'put it there, or correct the path; it is relative to this file';
    expect(await complaintsOf(join(directory, 'gateway.yaml'))).toEqual([
      `6:11 drivers.0 | there is no file ${directory}/no.mjs that may be read | ${hint}`,
      `6:19 drivers.1 | there is no file ${directory} that may be read | ${hint}`,
      "6:22 drivers.2 | should be a text, not 5 | in quotes: '5'",
    ]);
  });

  it('that fails with the options that a device has is refused', async () => {
    const facts = "streams: ({ gain }) => (gain === 2 ? undefined.length : ['wind_speed', 'wind_direction']),";
    const complaint = (options: string) =>
      complaintsOf(
        configBeside({ 'wind.mjs': driverFile({ facts }) }, DEVICE.replace(' }', `, options: ${options} }`)),
      );
    expect((await complaint('{ gain: 2 }'))[0]).toMatch(
      /^8:41 devices.roof.options \| acme-wind fails with these options: TypeError: .* \| a bug of the driver/,
    );
    expect((await complaint('{ gain: 3 }'))[0]).toContain('should be a list of what it measures');
  });
});

describe('the drivers of the tree', () => {
  it('are loaded when a device names them, and under the name that they have', async () => {
    expect(drivers.length).toBeGreaterThan(20);
    const file = configBeside({}, 'devices: { air: { driver: sht4x, bus: hall } }');
    expect((await loaded(file)).devices.map(({ driver }) => driver.part)).toEqual(['sht4x']);
  });
});
