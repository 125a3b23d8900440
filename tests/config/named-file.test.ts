import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isFile } from '../../src/config/named-file.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { GATEWAY, parsed } from './told.ts';

const KEY = '0F1e2d3c4b5a69788796a5b4c3d2e1f0';
const CONFIG = `${GATEWAY}
buses: { line: { kind: serial, path: /dev/ttyUSB0 } }
devices: { meter: { driver: dsmr-p1, bus: line, options: { keyFile: keys/p1.key } } }
uplinks: { city: { url: 'mqtts://platform.example', certificateFile: keys/gw.crt, keyFile: keys/gw.key } }
`;

/** A config's directory without its keys, and a directory of copies as systemd makes it. */
function places() {
  const [directory, copies] = [temporaryDirectory(), temporaryDirectory()];
  for (const name of ['p1.key', 'gw.crt', 'gw.key']) writeFileSync(join(copies, `keys_${name}`), KEY);
  return { file: join(directory, 'gateway.yaml'), directory, copies };
}

afterEach(() => {
  delete process.env['CREDENTIALS_DIRECTORY'];
});

describe('the files that a config names', () => {
  it('are read where systemd has put copies of them, under the names that it gives them', () => {
    const { file, copies } = places();
    process.env['CREDENTIALS_DIRECTORY'] = copies;
    const { devices, uplinks } = parsed(CONFIG, file);
    expect(devices[0]?.options).toMatchObject({ keyFile: KEY });
    expect(uplinks[0]).toMatchObject({
      certificateFile: join(copies, 'keys_gw.crt'),
      keyFile: join(copies, 'keys_gw.key'),
    });
  });

  it('are read where they lie, where systemd has no copy of them', () => {
    const { file, directory } = places();
    process.env['CREDENTIALS_DIRECTORY'] = temporaryDirectory();
    mkdirSync(join(directory, 'keys'));
    for (const name of ['p1.key', 'gw.crt', 'gw.key']) writeFileSync(join(directory, 'keys', name), KEY);
    expect(parsed(CONFIG, file).uplinks[0]).toMatchObject({ keyFile: join(directory, 'keys/gw.key') });
  });

  it('are not there below what is no folder', () => {
    expect(isFile('/dev/null/gw.key')).toBe(false);
  });
});
