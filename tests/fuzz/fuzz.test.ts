import { describe, expect, it } from 'vitest';
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.ts';
import { parsers } from './parsers.ts';

describe('random and harmed byte strings', () => {
  it.each(parsers)(
    '$name: no crash, no value without a right checksum, at itself again by the second good frame',
    async ({ run }) => {
      const { strings, heard } = await run(fuzzRuns);
      expect(strings).toBe(fuzzRuns);
      expect(heard, 'frames that came through').toBeGreaterThanOrEqual(strings);
    },
    fuzzTimeoutMs,
  );
});
