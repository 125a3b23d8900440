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
export function duration(facts: DurationFacts & { default: string }) {
  return v.optional(durationBetween(facts), facts.default);
}

interface DurationFacts extends Help {
  min?: string;
  max?: string;
}

/** A duration without a default. */
export function durationBetween({ min = '0s', max = '400d', help }: DurationFacts) {
  const range = `between ${min} and ${max}`;
  return v.pipe(
    v.string(),
    v.regex(DURATION, 'a duration such as 500ms, 30s, 15min, 6h or 1d'),
    v.transform(milliseconds),
    v.minValue(milliseconds(min), range),
    v.maxValue(milliseconds(max), range),
    v.description(help),
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
