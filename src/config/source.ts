import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import type { Problem } from './problem.ts';

/** A key path into the file. */
export type Path = readonly (string | number)[];

/** A YAML text that knows where each of its keys stands. */
export class Source {
  readonly file: string;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly Problem[];
  /** The plain value of the whole file. */
  readonly value: unknown;
  readonly #holds: 'keys' | 'list';
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(file: string, text: string, holds: 'keys' | 'list' = 'keys') {
    this.file = file;
    this.#holds = holds;
    // Notepad puts a byte order mark before the text; a column does not count it.
    const plain = text.replace(/^\uFEFF/, '');
    this.#lines = plain.split(/\r?\n/);
    this.#document = parseDocument(plain, { lineCounter: this.#counter, prettyErrors: false, merge: true });
    this.problems = this.#read(plain);
    this.value = this.problems.length === 0 ? this.#document.toJS() : undefined;
  }

  /** A problem with what stands at `path`; where nothing stands there, with the nearest thing around it. */
  at(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#offset(path, 'value'), { key: path.join('.'), message, hint });
  }

  /** A problem with the key at the end of `path`, rather than with its value. */
  atKey(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#offset(path, 'key'), { key: path.join('.'), message, hint });
  }

  /** True if something stands at `path`, right or wrong. */
  has(path: Path): boolean {
    return this.#document.hasIn(path);
  }

  #read(text: string): Problem[] {
    const garbled = text.search(/[\uFFFD\0]/);
    if (garbled >= 0) {
      const hint = 'save it as UTF-8; an editor may call that "Unicode (UTF-8)"';
      return [this.#problem(garbled, { key: '', message: 'the file is not in UTF-8', hint })];
    }
    const { errors } = this.#document;
    // One slip gives the parser more than one error at the same place; the first says it.
    const first = errors.filter(({ pos }, index) => errors.findIndex((other) => other.pos[0] === pos[0]) === index);
    if (first.length > 0) return first.map((error) => this.#slip(error));
    const { contents } = this.#document;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      return [this.#problem(0, { key: '', message: 'the file is empty', hint: HINTS[this.#holds] })];
    }
    if (this.#holds === 'list' && !isSeq(contents)) {
      const message = 'the file should be a list of conversations: "- name: …"';
      return [this.#problem(contents.range[0], { key: '', message, hint: HINTS.list })];
    }
    if (this.#holds === 'keys' && !isMap(contents)) {
      const message = 'the file should be keys with values: gateway, buses, devices, uplinks';
      return [this.#problem(contents.range[0], { key: '', message, hint: HINTS.keys })];
    }
    return this.#aliases();
  }

  #slip({ pos: [offset], message, code }: YAMLParseError): Problem {
    const told = SLIPS[code] ?? { message: message.replace(/ at line .*/s, '') };
    return this.#problem(offset, { key: '', hint: undefined, ...told });
  }

  /** Aliases and merges that do not work out; the parser leaves them to be found when values are made. */
  #aliases(): Problem[] {
    const lost: Alias[] = [];
    visit(this.#document, {
      Alias: (_, alias) => {
        if (!alias.resolve(this.#document)) lost.push(alias);
      },
    });
    if (lost.length > 0) {
      return lost.map(({ source, range }) =>
        this.#problem(range?.[0] ?? 0, {
          key: '',
          message: `nothing above is marked &${source}`,
          hint: 'mark what is meant with & before *, or put a text that begins with * in quotes',
        }),
      );
    }
    try {
      this.#document.toJS();
      return [];
    } catch (cause) {
      return [this.#problem(0, { key: '', message: (cause as Error).message, hint: 'write it out without aliases' })];
    }
  }

  #offset(path: Path, part: 'key' | 'value'): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, segment] of path.entries()) {
      node = this.#aliased(node);
      if (!isCollection(node)) return offset;
      const pair = isMap(node) ? this.#pair(node, segment) : undefined;
      const item: unknown = pair ? pair.value : node.get(segment, true);
      if (!pair && !isNode(item)) return offset;
      if (pair) offset = pair.key.range?.[0] ?? offset;
      node = isNode(item) ? item : null;
      const isWanted = !pair || (part === 'value' && depth === path.length - 1);
      if (isWanted && node?.range && node.range[0] !== node.range[1]) offset = node.range[0];
    }
    return offset;
  }

  /** The pair of a map, or of what is merged into it. */
  #pair(map: YAMLMap, segment: string | number): Pair<Node, unknown> | undefined {
    const pairs = map.items as Pair<Node, unknown>[];
    const keyOf = ({ key }: Pair<Node, unknown>) => (isScalar(key) ? String(key.value) : undefined);
    const own = pairs.find((pair) => keyOf(pair) === String(segment));
    if (own) return own;
    const merged = pairs.filter(({ key }) => isScalar(key) && key.source === '<<');
    for (const { value } of merged) {
      const from = this.#aliased(isNode(value) ? value : null);
      const maps = isMap(from) ? [from] : isCollection(from) ? from.items : [];
      for (const item of maps) {
        const inside = this.#aliased(isNode(item) ? item : null);
        const found = isMap(inside) ? this.#pair(inside, segment) : undefined;
        if (found) return found;
      }
    }
    return undefined;
  }

  #aliased(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #problem(
    offset: number,
    { key, message, hint }: { key: string; message: string; hint: string | undefined },
  ): Problem {
    const { line, col } = this.#counter.linePos(offset);
    const text = this.#lines[line - 1]?.replaceAll('\t', ' ');
    return {
      file: this.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      key,
      message: withoutSecrets(message),
      ...(hint ? { hint } : {}),
      ...(text === undefined ? {} : { text: withoutSecrets(text) }),
    };
  }
}

/** Problems go to terminals, journals and bundles; passwords that stand in a wrong place do not. */
function withoutSecrets(text: string): string {
  const hidden = (_: string, before: string, secret: string) => before + '*'.repeat(secret.length);
  return text
    .replace(/(:\/\/)([^\s"']+)(?=@)/g, hidden)
    .replace(/(\b(?:password|passwd|secret|token)["']?\s*:\s*)(.*)$/i, hidden);
}

const HINTS = {
  keys: 'config/gateway.example.yaml shows every key',
  list: 'dorpel record writes such a file',
} as const;

/** What the parser finds, in our words. */
const SLIPS: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  TAB_AS_INDENT: {
    message: 'a tab where spaces should be',
    hint: 'indent with spaces; YAML does not allow tabs there',
  },
  DUPLICATE_KEY: { message: 'this key stands above already', hint: 'rename or remove one of the two' },
  MISSING_CHAR: { message: 'something is not closed', hint: 'look above for a quote or a bracket that is left open' },
  BAD_INDENT: {
    message: 'this begins in the wrong column',
    hint: 'keys of one level begin in one column; close brackets',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a key where none can be, here or in the next line',
    hint: 'keys of one level begin in the same column; a text with ": " in it needs quotes',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a line without "key: value"', hint: 'write a colon and a space behind the key' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'remove the line with ---' },
};
