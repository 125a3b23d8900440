import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { adapters } from './vectors/index.ts';

// Other people's recordings, kept outside the project; DORPEL_VECTORS names any other directory of the same formats.
const named = process.env['DORPEL_VECTORS'];
const root = named ?? fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const sets = existsSync(root) ? readdirSync(root).filter((name) => !/^_|\.md$/.test(name)) : [];
const played = sets.filter((set) => adapters[set]).toSorted();
const others = sets.filter((set) => !adapters[set]).toSorted();

if (sets.length === 0) console.warn(`third-party vectors: skipped, there is no directory ${root}`);
else if (others.length > 0) console.warn(`third-party vectors: skipped, no driver yet for ${others.join(', ')}`);

describe('third-party vectors', () => {
  it('are there where DORPEL_VECTORS names them', () => {
    if (named !== undefined) expect(sets).not.toEqual([]);
  });

  for (const set of played) {
    const folder = join(root, set);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const vectors = adapters[set]?.({
        name,
        json: JSON.parse(readFileSync(join(folder, name), 'utf8')),
        beside: (other) => readFileSync(join(folder, other)),
      });
      describe(`${set}/${name}`, () => {
        it('holds vectors', () => expect(vectors?.length).toBeGreaterThan(0));
        it.each(vectors ?? [])('$name', ({ run }) => run());
      });
    }
  }
});
