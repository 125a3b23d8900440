import { framedParsers } from './framed-parsers.ts';
import { fuzz, type Tally } from './fuzzing.ts';
import { linkParsers } from './link-parsers.ts';
import { p1Parsers } from './p1-parsers.ts';

/** Every parser of frames, and how it is fuzzed with so many byte strings. */
export const parsers: readonly { readonly name: string; run(strings: number): Promise<Tally> }[] = [
  ...p1Parsers.map((parser) => ({ name: parser.name, run: (strings: number) => fuzz(parser, strings) })),
  ...[...linkParsers, ...framedParsers].map((parser) => ({
    name: parser.name,
    run: (strings: number) => fuzz(parser, strings),
  })),
];
