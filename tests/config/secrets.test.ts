import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
});
