import { createInterface } from 'node:readline/promises';
import type { Context } from './command.ts';
import { wrapped } from './wrapped.ts';

/** One question of `dorpel init`, and its option on the command line. */
export interface Question {
  readonly key: Key;
  readonly asks: string;
  readonly isRequired: boolean;
}

/** What may be asked. */
export type Key = 'id' | 'owner' | 'latitude' | 'longitude' | 'contact' | 'url';

/** Answers as they were typed; what was left empty is not there. */
export type Answers = { readonly [K in Key]?: string };

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  { key: 'id', asks: 'The name of this gateway', isRequired: true },
  { key: 'owner', asks: 'Who answers for it, the municipality', isRequired: true },
  { key: 'latitude', asks: 'Where it stands, degrees north (empty: not told)', isRequired: false },
  { key: 'longitude', asks: 'Degrees east (empty: not told)', isRequired: false },
  { key: 'contact', asks: 'Where residents can ask, an address or a page (empty: none)', isRequired: false },
  { key: 'url', asks: 'The platform, as mqtts://host:8883 (empty: none yet)', isRequired: false },
];

/** Says what is wrong with an answer; undefined where it is right. */
export type Check = (key: Key, answer: string) => Promise<string | undefined>;

/**
 * Asks on the terminal for what is not `given`, again where an answer is wrong. Undefined where whoever is asked leaves
 * (Ctrl-C, Ctrl-D).
 */
export async function answersTo(
  given: Answers,
  { check, defaults }: { readonly check: Check; readonly defaults: Answers },
  { stdin, stderr, stop }: Pick<Context, 'stdin' | 'stderr' | 'stop'>,
): Promise<Answers | undefined> {
  const terminal = createInterface({ input: stdin, output: stderr });
  const left = new AbortController();
  terminal.once('close', () => left.abort());
  const signal = AbortSignal.any([stop, left.signal]);
  const answers: Partial<Record<Key, string>> = { ...given };
  try {
    for (const { key, asks, isRequired } of QUESTIONS) {
      while (answers[key] === undefined) {
        const byDefault = defaults[key];
        const question = `${asks}${byDefault === undefined ? '' : ` [${byDefault}]`}: `;
        const answer = (await terminal.question(question, { signal })).trim() || byDefault;
        if (answer === undefined && !isRequired) break;
        const wrong = answer === undefined ? 'this is needed' : await check(key, answer);
        if (wrong === undefined && answer !== undefined) answers[key] = answer;
        else stderr.write(wrapped(`${wrong}`));
      }
    }
    return answers;
  } catch (cause) {
    if ((cause as Error).name !== 'AbortError') throw cause;
    stderr.write('\n');
    return undefined;
  } finally {
    terminal.close();
  }
}
