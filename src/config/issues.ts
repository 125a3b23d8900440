import * as v from 'valibot';
import { suggestion } from './hints.ts';
import { didYouMean } from './nearest.ts';
import type { Problem } from './problem.ts';
import { branches, helpOf, keysOf, requiredKeys, type Shape, shapeAt } from './shape.ts';
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
  // One field, one complaint: what is not a number needs not be told that it is too small.
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return { output: result.output, problems: [], wrong: [] };
  return {
    problems: result.issues.map((issue) => problemOf(issue, schema, source, base)),
    wrong: result.issues.map((issue) => ({ path: [...base, ...pathOf(issue)], isExtra: isExtra(issue) })),
  };
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
  if (isExtra(issue)) {
    const known = keysOf(around);
    const hint = didYouMean(key, known) ?? (known.length > 0 ? `known here: ${known.join(', ')}` : 'remove this line');
    return source.atKey(whole, `"${key}" is not a key here`, hint);
  }
  if (issue.path?.at(-1)?.origin === 'key') {
    const rule = branches(around)[0]?.key;
    return source.atKey(whole, `"${key}" should be ${wanted(issue)}`, rule && suggestion(key, rule));
  }
  if (issue.input === undefined) {
    const help = shape && helpOf(shape);
    return source.at(whole.slice(0, -1), `"${key}" is missing`, `${key}: ${help ?? wanted(issue)}`);
  }
  if (issue.input === null) return source.atKey(whole, `nothing stands behind "${key}:"`, needed(issue, shape));
  return source.at(whole, `should be ${wanted(issue)}, not ${given(issue)}`, shape && suggestion(issue.input, shape));
}

function needed(issue: Issue, shape: Shape | undefined): string {
  const required = shape ? requiredKeys(shape) : [];
  return required.length > 0 ? `it needs ${required.join(', ')}` : `write ${wanted(issue)}, or remove the line`;
}

/** What the schema wants: its message where it has one of ours, else the kind of value. */
function wanted({ message, expected }: Issue): string {
  if (!message.startsWith('Invalid')) return message;
  return KINDS[expected ?? ''] ?? String(expected);
}

function given({ input, received }: Issue): string {
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'keys with values' : received;
}

const KINDS: Readonly<Record<string, string>> = { Object: 'keys with values', Array: 'a list', string: 'a text' };
