import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import type { Environment } from './environment.ts';
import { fileText } from './file-text.ts';
import { checked } from './issues.ts';
import { MergedSource } from './merged-source.ts';
import type { Problem } from './problem.ts';
import type { Path, Source } from './source.ts';
import { include } from './texts.ts';
import { YamlText } from './yaml-text.ts';

/** A config as it is written: the text, as if it stood in the file, and all that it includes. */
export function writtenIn(
  file: string,
  text: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Source {
  const environment = { variables, used: new Map<string, string>() };
  const main = new YamlText(file, text, { holds: 'keys', environment });
  const reading: Reading = { environment, texts: [], problems: [] };
  take(main, [], reading);
  return new MergedSource(main, reading.texts, reading.problems);
}

interface Reading {
  readonly environment: Environment;
  /** Each before what it includes. */
  readonly texts: YamlText[];
  readonly problems: Problem[];
}

/** Takes a text, and then what it includes. `above`: the files by way of which it was included. */
function take(text: YamlText, above: readonly string[], reading: Reading): void {
  const { texts, problems, environment } = reading;
  texts.push(text);
  const trail = [...above, text.file];
  for (const { file, at } of filesIn(text, problems)) {
    const earlier = texts.find((other) => placeOf(other.file) === placeOf(file))?.file;
    if (earlier !== undefined) {
      const isCircle = trail.includes(earlier);
      const message = isCircle ? 'these files include each other in a circle' : 'this file is included already';
      const hint = isCircle ? `remove this: ${[...trail, earlier].join(' includes ')}` : 'remove it here or there';
      problems.push(text.at(at, message, hint));
      continue;
    }
    const found = fileText(file);
    if ('text' in found) take(new YamlText(file, found.text, { holds: 'part', environment }), trail, reading);
    else problems.push(text.at(at, `${file}: ${found.reason}`, found.hint ?? BESIDE));
  }
}

const BESIDE = 'put it there, or correct the path; it is relative to this file';

interface Named {
  readonly file: string;
  readonly at: Path;
}

/** The files that a text includes, and where it names them. */
function filesIn(text: YamlText, problems: Problem[]): Named[] {
  const written = Object(text.value)['include'];
  if (written === undefined || written === null) return [];
  const schema = v.object({ include });
  const { output, problems: flaws } = checked(schema, { include: written }, { source: text });
  problems.push(...flaws);
  const paths = output?.include ?? [];
  return [paths].flat().flatMap((path, index): Named[] => {
    const at = typeof paths === 'string' ? ['include'] : ['include', index];
    const file = isAbsolute(path) ? path : join(dirname(text.file), path);
    return isDirectory(file)
      ? filesOf(file, (message, hint) => problems.push(text.at(at, message, hint)), at)
      : [{ file, at }];
  });
}

/** The YAML files of a directory by name. What looks like one and is none is told: a device in it would be missed. */
function filesOf(directory: string, tell: (message: string, hint: string) => void, at: Path): Named[] {
  // A name that begins with a dot is hidden: macOS leaves such beside each file on a card.
  const names = readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .toSorted();
  for (const name of names.filter((name) => /\.ya?ml\.txt$/i.test(name))) {
    const file = join(directory, name);
    tell(`${file} would not be read: its name ends in .txt`, `rename it: mv ${file} ${file.slice(0, -4)}`);
  }
  return names.filter((name) => /\.ya?ml$/i.test(name)).map((name) => ({ file: join(directory, name), at }));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The file itself, however it is reached; what is not there yet is where it is named. */
function placeOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
