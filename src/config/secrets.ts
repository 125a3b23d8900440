import { readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { namedFile } from './named-file.ts';
import type { Problem } from './problem.ts';
import { branches, isSecretFile, type Shape } from './shape.ts';
import type { Path, Source } from './source.ts';
import { noSecretFile } from './without-secrets.ts';

type Options = Readonly<Record<string, unknown>>;

/**
 * A driver's options with each secret in the place of the file that holds it (`secretFile` in `fields.ts`). What is
 * wrong with such a file is told here, where the secret itself is never part of the message.
 */
export function withSecrets(
  given: Options,
  schema: Shape,
  { source, directory, base }: { readonly source: Source; readonly directory: string; readonly base: Path },
): { readonly options: Options; readonly problems: readonly Problem[] } {
  const options: Record<string, unknown> = { ...given };
  const problems: Problem[] = [];
  for (const [key, secret] of secretsOf(schema)) {
    const path = given[key];
    if (typeof path !== 'string') continue;
    const file = namedFile(directory, path);
    const content = contentOf(file);
    const checked = v.safeParse(secret, content);
    if (checked.success) {
      options[key] = checked.output;
      continue;
    }
    delete options[key];
    const holds = `${file} should be ${checked.issues[0].message}`;
    const [message, hint] =
      content === undefined ? noSecretFile(path, file) : [holds, 'put it there, or correct the path'];
    problems.push(source.at([...base, key], message, hint));
  }
  return { options, problems };
}

/** The options that are no secrets, and which of those that are given are. */
export function withoutSecrets(given: Options, schema: Shape) {
  const withheld = secretsOf(schema).flatMap(([key]) => (given[key] === undefined ? [] : [key]));
  return { options: Object.fromEntries(Object.entries(given).filter(([key]) => !withheld.includes(key))), withheld };
}

function secretsOf(schema: Shape): [string, Shape][] {
  const { entries = {} } = branches(schema)[0] ?? {};
  return Object.entries(entries).flatMap(([key, { wrapped }]): [string, Shape][] =>
    wrapped && isSecretFile(wrapped) ? [[key, wrapped]] : [],
  );
}

/** What the file holds, without the line end that an editor leaves; undefined where it cannot be read. */
function contentOf(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}
