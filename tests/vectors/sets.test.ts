import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
import { filesIn } from './sets.ts';

/** What is made of a directory with these files. */
function playedIn(files: Readonly<Record<string, string>>) {
  const root = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return filesIn(root);
}

const outcomes = async ({ vectors }: ReturnType<typeof filesIn>[number]) =>
  Promise.all(
    vectors.map(async ({ name, run }) => {
      const error = await Promise.resolve()
        .then(run)
        .catch(({ message }: Error) => message);
      return `${name}: ${error ?? 'passed'}`;
    }),
  );

// 1000 ppm: 3, e8; the checksum makes the sum of all but the first 0.
const SET = { vectors: [{ id: 'fresh', bytes: 'ff8603e8000000008f', expected: { co2: 1000 } }] };

describe('a directory of vectors', () => {
  it('is played set by set, and a wrong value names its vector', async () => {
    const wrong = { vectors: [{ ...SET.vectors[0], expected: { co2: 1001 } }] };
    const [right, other] = playedIn({ 'mhz19/a.json': JSON.stringify(SET), 'mhz19/b.json': JSON.stringify(wrong) });
    if (!right || !other) throw new Error('two files');
    expect(await outcomes(right)).toContain('fresh: passed');
    expect(other.name).toBe('mhz19/b.json');
    expect((await outcomes(other))[0]).toMatch(/^fresh: expected 1000 to be 1001/);
  });

  it('says what in it nobody plays, and why', () => {
    const files = playedIn({
      'README.md': 'words',
      '_licences/a.txt': 'words',
      'mhz19/a.json': JSON.stringify({ ...SET, strange: [1, 2] }),
      'mhz19/alone.txt': 'ff86',
      'newpart/a.json': '{}',
    });
    expect(files.map(({ name, skipped }) => [name, ...skipped])).toEqual([
      ['mhz19/a.json', '"strange" (2): the adapter does not know this key'],
      ['mhz19/alone.txt', 'no .json says what must come of it'],
      ['newpart', 'no adapter plays this set; tests/vectors/index.ts has those there are'],
    ]);
  });

  it('fails where a file is of no form that is known', async () => {
    const files = playedIn({ 'mhz19/a.json': 'ff86', 'mhz19/b.json': '{"frames": []}', 'sds011/c.json': '{"foo": 1}' });
    const said = (await Promise.all(files.map(outcomes))).flat();
    expect(said).toEqual([
      expect.stringContaining('it is no JSON with keys'),
      expect.stringContaining('nothing in it is known here; its keys are frames'),
      expect.stringMatching(/it is not as the adapter knows it .*; its keys are foo$/),
    ]);
  });
});
