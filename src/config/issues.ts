import * as v from 'valibot';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import type { Path, Source } from './source.ts';

/** Checks `value`, which stands at `base` in the source, with a schema: its output, or every problem in words. */
export function checked<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  { source, base = [] }: { source: Source; base?: Path },
): { readonly output?: v.InferOutput<S>; readonly problems: readonly Problem[] } {
  const result = v.safeParse(schema, value);
  if (result.success) return { output: result.output, problems: [] };
  return { problems: result.issues.flatMap(leaves).map((issue) => problemOf(issue, schema, source, base)) };
}

type Issue = v.BaseIssue<unknown>;

/** A union reports its branches' issues inside its own. */
function leaves(issue: Issue): Issue[] {
  return [issue];
}

function problemOf(issue: Issue, schema: v.GenericSchema, source: Source, base: Path): Problem {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const whole = [...base, ...path];
  const key = String(path.at(-1) ?? '');
  if (issue.expected === 'never') {
    const known = keysOf(at(schema, path.slice(0, -1)));
    const meant = nearest(key, known);
    const hint = meant ? `did you mean ${meant}?` : known.length > 0 ? `known here: ${known.join(', ')}` : undefined;
    return source.atKey(whole, `"${key}" is not a key here`, hint);
  }
  if (issue.path?.at(-1)?.origin === 'key') {
    const words = wordsOf(issue);
    const meant = nearest(key, words);
    const hint = meant ? `did you mean ${meant}?` : undefined;
    const message = issue.type === 'picklist' ? `"${key}" is not known here` : `"${key}" should be ${issue.message}`;
    return source.atKey(whole, message, hint);
  }
  if (issue.received === 'undefined') {
    const help = v.getDescription(schemaOf(at(schema, path)));
    return source.atKey(whole.slice(0, -1), `"${key}" is missing`, help && `${key}: ${help}`);
  }
  return source.at(whole, told(issue), hintFor(issue));
}

function told(issue: Issue): string {
  const given = issue.received;
  switch (issue.type) {
    case 'picklist':
      return `${given} is none of ${wordsOf(issue).join(', ')}`;
    case 'min_value':
    case 'max_value':
      return issue.message.startsWith('Invalid')
        ? `${given} should be ${issue.expected}`
        : `should be ${issue.message}`;
    case 'regex':
    case 'starts_with':
    case 'variant':
      return issue.message.startsWith('Invalid') ? `${given} does not fit` : `should be ${issue.message}, not ${given}`;
    default:
      return `should be ${issue.expected ?? issue.message}, not ${given}`;
  }
}

function hintFor(issue: Issue): string | undefined {
  if (issue.type !== 'picklist' || typeof issue.input !== 'string') return undefined;
  const meant = nearest(issue.input, wordsOf(issue));
  return meant && `did you mean ${meant}?`;
}

/** The words of a picklist, from its `("a" | "b")`. */
function wordsOf(issue: Issue): string[] {
  return Array.from(String(issue.expected ?? '').matchAll(/"?([\w.-]+)"?(?: \||\)|$)/g), ([, word]) => word ?? '');
}

type AnySchema = v.GenericSchema & {
  readonly wrapped?: AnySchema;
  readonly pipe?: readonly [AnySchema, ...unknown[]];
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly value?: AnySchema;
  readonly options?: readonly AnySchema[];
};

/** The schema inside optional and pipe. */
function schemaOf(schema: AnySchema): AnySchema {
  return schema.wrapped ? schemaOf(schema.wrapped) : schema;
}

function inner(schema: AnySchema): AnySchema {
  if (schema.wrapped) return inner(schema.wrapped);
  const first = schema.pipe?.[0];
  return first && first !== schema ? inner(first) : schema;
}

/** The schema of what stands at `path` below `schema`, as far as it can be followed. */
function at(schema: AnySchema, path: Path): AnySchema {
  return path.reduce<AnySchema>((outer, key) => {
    const here = inner(outer);
    const entry = here.entries?.[String(key)] ?? here.value;
    if (entry) return entry;
    const branch = here.options?.find((option) => inner(option).entries?.[String(key)]);
    return branch ? (inner(branch).entries?.[String(key)] ?? here) : here;
  }, schema);
}

function keysOf(schema: AnySchema): string[] {
  const here = inner(schema);
  const branches = here.options?.map(inner) ?? [here];
  return [...new Set(branches.flatMap(({ entries }) => Object.keys(entries ?? {})))];
}
