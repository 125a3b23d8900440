import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { tar } from '../../src/bundle/tar.ts';

const AT = Date.UTC(2026, 10, 24, 12);

/** Debian's own tar, which every machine that builds this has. */
function listed(archive: Buffer, ...args: readonly string[]): string {
  return execFileSync('tar', [...args, '-f', '-'], {
    input: archive,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
}

it('an archive is read by tar as it was written', () => {
  const long = 'é'.repeat(5000);
  const archive = tar(
    [
      { name: 'a/empty', content: '' },
      { name: 'a/exact', content: 'x'.repeat(512) },
      { name: `a/${'n'.repeat(98)}`, content: long },
    ],
    AT,
  );
  expect(archive.length % 512).toBe(0);
  expect(listed(archive, '-tv').split('\n')[1]).toMatch(/^-rw------- 0\/0 +512 2026-11-24 12:00 a\/exact$/);
  expect(listed(archive, '-xO', 'a/exact')).toBe('x'.repeat(512));
  expect(listed(archive, '-xO', `a/${'n'.repeat(98)}`)).toBe(long);
});

it('a name that does not fit is not cut', () => {
  expect(() => tar([{ name: 'n'.repeat(101), content: '' }], AT)).toThrow('too long for an archive');
});
