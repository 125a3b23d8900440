import * as v from 'valibot';
import { suggestion } from './hints.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import { branches, helpOf, isSecretFile, keysOf, requiredKeys, type Shape, shapeAt, wordsAt } from './shape.ts';
import type { Path, Source } from './source.ts';

/** The output of a schema, or every problem in words. */
export interface Checked<T> {
  readonly output?: T;
  readonly problems: readonly Problem[];
  /** Where the problems stand; `isExtra`: a key that nobody knows, and that does no harm when it is taken out. */
  readonly wrong: readonly { readonly path: Path; readonly isExtra: boolean }[];
}

/** Checks `value`, which stands at `base` in the source, with a schema. */
export function checked<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  { source, base = [] }: { source: Source; base?: Path },
): Checked<v.InferOutput<S>> {
  const { result, extra } = parsedBeside(schema, value);
  const lists = listsIn(value, schema);
  if (result.success && lists.length + extra.length === 0) return { output: result.output, problems: [], wrong: [] };
  const isBelow = (path: Path) => lists.some((list) => list.every((key, depth) => path[depth] === key));
  const issues = [...extra, ...(result.issues ?? [])].filter((issue) => !isBelow(pathOf(issue)));
  return {
    problems: [
      ...lists.map((path) => source.at([...base, ...path], 'should be keys with values, not a list', LIST_HINT)),
      ...issues.map((issue) => problemOf(issue, schema, source, base)),
    ],
    wrong: [
      ...lists.map((path) => ({ path: [...base, ...path], isExtra: false })),
      ...issues.map((issue) => ({ path: [...base, ...pathOf(issue)], isExtra: isExtra(issue) })),
    ],
  };
}

/** Parses what is left when the keys that nobody knows are taken out: valibot tells of one only in each object. */
function parsedBeside<S extends v.GenericSchema>(schema: S, value: unknown) {
  const extra: Issue[] = [];
  let rest = value;
  for (;;) {
    // One field, one complaint: what is not a number needs not be told that it is too small.
    const result = v.safeParse(schema, rest, { abortPipeEarly: true });
    const found = (result.issues ?? []).filter(isExtra);
    if (found.length === 0) return { result, extra };
    extra.push(...found);
    rest = structuredClone(rest);
    for (const issue of found) remove(rest, pathOf(issue));
  }
}

/** Takes what stands at a path out of a value. */
export function remove(from: unknown, [key = '', ...deeper]: Path): void {
  if (typeof from !== 'object' || from === null) return;
  if (deeper.length === 0) Reflect.deleteProperty(from, key);
  else remove((from as Record<string, unknown>)[key], deeper);
}

const LIST_HINT = 'write "name:" where "-" stands, and what belongs to it below';

/** Lists where keys should be: valibot takes a list for an object with the keys 0, 1, 2 … */
function listsIn(value: unknown, shape: Shape | undefined, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || !shape) return [];
  // What a driver's options may be, the file's schema does not know.
  if (Array.isArray(value)) return ['array', 'unknown', 'union'].includes(branches(shape)[0]?.type ?? '') ? [] : [path];
  return Object.entries(value).flatMap(([key, inside]) => listsIn(inside, shapeAt(shape, [key]), [...path, key]));
}

type Issue = v.BaseIssue<unknown>;

function pathOf(issue: Issue): (string | number)[] {
  return (issue.path ?? []).map(({ key }) => key as string | number);
}

function isExtra(issue: Issue): boolean {
  return issue.expected === 'never';
}

function problemOf(issue: Issue, schema: Shape, source: Source, base: Path): Problem {
  const path = pathOf(issue);
  const whole = [...base, ...path];
  const key = String(path.at(-1) ?? '');
  const shape = shapeAt(schema, path);
  const around = shapeAt(schema, path.slice(0, -1)) ?? schema;
  const help = shape && helpOf(shape);
  if (isExtra(issue)) return unknownKey(key, keysOf(around), (...words) => source.atKey(whole, ...words));
  if (issue.received === 'undefined') {
    return source.atKey(whole.slice(0, -1), `"${key}" is missing`, `${key}: ${help ?? wanted(issue)}`);
  }
  if (issue.path?.at(-1)?.origin === 'key') {
    const rule = branches(around)[0]?.key;
    return source.atKey(whole, `"${key}" should be ${wanted(issue)}`, rule && suggestion(key, rule, []));
  }
  if (issue.input === null) {
    const required = shape ? requiredKeys(shape) : [];
    const hint = required.length > 0 ? `it needs ${required.join(', ')}` : `${key}: ${help ?? wanted(issue)}`;
    return source.atKey(whole, `nothing stands behind "${key}:"`, hint);
  }
  return source.at(
    whole,
    ...wrongValue(issue, { shape, words: wordsAt(around, key), isFilledIn: source.isFilledIn(whole) }),
  );
}

interface Place {
  readonly shape: Shape | undefined;
  /** Those that may stand there, where only a few may. */
  readonly words: readonly string[];
  readonly isFilledIn: boolean;
}

/** What is wrong with a value, and what would be right. What may be a secret is not told, nor anything like it. */
function wrongValue(issue: Issue, { shape, words, isFilledIn }: Place): [message: string, hint: string | undefined] {
  const { input } = issue;
  const help = shape && helpOf(shape);
  if (isFilledIn) return [`should be ${wanted(issue)}, and what the environment gives is not`, help];
  if (shape && isSecretFile(shape)) return [`should be ${wanted(issue)}, and what stands here is not`, help];
  // What is right by itself, and wrong only beside the rest, needs no other word.
  const isRight = shape !== undefined && v.is(shape, input);
  const meant = shape && !isRight ? suggestion(input, shape, words) : undefined;
  return [`should be ${wanted(issue)}, not ${given(issue)}`, meant ?? help];
}

function unknownKey(key: string, known: readonly string[], tell: (message: string, hint: string) => Problem): Problem {
  const list = known.length > 0 ? `known here: ${known.join(', ')}` : 'remove it';
  return tell(`"${key}" is not a key here`, didYouMean(key, known) ?? list);
}

/** What the schema wants: its message where it has one of ours, else the kind of value. */
function wanted({ message, expected }: Issue): string {
  if (!message.startsWith('Invalid')) return message;
  return KINDS[expected ?? ''] ?? String(expected);
}

const KINDS: Readonly<Record<string, string>> = { Object: 'keys with values', Array: 'a list', string: 'a text' };

function given({ input }: Issue): string {
  if (Array.isArray(input)) return `a list of ${input.length}`;
  if (typeof input === 'object') return 'keys with values';
  return typeof input === 'string' ? JSON.stringify(input) : String(input);
}
