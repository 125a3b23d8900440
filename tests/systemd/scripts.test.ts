import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWith } from '../support/programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The scripts of a folder that are the shell's. */
function scriptsIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

describeWith(['shellcheck', 'perl'], 'the scripts of the package', () => {
  it.each([
    ...scriptsIn('systemd', /^reboot-if-wedged$/),
    ...scriptsIn('deploy/package', /\.sh$|^(postinst|prerm|postrm)$/),
    ...scriptsIn('tests/package', /\.sh$/),
  ])('%s is without fault by shellcheck', (script) => {
    expect(spawnSync('shellcheck', [script], { cwd: root, encoding: 'utf8' }).stdout).toBe('');
  });

  it('systemd/notified is Perl', () => {
    const { status, stderr } = spawnSync('perl', ['-c', 'systemd/notified'], { cwd: root, encoding: 'utf8' });
    expect(stderr).toMatch(/syntax OK/);
    expect(status).toBe(0);
  });
});
