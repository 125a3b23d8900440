import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Adapter, Vector } from './adapter.ts';
import { adapters } from './index.ts';

/** Other people's recordings, kept outside the project; DORPEL_VECTORS names any other directory of the same formats. */
export const namedDirectory = process.env['DORPEL_VECTORS'];
export const directory = namedDirectory ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** A file of a set, or what stands for it: its vectors, and what in it nobody plays, with the reason. */
export interface PlayedFile {
  /** `set/file`, or the set alone where there is no adapter for it. */
  readonly name: string;
  readonly vectors: readonly Vector[];
  readonly skipped: readonly string[];
}

/** Everything in the directory: what is not played is named too. */
export function filesIn(root: string): readonly PlayedFile[] {
  if (!existsSync(root)) return [];
  const sets = readdirSync(root).filter((name) => !/^[_.]|\.md$/.test(name));
  return sets.toSorted().flatMap((set) => {
    const adapter = adapters[set];
    if (adapter) return filesOf(set, join(root, set), adapter);
    const missing = 'no adapter plays this set; tests/vectors/index.ts has those there are';
    return [{ name: set, vectors: [], skipped: [missing] }];
  });
}

function filesOf(set: string, folder: string, adapter: Adapter): PlayedFile[] {
  if (!statSync(folder).isDirectory()) return [{ name: set, vectors: [], skipped: ['a set is a folder of files'] }];
  const names = readdirSync(folder).toSorted();
  const jsons = names.filter((name) => extname(name) === '.json');
  const beside = new Set<string>();
  const played = jsons.map((name) => fileOf({ set, folder, name, adapter, beside }));
  // What a .json names or shares its name with belongs to it.
  const isOf = (name: string) => beside.has(name) || jsons.includes(`${basename(name, extname(name))}.json`);
  const alone = names.filter((name) => !jsons.includes(name) && !isOf(name));
  const reason = 'no .json says what must come of it';
  return [...played, ...alone.map((name) => ({ name: `${set}/${name}`, vectors: [], skipped: [reason] }))];
}

interface Place {
  readonly set: string;
  readonly folder: string;
  readonly name: string;
  readonly adapter: Adapter;
  /** Takes the names of files that the adapter reads beside it. */
  readonly beside: Set<string>;
}

function fileOf({ set, folder, name, adapter, beside }: Place): PlayedFile {
  const whole = `${set}/${name}`;
  const failing = (why: string): PlayedFile => ({ name: whole, vectors: [broken(why)], skipped: [] });
  const json = parsed(readFileSync(join(folder, name), 'utf8'));
  if (typeof json !== 'object' || json === null) return failing('it is no JSON with keys');
  const keys = Object.keys(json).join(', ');
  const read = new Set<string>();
  const reader = (other: string) => {
    beside.add(other);
    return readFileSync(join(folder, other));
  };
  try {
    const vectors = adapter({ name, json: watched(json, read), beside: reader });
    if (vectors.length === 0) return failing(`nothing in it is known here; its keys are ${keys}`);
    return { name: whole, vectors, skipped: unread(json, read) };
  } catch (cause) {
    return failing(`it is not as the adapter knows it (${cause}); its keys are ${keys}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lists at which nobody looked: a form that the adapter does not know. */
function unread(json: object, read: ReadonlySet<string>): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    const isUnread = Array.isArray(value) && value.length > 0 && !read.has(key);
    return isUnread ? [`"${key}" (${value.length}): the adapter does not know this key`] : [];
  });
}

function broken(why: string): Vector {
  return {
    name: 'is of a form that is known here',
    run: () => {
      throw new Error(why);
    },
  };
}

/** The object, and which of its keys were looked at. */
function watched(json: object, read: Set<string>): object {
  return new Proxy(json, {
    get(target, key) {
      read.add(String(key));
      return Reflect.get(target, key) as unknown;
    },
    ownKeys(target) {
      for (const key of Object.keys(target)) read.add(key);
      return Reflect.ownKeys(target);
    },
  });
}
