import * as v from 'valibot';

/**
 * The words in which options are declared: each field has limits, one line of help and, where it may be left out, a
 * default. They are valibot schemas, so that the loader, the errors and the JSON Schema come from the same words.
 */

interface Help {
  /** One line for the technician; it becomes the comment in the example and the tooltip in an editor. */
  readonly help: string;
}

/** A number between two limits (inclusive), in `unit`. */
export function number(facts: Help & { default: number; min: number; max: number; unit?: string; whole?: boolean }) {
  return v.optional(
    v.pipe(
      v.number(),
      v.finite(),
      facts.whole ? v.integer() : v.check(() => true),
      v.minValue(facts.min),
      v.maxValue(facts.max),
      v.description(facts.unit ? `${facts.help} [${facts.unit}]` : facts.help),
    ),
    facts.default,
  );
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly [T, ...T[]], facts: Help & { default: NoInfer<T> }) {
  return v.optional(v.pipe(v.picklist(words), v.description(facts.help)), facts.default);
}

/** Yes or no. Prefer `choice` where a word says more. */
export function flag(facts: Help & { default: boolean }) {
  return v.optional(v.pipe(v.boolean(), v.description(facts.help)), facts.default);
}

/** A duration as people write it (`500ms`, `30s`, `15min`, `6h`, `1d`), in milliseconds. */
export function duration(facts: Help & { default: string; min?: string; max?: string }) {
  const least = facts.min === undefined ? 0 : milliseconds(facts.min);
  const most = facts.max === undefined ? 400 * 86_400_000 : milliseconds(facts.max);
  const range = `between ${facts.min ?? '0s'} and ${facts.max ?? '400d'}`;
  return v.optional(
    v.pipe(
      v.string(),
      v.regex(DURATION, 'a duration such as 30s, 15min or 6h'),
      v.transform(milliseconds),
      v.minValue(least, range),
      v.maxValue(most, range),
      v.description(facts.help),
    ),
    facts.default,
  );
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration that matches; NaN for one that does not. */
export function milliseconds(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}

/** The options of a driver: a closed set of fields. */
export function options<const F extends v.ObjectEntries>(fields: F) {
  return v.strictObject(fields);
}

/** Any schema that yields `T`. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** What a schema yields. */
export type Parsed<S extends v.GenericSchema> = v.InferOutput<S>;
