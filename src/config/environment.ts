/** What `${NAME}` in a value stands for. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What was filled in, by name: any of it may be a secret, and none is told in a message. */
  readonly used: Map<string, string>;
}

/** What is wrong with a `${…}`. */
export interface Unfilled {
  readonly message: string;
  readonly hint: string;
}

/** `$${` is a plain `${`. */
const MARK = /\$(\$?)\{(?:([A-Za-z_]\w*)\})?/g;

/** A text with the environment's values in the place of each `${NAME}`, or what is wrong with those. */
export function filledIn(text: string, { variables, used }: Environment): string | readonly Unfilled[] {
  const flaws: Unfilled[] = [];
  const filled = text.replace(MARK, (written: string, dollar: string, name: string | undefined) => {
    if (dollar) return written.slice(1);
    const value = name === undefined ? undefined : variables[name];
    if (value === undefined) flaws.push(flawOf(name));
    else if (name !== undefined) used.set(name, value);
    return value ?? written;
  });
  return flaws.length > 0 ? flaws : filled;
}

function flawOf(name: string | undefined): Unfilled {
  if (name === undefined) {
    const message = 'behind "$" the braces should hold a name of letters, digits and _';
    return { message, hint: 'write $$ where a plain $ is meant before a brace' };
  }
  const hint = `set it where dorpel is started: export ${name}=…, or in the service Environment=${name}=…`;
  return { message: `the environment has no ${name}`, hint };
}

// What is shorter is no secret, and stands in many a word.
const LEAST_HIDDEN = 4;

/** A message without what came from the environment: its name stands there instead. */
export function withoutFilledIn(message: string, { used }: Environment): string {
  let hidden = message;
  for (const [name, value] of used) {
    if (value.length >= LEAST_HIDDEN) hidden = hidden.replaceAll(value, () => `\${${name}}`);
  }
  return hidden;
}
