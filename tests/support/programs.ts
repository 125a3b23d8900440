import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Debian's Python, for which Debian's packages are installed. */
export const PYTHON = '/usr/bin/python3';

// Debian keeps daemons in a directory that is not on every user's path.
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];

const isOnPath = (name: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, name)));

function isMountable(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'dorpel-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status === 0;
  if (isMounted) spawnSync('umount', [place]);
  rmdirSync(place);
  return isMounted;
}

/** What makes a program believe another time; Debian's faketime brings it, in the folder of the machine's make. */
export function falseTimeLibrary(): string | undefined {
  const folders = ['', ...readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'))];
  return folders
    .map((name) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
}

/** The real programs that tests run, and how each is looked for. */
const PROGRAMS = {
  mosquitto: () => isOnPath('mosquitto') && isOnPath('mosquitto_passwd'),
  mosquitto_sub: () => isOnPath('mosquitto_sub'),
  socat: () => isOnPath('socat'),
  strace: () => isOnPath('strace'),
  openssl: () => isOnPath('openssl'),
  shellcheck: () => isOnPath('shellcheck'),
  npm: () => isOnPath('npm'),
  tmux: () => isOnPath('tmux'),
  // A small container may have a man that only says that there are no pages.
  man: () => spawnSync('man', ['-l', '-'], { input: '.TH A 1\n.SH NAME\na \\- b\n' }).stdout?.includes('NAME') ?? false,
  perl: () => existsSync('/usr/bin/perl'),
  python3: () => existsSync(PYTHON),
  faketime: () => falseTimeLibrary() !== undefined,
  // Not programs, but to be found or not as they are: file systems of a test's own, which take root to mount.
  tmpfs: () => isMountable(),
  ext4: () => isOnPath('mkfs.ext4') && existsSync('/dev/loop-control') && isMountable(),
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
