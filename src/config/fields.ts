import * as v from 'valibot';
import { type Quantity, quantityNames } from '../model/quantity.ts';

/**
 * The words in which options are declared: each field has limits, one line of help and, where it may be left out, a
 * default; without a default it must be given. They are valibot schemas, so that the loader, the errors and the JSON
 * Schema come from the same words. Messages complete the sentence "should be …".
 */

interface Help<T> {
  /** One line for the technician; it becomes the comment in the example and the tooltip in an editor. */
  readonly help: string;
  /** What holds where nothing is written. Leave it out where a wrong guess would go unnoticed. */
  readonly default?: T;
}

/** A number between two limits (inclusive), in `unit`. */
export function number(
  facts: Help<number> & { min: number; max: number; unit?: string; whole?: boolean },
): Schema<number> {
  const { min, max, unit, whole, help } = facts;
  const wanted = `a ${whole ? 'whole ' : ''}number between ${min} and ${max}`;
  const plain: v.GenericSchema<number> = whole ? v.pipe(v.number(wanted), v.integer(wanted)) : v.number(wanted);
  const schema = v.pipe(
    plain,
    v.minValue(min, wanted),
    v.maxValue(max, wanted),
    v.description(unit ? `${help} [${unit}]` : help),
  );
  return orDefault(schema, facts.default);
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly [T, ...T[]], facts: Help<NoInfer<T>>): Schema<T> {
  const wanted = `one of ${words.join(', ')}`;
  return orDefault(v.pipe(v.picklist(words, wanted), v.description(facts.help)), facts.default);
}

/** A text of a fixed form, such as a number whose leading zeros count. `wanted` says which. */
export function text(facts: Help<string> & { pattern: RegExp; wanted: string }): Schema<string> {
  const { pattern, wanted, help } = facts;
  return orDefault(v.pipe(v.string(wanted), v.regex(pattern, wanted), v.description(help)), facts.default);
}

/**
 * A file that holds a secret, which never stands in the config itself. In YAML it is the file's path; the driver gets
 * what the file holds. `wanted` completes "should be": a file that holds ….
 */
export function secretFile(facts: { help: string; pattern: RegExp; wanted: string }): Schema<string | undefined> {
  const { pattern, wanted, help } = facts;
  const isSecret = (text: string) => pattern.test(text);
  return v.optional(
    v.pipe(v.string(wanted), v.check(isSecret, wanted), v.description(help), v.metadata({ isSecretFile: true })),
  );
}

/** Yes or no. Prefer `choice` where a word says more. */
export function flag(facts: Help<boolean>): Schema<boolean> {
  return orDefault(v.pipe(v.boolean('true or false'), v.description(facts.help)), facts.default);
}

/** A duration as people write it (`500ms`, `30s`, `15min`, `6h`, `1d`), in milliseconds. */
export function duration(facts: Help<string> & { min?: string; max?: string }): Schema<number> {
  const { min = '0s', max = '400d', help } = facts;
  const wanted = 'a duration such as 500ms, 30s, 15min, 6h or 1d';
  const isWithin = (text: string) => milliseconds(text) >= milliseconds(min) && milliseconds(text) <= milliseconds(max);
  const schema = v.pipe(
    v.string(wanted),
    v.regex(DURATION, wanted),
    v.check(isWithin, `a duration between ${min} and ${max}`),
    v.description(help),
    v.transform(milliseconds),
  );
  return orDefault(schema, facts.default);
}

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration that matches; NaN for one that does not. */
export function milliseconds(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}

/** An amount of memory as people write it (`500MB`, `64MiB`, `2GiB`), in bytes. */
export function bytes(facts: Help<string> & { min?: string; max?: string }): Schema<number> {
  const { min = '1B', max = '1024GiB', help } = facts;
  const wanted = 'a size such as 500MB, 64MiB or 2GiB';
  const isWithin = (text: string) => sizeBytes(text) >= sizeBytes(min) && sizeBytes(text) <= sizeBytes(max);
  const schema = v.pipe(
    v.string(wanted),
    v.regex(SIZE, wanted),
    v.check(isWithin, `a size between ${min} and ${max}`),
    v.description(help),
    v.transform(sizeBytes),
  );
  return orDefault(schema, facts.default);
}

const SIZE = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/;
const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

function sizeBytes(text: string): number {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  return Math.floor(Number(amount) * (UNIT_BYTES[unit ?? ''] ?? Number.NaN));
}

/** How fast something may go: by what it takes of a line, by what it carries, or as it comes. */
export type Rate =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'bits'; readonly perSecond: number }
  | { readonly kind: 'readings'; readonly perSecond: number };

/** A rate as people write it: `64kbit/s`, `2Mbit/s`, `2000readings/s` or `unlimited`. */
export function rate(facts: Help<string>): Schema<Rate> {
  const wanted = 'a rate such as 64kbit/s, 2Mbit/s, 2000readings/s, or unlimited';
  const schema = v.pipe(v.string(wanted), v.regex(RATE, wanted), v.description(facts.help), v.transform(parsedRate));
  return orDefault(schema, facts.default);
}

// None begins with 0: what never goes is not a rate.
const RATE = /^(?:unlimited|([1-9]\d{0,8}(?:\.\d+)?)(kbit|Mbit|readings)\/s)$/;

function parsedRate(text: string): Rate {
  const [, amount, unit] = RATE.exec(text) ?? [];
  if (unit === undefined) return { kind: 'unlimited' };
  if (unit === 'readings') return { kind: 'readings', perSecond: Number(amount) };
  return { kind: 'bits', perSecond: Number(amount) * (unit === 'Mbit' ? 1e6 : 1e3) };
}

/** The name of a quantity. */
export function quantityName(facts: { readonly help: string }): Schema<Quantity> {
  return v.pipe(v.picklist(quantityNames, 'a quantity'), v.description(facts.help));
}

/** What is wrong with one thing of a list because of the others or of its own other keys; completes "should be …". */
export interface Misfit {
  readonly at: number;
  readonly key: string;
  readonly wanted: string;
}

/** A list of things of one kind, each a closed set of fields (`options`) or a plain value. */
export function list<T>(
  item: Schema<T>,
  facts: Help<readonly T[]> & { least?: number; misfits?: (items: readonly T[]) => readonly Misfit[] },
): Schema<readonly T[]> {
  const { least = 0, misfits = () => [], help } = facts;
  const schema = v.pipe(
    v.array(item, 'a list'),
    v.minLength(least, least === 0 ? 'a list' : `a list of at least ${least}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      for (const { at, key, wanted } of misfits(dataset.value)) {
        const value = dataset.value[at];
        const input = Object(value)[key];
        const inList = { type: 'array', origin: 'value', input: dataset.value, key: at, value } as const;
        const inItem = { type: 'object', origin: 'value', input: Object(value), key, value: input } as const;
        addIssue({ message: wanted, input, path: [inList, inItem] });
      }
    }),
    v.description(help),
  );
  return orDefault(schema, facts.default && [...facts.default]);
}

function orDefault<T, I>(schema: v.GenericSchema<I, T>, value: I | undefined): Schema<T> {
  return value === undefined ? schema : (v.optional(schema, value as never) as Schema<T>);
}

/** The options of a driver: a closed set of fields. */
export function options<const F extends v.ObjectEntries>(fields: F) {
  return v.strictObject(fields);
}

/** Any schema that yields `T`. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** What a schema yields. */
export type Parsed<S extends v.GenericSchema> = v.InferOutput<S>;
