import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Problem } from './problem.ts';
import type { Surroundings } from './resolve.ts';
import { branches, type Shape } from './shape.ts';
import type { Path } from './source.ts';

type Options = Readonly<Record<string, unknown>>;

/**
 * A driver's options with each secret in the place of the file that holds it (`secretFile` in `fields.ts`). What is
 * wrong with such a file is told here, where the secret itself is never part of the message.
 */
export function withSecrets(
  given: Options,
  schema: Shape,
  { source, directory, base }: Pick<Surroundings, 'source' | 'directory'> & { readonly base: Path },
): { readonly options: Options; readonly problems: readonly Problem[] } {
  const { entries = {} } = branches(schema)[0] ?? {};
  const options: Record<string, unknown> = { ...given };
  const problems: Problem[] = [];
  for (const [key, field] of Object.entries(entries)) {
    const path = given[key];
    const secret = field.wrapped;
    if (typeof path !== 'string' || !secret || v.getMetadata(secret)['isSecretFile'] !== true) continue;
    const file = resolve(directory, path);
    const content = contentOf(file);
    const checked = v.safeParse(secret, content);
    if (checked.success) {
      options[key] = checked.output;
      continue;
    }
    delete options[key];
    const message =
      content === undefined
        ? `there is no file ${file} that may be read`
        : `${file} should be ${checked.issues[0].message}`;
    problems.push(source.at([...base, key], message, 'put it there, or correct the path; it is relative to this file'));
  }
  return { options, problems };
}

/** What the file holds, without the line end that an editor leaves; undefined where it cannot be read. */
function contentOf(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}
