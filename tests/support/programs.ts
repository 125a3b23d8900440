import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Debian's Python, for which Debian's packages are installed. */
export const PYTHON = '/usr/bin/python3';

// Debian keeps daemons in a directory that is not on every user's path.
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];

const isOnPath = (name: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, name)));

/** The real programs that tests run, and how each is looked for. */
const PROGRAMS = {
  mosquitto: () => isOnPath('mosquitto') && isOnPath('mosquitto_passwd'),
  mosquitto_sub: () => isOnPath('mosquitto_sub'),
  socat: () => isOnPath('socat'),
  openssl: () => isOnPath('openssl'),
  npm: () => isOnPath('npm'),
  pymodbus: () => spawnSync(PYTHON, ['-c', 'import pymodbus.server']).status === 0,
} as const;

export type Program = keyof typeof PROGRAMS;

/** The full path of a program that is there. */
export function pathOf(name: string): string {
  const folder = FOLDERS.find((candidate) => existsSync(join(candidate, name)));
  return folder === undefined ? name : join(folder, name);
}

/**
 * Tests that need real programs. Where some are missing the tests are skipped, which is said; with
 * DORPEL_REQUIRE_PROGRAMS=1, as in continuous integration, that fails.
 */
export function describeWith(needed: readonly Program[], title: string, tests: () => void): void {
  const missing = needed.filter((name) => !PROGRAMS[name]());
  if (missing.length === 0) {
    describe(title, tests);
  } else if (process.env['DORPEL_REQUIRE_PROGRAMS'] === '1') {
    describe(title, () => {
      it('finds the programs that it needs', () => expect(missing, 'missing programs').toEqual([]));
    });
  } else {
    const why = `skipped, not installed here: ${missing.join(', ')}`;
    console.warn(`${title}: ${why}`);
    describe.skip(`${title} (${why})`, tests);
  }
}
