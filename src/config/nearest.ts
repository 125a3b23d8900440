/** The word most like `given`, if one is like it enough to be what was meant; else one that begins or ends with it. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const wanted = given.toLowerCase();
  const ranked = words
    .map((word) => ({ word, distance: distance(wanted, word.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance < given.length && best.distance <= Math.max(1, given.length / 3)) return best.word;
  const parts = ranked.filter(({ word }) => wanted.length >= 3 && holds(word.toLowerCase(), wanted));
  return parts[0]?.word;
}

function holds(word: string, given: string): boolean {
  return word.startsWith(given) || word.endsWith(given);
}

/** Edits (insert, delete, replace) between two words, after Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of Array.from(a).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** "did you mean …?", if one of `words` is near enough. */
export function didYouMean(given: string, words: readonly string[]): string | undefined {
  const meant = nearest(given, words);
  return meant && `did you mean ${meant}?`;
}
