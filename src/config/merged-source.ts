import type { Problem } from './problem.ts';
import type { Path, Source } from './source.ts';

type Keys = Record<string, unknown>;

/**
 * A config in several texts as if it were one. What stands under the same key at the left is put together: keys with
 * those of the other texts, lists behind each other. The same name twice is a problem that names both places.
 */
export class MergedSource implements Source {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly value: unknown;
  readonly #texts: readonly Source[];

  /** `problems`: what kept texts from being included; such a config cannot be made out. */
  constructor(main: Source, texts: readonly Source[], problems: readonly Problem[]) {
    this.file = main.file;
    this.#texts = texts;
    const together = merged(texts);
    this.problems = [...texts.flatMap((text) => text.problems), ...problems, ...together.problems];
    const isReadable = problems.length === 0 && texts.every(({ value }) => value !== undefined);
    this.value = isReadable ? together.value : undefined;
  }

  at(path: Path, message: string, hint?: string): Problem {
    const { text, path: here } = this.#placed(path);
    return text.at(here, message, hint);
  }

  atKey(path: Path, message: string, hint?: string): Problem {
    const { text, path: here } = this.#placed(path);
    return text.atKey(here, message, hint);
  }

  has(path: Path): boolean {
    const { text, path: here } = this.#placed(path);
    return text.has(here);
  }

  isFilledIn(path: Path): boolean {
    const { text, path: here } = this.#placed(path);
    return text.isFilledIn(here);
  }

  fileAt(path: Path): string {
    return this.#placed(path).text.file;
  }

  /** The text in which `path` stands, or the nearest thing around it, and the path there: lists are counted anew. */
  #placed(path: Path): { readonly text: Source; readonly path: Path } {
    const [section = '', name, ...deeper] = path;
    const holders = this.#texts.filter((text) => text.has([section]));
    if (typeof name === 'number') {
      let index = name;
      for (const text of holders) {
        const list: unknown = Object(text.value)[section];
        const length = Array.isArray(list) ? list.length : 0;
        if (index < length) return { text, path: [section, index, ...deeper] };
        index -= length;
      }
    }
    const holder = name === undefined ? undefined : holders.find((text) => text.has([section, name]));
    return { text: holder ?? holders[0] ?? (this.#texts[0] as Source), path };
  }
}

function merged(texts: readonly Source[]): { readonly value: Keys; readonly problems: readonly Problem[] } {
  const value: Keys = {};
  const problems: Problem[] = [];
  for (const [at, text] of texts.entries()) {
    for (const [section, inside] of Object.entries(Object(text.value) as Keys)) {
      if (section === 'include') continue;
      const so = value[section];
      if (so === undefined || so === null) value[section] = inside;
      else if (inside === null) continue;
      else if (Array.isArray(so) && Array.isArray(inside)) value[section] = [...so, ...inside];
      else if (isKeys(so) && isKeys(inside)) {
        const twice = Object.keys(inside).filter((name) => Object.hasOwn(so, name));
        problems.push(...twice.map((name) => stated([section, name], text, texts.slice(0, at))));
        value[section] = { ...so, ...inside, ...so };
      } else problems.push(stated([section], text, texts.slice(0, at)));
    }
  }
  return { value, problems };
}

/** That what stands at `path` of a text stands in an earlier one too. */
function stated(path: Path, text: Source, earlier: readonly Source[]): Problem {
  const [first] = earlier.flatMap((other) => (other.has(path) ? other.atKey(path, '') : []));
  const message = `this stands in ${first?.file}, line ${first?.line}, already`;
  return text.atKey(path, message, 'rename or remove one of the two');
}

function isKeys(value: unknown): value is Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
