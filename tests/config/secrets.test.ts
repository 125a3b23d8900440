import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, shown } from '../../src/config/problem.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { complaints, GATEWAY, parsed } from './told.ts';

const KEY = '0F1e2d3c4b5a69788796a5b4c3d2e1f0';

const meter = (directory: string, keyFile: string) =>
  parsed(
    `${GATEWAY}\nbuses:\n  line: { kind: serial, path: /dev/ttyUSB0 }\ndevices:\n  meter: { driver: dsmr-p1, bus: line, options: { keyFile: ${keyFile} } }\n`,
    join(directory, 'gateway.yaml'),
  );

describe('a secret of a driver', () => {
  it('is what its file holds, beside the config', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'p1.key'), `${KEY}\n`);
    expect(meter(directory, 'p1.key').devices[0]?.options).toMatchObject({ keyFile: KEY });
  });

  it('is told as missing where there is no such file', () => {
    const directory = temporaryDirectory();
    expect(complaints(() => meter(directory, 'p1.key'))).toEqual([
      `5:60 devices.meter.options.keyFile | there is no file ${join(directory, 'p1.key')} that may be read | put it there, or correct the path; it is relative to this file`,
    ]);
  });

  it('is never shown, though its file holds something else, or the key stands where the file should', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'p1.key'), KEY.slice(0, 30));
    const [told = ''] = complaints(() => meter(directory, 'p1.key'));
    expect(told).toContain('p1.key should be a file that holds 32 hexadecimal digits');
    expect(told).not.toContain(KEY.slice(0, 30));
  });

  it.each([
    ['a key', 'meter: { driver: dsmr-p1, bus: line, options: { keyFile: 0a1b2c3d4e5f60718293a4b5c6d7e8f9 } }'],
    ['a key that YAML reads as a number', 'meter: { driver: dsmr-p1, bus: line, options: { keyFile: 0123456789 } }'],
    ['a password', 'city: { url: mqtts://host, passwordFile: "0a1b2c3d4e" }'],
    ['a password that YAML reads as a number', 'city: { url: mqtts://host, passwordFile: 0123456789 }'],
  ])('is never shown where %s stands in the place of its file', (_, thing) => {
    const section = thing.startsWith('city') ? 'uplinks' : 'devices';
    const text = `${GATEWAY}\nbuses: { line: { kind: serial, path: /dev/ttyUSB0 } }\n${section}:\n  ${thing}\n`;
    try {
      parsed(text);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      expect(cause.problems).toHaveLength(1);
      const told = `${cause.problems.map(shown).join('\n')}${cause.message}`;
      expect(told).not.toMatch(/123456|0a1b2c/);
      return;
    }
    expect.unreachable('it was taken');
  });
});
