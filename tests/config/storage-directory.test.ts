import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storageDirectory } from '../../src/config/storage-directory.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function directoryOf(text: string): string | undefined {
  const folder = temporaryDirectory();
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, text);
  return storageDirectory(file)?.replace(folder, 'HERE');
}

it('is found by the YAML alone, relative to the file', () => {
  expect(directoryOf('storage: { path: data }\ndevices: { nonsense: 1 }\n')).toBe('HERE/data');
  expect(directoryOf('storage:\n  path: "/var/lib/dorpel"\n')).toBe('/var/lib/dorpel');
});

it.each([
  ['it is not said', 'gateway: { id: a }\n'],
  ['another file may say it', 'include: more.yaml\nstorage: { path: data }\n'],
  ['the environment says it', `storage: { path: '\${DATA}' }\n`],
  ['the YAML is broken', 'storage: { path: data\n\tx: }\n'],
])('is left to the whole config where %s', (_what, text) => {
  expect(directoryOf(text)).toBeUndefined();
});

it('is left to the whole config where there is no file', () => {
  expect(storageDirectory('/nonexistent/gateway.yaml')).toBeUndefined();
});
