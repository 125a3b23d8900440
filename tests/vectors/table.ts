/**
 * `npm run test:vectors`, or `npm run test:vectors -- DIR`: plays third-party vectors through the drivers and prints a
 * table: set, vectors, passed, failed, skipped; then each failure and each reason. Exit code 1 if one failed, 2 if there
 * are none.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { startVitest, type TestCase } from 'vitest/node';

const [given] = process.argv.slice(2);
if (given !== undefined) process.env['DORPEL_VECTORS'] = resolve(given);
if (given !== undefined && !existsSync(given)) {
  process.stderr.write(`there is no directory ${given}\n`);
  process.exit(2);
}

interface Row {
  passed: number;
  failed: number;
  skipped: number;
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const row = (name: string, cells: readonly (string | number)[]) =>
  print(name.padEnd(24) + cells.map((cell) => String(cell).padStart(9)).join(''));

/** The file that the test belongs to, as `set/file`; undefined for a test of the tests. */
function fileOf({ parent }: TestCase): string | undefined {
  return parent.type === 'suite' ? parent.name : undefined;
}

const rows = new Map<string, Row>();
const words: string[] = [];

function count(test: TestCase, file: string): void {
  const [set = ''] = file.split('/');
  const sums = rows.get(set) ?? { passed: 0, failed: 0, skipped: 0 };
  rows.set(set, sums);
  const { state, errors = [] } = test.result();
  if (state === 'passed') sums.passed += 1;
  else if (state === 'failed') {
    sums.failed += 1;
    words.push(`FAILED ${file}: ${test.name}`, ...errors.map(({ message }) => `  ${message.replaceAll('\n', '\n  ')}`));
  } else {
    sums.skipped += 1;
    words.push(`skipped ${file}: ${test.name}`);
  }
}

const vitest = await startVitest('test', ['tests/third-party-vectors.test.ts'], {
  watch: false,
  silent: true,
  reporters: [{}],
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
for (const test of tests) {
  const file = fileOf(test);
  if (file !== undefined) count(test, file);
}
const brokenModules = vitest.state.getTestModules().flatMap((module) => module.errors());
await vitest.close();

row('set', ['vectors', 'passed', 'failed', 'skipped']);
for (const [set, { passed, failed, skipped }] of rows) row(set, [passed + failed, passed, failed, skipped]);
const all = [...rows.values()].reduce((sum, { passed, failed }) => sum + passed + failed, 0);
const failed = [...rows.values()].reduce((sum, row) => sum + row.failed, 0);
row('all', [all, all - failed, failed, [...rows.values()].reduce((sum, row) => sum + row.skipped, 0)]);
for (const line of words) print(line);
for (const { message } of brokenModules) print(message);
if (all === 0) print('there are no vectors: name a directory, as the README beside the vectors describes them');
process.exitCode = failed > 0 || brokenModules.length > 0 ? 1 : all === 0 ? 2 : 0;
