import fc from 'fast-check';
import type { FuzzedParser } from './parser.ts';
import { piecesOf, streamsOf } from './streams.ts';

/** What a run came to. */
export interface Tally {
  /** Byte strings that were tried. */
  readonly strings: number;
  /** Frames that were heard in them. */
  readonly heard: number;
  /** Strings in which chance had made a frame, checksum and all, that reaches into the last one: nobody could tell. */
  readonly hidden: number;
}

/**
 * Lets the parser hear `runs` byte strings, each followed by two good frames. Throws, with the seed and the smallest
 * string that shows it, where it crashes, believes what does not stand there with a right checksum, depends on where the
 * line cuts, or has not come to itself by the second good frame.
 */
export async function fuzz<T>(parser: FuzzedParser<T>, runs: number): Promise<Tally> {
  const tally = { strings: 0, heard: 0, hidden: 0 };
  const property = fc.asyncProperty(streamsOf(parser.frame, parser.special), async ([noise, cuts]) => {
    const stream = Buffer.concat([noise, ...parser.last]);
    const heard = await parser.hear(piecesOf(stream, cuts));
    const isHidden = judge(parser, stream, heard);
    tally.strings += 1;
    tally.heard += heard.length;
    tally.hidden += isHidden ? 1 : 0;
    // Who is asked may take the first answer for its own: what comes with it in one piece is not heard at all.
    if (parser.limitBytes !== undefined) return;
    const whole = shown(await parser.hear([stream]));
    if (whole !== shown(heard)) throw new Error(`heard ${whole} in one piece, ${shown(heard)} in several`);
  });
  await fc.assert(property, { numRuns: runs });
  return tally;
}

const shown = (heard: unknown) => JSON.stringify(heard);

/** Throws where something else was heard than stands there; true if chance has hidden the last frame. */
function judge<T>(parser: FuzzedParser<T>, stream: Uint8Array, heard: readonly T[]): boolean {
  const { isSame = (one: T, other: T) => shown(one) === shown(other) } = parser;
  const sound = parser.soundIn(stream);
  const stands = (one: T) => sound.some(({ says }) => isSame(one, says));
  const untrue = heard.find((one) => !stands(one));
  if (untrue !== undefined) throw new Error(`heard ${shown(untrue)}, which does not stand there with its checksum`);
  if (heard.length > sound.length) throw new Error(`heard ${heard.length} frames of ${sound.length}`);
  const lastAt = stream.length - parser.last[1].length;
  if (parser.limitBytes !== undefined) {
    if (heard.length === 0 && lastAt < parser.limitBytes) throw new Error('the good answers were not heard');
    return heard.length === 0;
  }
  const last = sound.find(({ from }) => from === lastAt);
  if (!last) throw new Error('the last frame is no frame: the test is wrong');
  const told = heard.at(-1);
  if (told !== undefined && isSame(told, last.says)) return false;
  const reaching = sound.filter(({ from, to }) => from < lastAt && to > lastAt);
  if (reaching.some(({ says }) => heard.some((one) => isSame(one, says)))) return true;
  throw new Error('it has not come to itself by the second good frame');
}
