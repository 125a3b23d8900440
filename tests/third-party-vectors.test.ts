import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { adapters } from './vectors/index.ts';

// Other people's recordings, kept outside the project; DORPEL_VECTORS names any other directory of the same formats.
const root = process.env['DORPEL_VECTORS'] ?? fileURLToPath(new URL('../../shared/vectors', import.meta.url));

describe.skipIf(!existsSync(root))(`third-party vectors in ${root}`, () => {
  for (const set of existsSync(root) ? readdirSync(root).toSorted() : []) {
    const adapter = adapters[set];
    if (!adapter) continue;
    const folder = join(root, set);
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const vectors = adapter({
        name,
        json: JSON.parse(readFileSync(join(folder, name), 'utf8')),
        beside: (other) => readFileSync(join(folder, other)),
      });
      describe(`${set}/${name}`, () => {
        it('holds vectors', () => expect(vectors.length).toBeGreaterThan(0));
        it.each(vectors)('$name', ({ run }) => run());
      });
    }
  }
});
