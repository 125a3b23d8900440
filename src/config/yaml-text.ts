import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parse,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { type Environment, filledIn, withoutFilledIn } from './environment.ts';
import type { Problem } from './problem.ts';
import type { Path, Source } from './source.ts';
import { withoutSecrets } from './without-secrets.ts';
import { slipsIn } from './yaml-slips.ts';

/** What a file is to hold; `part`: keys, of which it may have none. */
type Holds = 'keys' | 'part' | 'list';

/** One YAML text that knows where each of its keys stands. */
export class YamlText implements Source {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly value: unknown;
  readonly #holds: Holds;
  readonly #environment: Environment | undefined;
  readonly #filledIn = new Set<Node>();
  readonly #plain: string;
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  readonly #document: Document.Parsed;

  /** Without an environment, `${NAME}` is a text like any other. */
  constructor(file: string, text: string, { holds, environment }: { holds: Holds; environment?: Environment }) {
    this.file = file;
    this.#holds = holds;
    this.#environment = environment;
    // Notepad puts a byte order mark before the text; a column does not count it.
    this.#plain = text.replace(/^\uFEFF/, '');
    this.#lines = this.#plain.split(/\r?\n/);
    this.#document = parseDocument(this.#plain, { lineCounter: this.#counter, prettyErrors: false, merge: true });
    const unreadable = this.#read();
    this.problems = unreadable.length > 0 ? unreadable : this.#fillIn();
    this.value = unreadable.length > 0 ? undefined : (this.#document.toJS() ?? {});
  }

  at(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#find(path, 'value').offset, { key: path.join('.'), message, hint });
  }

  atKey(path: Path, message: string, hint?: string): Problem {
    return this.#problem(this.#find(path, 'key').offset, { key: path.join('.'), message, hint });
  }

  has(path: Path): boolean {
    return this.#document.hasIn(path);
  }

  isFilledIn(path: Path): boolean {
    const { node } = this.#find(path, 'value');
    return node !== null && this.#filledIn.has(node);
  }

  fileAt(): string {
    return this.file;
  }

  #read(): Problem[] {
    const garbled = this.#plain.search(/[\uFFFD\0]/);
    if (garbled >= 0) {
      const hint = 'save it as UTF-8; an editor may call that "Unicode (UTF-8)"';
      return [this.#problem(garbled, { key: '', message: 'the file is not in UTF-8', hint })];
    }
    const { errors } = this.#document;
    if (errors.length > 0) {
      return slipsIn(this.#plain, errors, (offset) => this.#quoteOpenAt(offset)).map(({ offset, ...slip }) =>
        this.#problem(offset, { key: '', ...slip }),
      );
    }
    const { contents } = this.#document;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      if (this.#holds === 'part') return [];
      return [this.#problem(0, { key: '', message: 'the file is empty', hint: HINTS[this.#holds] })];
    }
    if (this.#holds === 'list' && !isSeq(contents)) {
      const message = 'the file should be a list of conversations: "- name: …"';
      return [this.#problem(contents.range[0], { key: '', message, hint: HINTS.list })];
    }
    if (this.#holds !== 'list' && !isMap(contents)) {
      const message = 'the file should be keys with values: gateway, buses, devices, uplinks';
      return [this.#problem(contents.range[0], { key: '', message, hint: HINTS.keys })];
    }
    return this.#aliases();
  }

  /** Where the quoted text begins that the parser gave up at an offset. */
  #quoteOpenAt(offset: number): number | undefined {
    let begin: number | undefined;
    visit(this.#document, {
      Scalar: (_, { type, range }) => {
        if (range && type?.startsWith('QUOTE') && range[0] < offset && range[1] >= offset) [begin] = range;
      },
    });
    return begin;
  }

  /** Puts the environment's values where they are named; what is named and not there stays as it is written. */
  #fillIn(): Problem[] {
    const problems: Problem[] = [];
    visit(this.#document, {
      Scalar: (part, node, around) => {
        if (part === 'key' || typeof node.value !== 'string' || !this.#environment) return;
        const filled = filledIn(node.value, this.#environment);
        if (typeof filled !== 'string') {
          const key = around.flatMap((outer) => (isPair(outer) ? String(outer.key) : [])).join('.');
          problems.push(...filled.map((flaw) => this.#problem(node.range?.[0] ?? 0, { key, ...flaw })));
        } else if (filled !== node.value) {
          const isPlain = node.type === 'PLAIN' && PLAIN_VALUE.test(filled);
          node.value = isPlain ? parse(filled) : filled;
          this.#filledIn.add(node);
        }
      },
    });
    return problems;
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

  /** The node at `path`, or the nearest around it, and where its key or its value begins. */
  #find(path: Path, part: 'key' | 'value'): { readonly offset: number; readonly node: Node | null } {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, segment] of path.entries()) {
      node = this.#aliased(node);
      if (!isCollection(node)) return { offset, node: null };
      const pair = isMap(node) ? this.#pair(node, segment) : undefined;
      const item: unknown = pair ? pair.value : node.get(segment, true);
      if (!pair && !isNode(item)) return { offset, node: null };
      if (pair) offset = pair.key.range?.[0] ?? offset;
      node = isNode(item) ? item : null;
      const isWanted = !pair || (part === 'value' && depth === path.length - 1);
      if (isWanted && node?.range && node.range[0] !== node.range[1]) offset = node.range[0];
    }
    return { offset, node: this.#aliased(node) };
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
      message: this.#told(message),
      ...(hint ? { hint: this.#told(hint) } : {}),
      ...(text === undefined ? {} : { text: withoutSecrets(text) }),
    };
  }

  #told(message: string): string {
    return withoutSecrets(this.#environment ? withoutFilledIn(message, this.#environment) : message);
  }
}

/** What YAML reads as a number or as true or false where it stands without quotes. */
const PLAIN_VALUE = /^(?:true|false|-?\d+(?:\.\d+)?|0x[0-9a-fA-F]+)$/;

const HINTS = {
  keys: 'config/gateway.example.yaml shows every key',
  part: 'config/gateway.example.yaml shows every key',
  list: 'dorpel record writes such a file',
} as const;
