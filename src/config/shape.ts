import * as v from 'valibot';
import type { Path } from './source.ts';

/** A schema with the parts that some kinds of schema have. */
export type Shape = v.GenericSchema & {
  readonly wrapped?: Shape;
  readonly pipe?: readonly [Shape, ...unknown[]];
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly key?: Shape;
  readonly value?: Shape;
  readonly item?: Shape;
  readonly default?: unknown;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
};

/** What stands inside `optional` and `pipe`. */
export function bare(schema: Shape): Shape {
  if (schema.wrapped) return bare(schema.wrapped);
  const first = schema.pipe?.[0];
  return first && first !== schema ? bare(first) : schema;
}

/** The branches of a variant; any other schema is its own only branch. */
export function branches(schema: Shape): readonly Shape[] {
  const here = bare(schema);
  return here.type === 'variant' ? ((here.options ?? []) as readonly Shape[]).map(bare) : [here];
}

/** The schema of what stands at `path` below `schema`, as far as it can be followed. */
export function shapeAt(schema: Shape, path: Path): Shape | undefined {
  return path.reduce<Shape | undefined>((outer, key) => {
    const inside = outer ? branches(outer) : [];
    return inside.map((branch) => branch.entries?.[String(key)] ?? branch.value ?? branch.item).find(Boolean);
  }, schema);
}

/** The keys that may stand below `schema`. */
export function keysOf(schema: Shape): string[] {
  return [...new Set(branches(schema).flatMap(({ entries }) => Object.keys(entries ?? {})))];
}

/** The keys that must stand below `schema`. */
export function requiredKeys(schema: Shape): string[] {
  const isOptional = ({ type }: Shape) => type === 'optional' || type === 'nullish';
  const [first] = branches(schema);
  return Object.entries(first?.entries ?? {}).flatMap(([key, entry]) => (isOptional(entry) ? [] : [key]));
}

/** The words among which the value of `key` is chosen, in `schema` and all its branches. */
export function wordsAt(schema: Shape, key: string): string[] {
  return branches(schema).flatMap(({ entries }) => {
    const entry = entries?.[key] && bare(entries[key]);
    if (entry?.type === 'literal') return [String(entry.literal)];
    return entry?.type === 'picklist' ? (entry.options ?? []).map(String) : [];
  });
}

/** True where the config names a file and the driver gets what it holds: people may write the secret itself there. */
export function isSecretFile(schema: Shape): boolean {
  return (
    v.getMetadata(schema)['isSecretFile'] === true || (schema.wrapped !== undefined && isSecretFile(schema.wrapped))
  );
}

/** The line of help that `schema` was given. */
export function helpOf(schema: Shape): string | undefined {
  return v.getDescription(schema) ?? (schema.wrapped ? helpOf(schema.wrapped) : undefined);
}
