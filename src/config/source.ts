import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Problem } from './problem.ts';

/** A key path into the file. */
export type Path = readonly (string | number)[];

/** A YAML text that knows where each of its keys stands. */
export class Source {
  readonly file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true });
  }

  /** What is wrong with the YAML itself. */
  get problems(): readonly Problem[] {
    return this.#document.errors.map(({ pos: [offset], message, code }) =>
      this.#problem(offset, '', message.replace(/ at line .*/s, ''), YAML_HINTS[code]),
    );
  }

  /** The plain value of the whole file; an empty file is an empty object. */
  get value(): unknown {
    return this.#document.toJS() ?? {};
  }

  /** A problem with what stands at `path`; where nothing stands there, with the nearest thing around it. */
  at(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#offset(path, 'value'), path.join('.'), message, hint);
  }

  /** A problem with the key at the end of `path`, rather than with its value. */
  atKey(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#offset(path, 'key'), path.join('.'), message, hint);
  }

  #offset(path: Path, part: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, segment] of path.entries()) {
      if (!isCollection(node)) return offset;
      const pair: unknown = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && key.value === segment)
        : undefined;
      if (isPair(pair) && isNode(pair.key)) {
        const isLast = depth === path.length - 1;
        offset = pair.key.range?.[0] ?? offset;
        const value: unknown = pair.value;
        node = isNode(value) ? value : null;
        if (isLast && part === 'value' && node?.range && node.range[0] !== node.range[1]) offset = node.range[0];
      } else {
        const item: unknown = node.get(segment, true);
        if (!isNode(item)) return offset;
        node = item;
        offset = item.range?.[0] ?? offset;
      }
    }
    return offset;
  }

  #problem(offset: number, key: string, message: string, hint?: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    const text = this.#text
      .split(/\r?\n/)
      [line - 1]?.replaceAll('\t', ' ')
      .replace(/^\uFEFF/, '');
    return {
      file: this.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      key,
      message,
      ...(hint ? { hint } : {}),
      ...(text === undefined ? {} : { text }),
    };
  }
}

const YAML_HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces; YAML does not allow tabs there',
  DUPLICATE_KEY: 'the same key stands above: rename or remove one of the two',
  BAD_INDENT: 'keys of one level begin in the same column',
  MISSING_CHAR: 'a bracket or a quote is not closed',
};
