import { describe, expect, it } from 'vitest';
import { directory, filesIn, namedDirectory } from './vectors/sets.ts';

const files = filesIn(directory);

if (files.length === 0) console.warn(`third-party vectors: skipped, there is no directory ${directory}`);
for (const { name, skipped } of files) {
  for (const reason of skipped) console.warn(`third-party vectors: skipped ${name}: ${reason}`);
}

it('third-party vectors are there where DORPEL_VECTORS names them', () => {
  if (namedDirectory !== undefined) expect(files).not.toEqual([]);
});

// `npm run test:vectors` makes its table of these names.
for (const { name, vectors, skipped } of files) {
  describe(name, () => {
    for (const vector of vectors) it(vector.name, () => vector.run());
    for (const reason of skipped) it.skip(reason);
  });
}
