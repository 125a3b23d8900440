import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Child } from '../support/child.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { addDriver } from './add-driver.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the project's register alone, or of all that is needed to build and test a driver. */
function copy(...folders: readonly string[]): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'drivers'));
  for (const path of ['drivers/index.ts', ...folders]) {
    cpSync(join(root, path), join(directory, path), { recursive: true });
  }
  return directory;
}

describe('npm run new-driver', () => {
  it('puts the driver into the register, in its place', () => {
    const directory = copy();
    const names = () => {
      const text = readFileSync(join(directory, 'drivers/index.ts'), 'utf8');
      return [...text.matchAll(/^ {2}'?([a-z0-9-]+)'?: \[/gm)].map(([, name]) => name);
    };
    const before = names();
    for (const name of ['aaa', 'pir2', 'zzz']) addDriver(directory, name);
    expect(names()).toEqual([...before, 'aaa', 'pir2', 'zzz'].toSorted());
    expect(readdirSync(join(directory, 'drivers/pir2')).toSorted()).toEqual([
      'README.md',
      'pir2.sim.ts',
      'pir2.ts',
      'vectors.yaml',
    ]);
  });

  it.each(['', 'Wind', 'wind_1', '-wind', 'wind-', '../wind', '4wind', 'w'.repeat(41)])(
    'refuses the name "%s", and writes nothing',
    (name) => {
      const directory = copy();
      expect(() => addDriver(directory, name)).toThrow(`"${name}" cannot be a driver's name`);
      expect(readdirSync(join(directory, 'drivers'))).toEqual(['index.ts']);
    },
  );

  it('refuses a name that is taken', () => {
    const directory = copy();
    expect(() => addDriver(directory, 'sht4x')).toThrow('there is a driver called sht4x already');
    addDriver(directory, 'acme-wind');
    expect(() => addDriver(directory, 'acme-wind')).toThrow('there is a driver called acme-wind already');
  });

  it('makes drivers that build, pass the generic tests and are in good style as they stand', {
    timeout: 180_000,
  }, async () => {
    const tests = ['tests/drivers.test.ts', 'tests/simulated-parts.test.ts'];
    const directory = copy(
      'drivers',
      'src',
      'tests',
      'deploy',
      'config',
      'package.json',
      'tsconfig.json',
      'biome.json',
    );
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const names = ['acme-wind', 'acme-wind-and-rain-gauge'];
    for (const name of names) addDriver(directory, name);
    const run = async (tool: string, ...args: readonly string[]) => {
      const child = new Child(join(root, 'node_modules/.bin', tool), args, { cwd: directory });
      return { exit: await child.exit, output: child.output };
    };
    const style = run('biome', 'check', '--error-on-warnings', '--vcs-enabled=false', 'drivers');
    const build = run('tsc', '--noEmit', '--incremental', 'false', '--project', 'tsconfig.json');
    const tested = run('vitest', 'run', ...tests, '-t', 'acme-wind');
    expect(await style).toMatchObject({ exit: 0 });
    expect(await build).toEqual({ exit: 0, output: '' });
    const { exit, output } = await tested;
    expect(output).toMatch(/Tests .*18 passed/);
    expect(exit).toBe(0);
  });
});
