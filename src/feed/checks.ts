/** Says what a value should have been, after the path to it; undefined where nothing is wrong. */
export type Check = (value: unknown) => string | undefined;

type Checks = Readonly<Record<string, Check>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first complaint of several checks. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value) => {
    for (const check of checks) {
      const fault = check(value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

/** What `isRight` says of it. */
export const that =
  (wanted: string, isRight: (value: unknown) => boolean): Check =>
  (value) =>
    isRight(value) ? undefined : ` should be ${wanted}`;

/** One of a few words. */
export const oneOf = (...words: readonly unknown[]): Check =>
  that(`one of ${words.join(', ')}`, (value) => words.includes(value));

/** Text that is not empty. */
export const text: Check = that('text', (value) => typeof value === 'string' && value !== '');

/** Text of a certain form. */
export const like = (wanted: string, pattern: RegExp): Check =>
  that(wanted, (value) => typeof value === 'string' && pattern.test(value));

/** A number; JSON can write some that are not finite, such as 1e999. */
export const number = (wanted = 'a number', isRight: (value: number) => boolean = () => true): Check =>
  that(wanted, (value) => typeof value === 'number' && Number.isFinite(value) && isRight(value));

export const wholeFrom = (least: number): Check =>
  number(`a whole number from ${least}`, (value) => Number.isInteger(value) && value >= least);

export const yesOrNo: Check = that('true or false', (value) => typeof value === 'boolean');

/** A list of these. */
export const listOf =
  (item: Check, least = 0): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length < least) return ` should be a list of at least ${least}`;
    for (const [index, element] of value.entries()) {
      const fault = item(element);
      if (fault !== undefined) return `[${index}]${fault}`;
    }
    return undefined;
  };

/** An object with any keys and these values. */
export const mapOf =
  (item: Check): Check =>
  (value) => {
    if (!isObject(value)) return ' should be an object';
    for (const [key, element] of Object.entries(value)) {
      const fault = item(element);
      if (fault !== undefined) return `.${key}${fault}`;
    }
    return undefined;
  };

/** An object with these keys and no others. */
export const closed = (required: Checks, optional: Checks = {}): Check => {
  const known = new Map(Object.entries({ ...required, ...optional }));
  return (value) => {
    if (!isObject(value)) return ' should be an object';
    for (const [key, element] of Object.entries(value)) {
      const check = known.get(key);
      if (!check) return `.${key} is not a key of the feed`;
      const fault = check(element);
      if (fault !== undefined) return `.${key}${fault}`;
    }
    const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
    return missing === undefined ? undefined : `.${missing} is missing`;
  };
};
