import type { Chance } from './chance.ts';
import { type Change, patched, sectorwise, tornLast } from './changes.ts';

/** What stands under a storage directory: a file's bytes, or a directory, under each path relative to it. */
export type Image = ReadonlyMap<string, Buffer | 'directory'>;

interface Inode {
  readonly isDirectory: boolean;
  /** What a power cut leaves for certain. */
  durable: Buffer;
  /** What came after it, oldest first. */
  pending: Change[];
  /** True where it was written through memory, past all calls: anything may stand in it. */
  isUnknown: boolean;
}

/** Names that change together, or not at all. */
interface Renaming {
  readonly entries: readonly { readonly key: string; readonly inode: number | undefined }[];
  /** Directories that have not been synced since; when none is left, the names are durable. */
  readonly unsynced: Set<number>;
  /** True where something was synced since, whatever it was. */
  isJournaled: boolean;
}

/**
 * How much of what is not synced a power cut leaves. Names: all; as a journal keeps them, which is what ext4 does: in
 * their order, and with any sync all that came before it; only those whose directories were synced; any of the others.
 */
export interface Cut {
  readonly names: 'all' | 'journal' | 'none' | 'some';
  readonly data: 'all' | 'none' | 'torn' | 'prefixes' | 'some' | 'sectors';
}

const ROOT = 0;
const EMPTY = Buffer.alloc(0);
const keyOf = (directory: number, name: string) => `${directory}/${name}`;

/**
 * A file system that keeps no promise but POSIX's: a file's bytes are durable by a sync of the file, a name by a sync of
 * each directory that it changed in (and not, as on ext4, by that of the file too). What is not synced may be there or
 * not, in any order, torn between sectors. A rename is whole or not at all, as on every file system with a journal.
 */
export class Disk {
  readonly #inodes: Inode[] = [{ isDirectory: true, durable: EMPTY, pending: [], isUnknown: false }];
  readonly #names = new Map<string, number>();
  #durableNames = new Map<string, number>();
  #renamings: Renaming[] = [];
  #lastWritten = ROOT;

  /** Begins with what is there already, all of it durable. */
  constructor(image: Image) {
    for (const [path, content] of [...image].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const inode = this.#newInode(content === 'directory');
      if (content !== 'directory') this.#inode(inode).durable = content;
      this.#names.set(this.#keyOf(path), inode);
    }
    this.#durableNames = new Map(this.#names);
  }

  /** The inode under a path, as the program sees it; undefined where there is none. */
  find(path: string): number | undefined {
    if (path === '') return ROOT;
    const slash = path.lastIndexOf('/');
    const directory = this.find(path.slice(0, Math.max(0, slash)));
    return directory === undefined ? undefined : this.#names.get(keyOf(directory, path.slice(slash + 1)));
  }

  make(path: string, kind: 'file' | 'directory'): number {
    const inode = this.#newInode(kind === 'directory');
    this.#rename([{ path, inode }]);
    return inode;
  }

  remove(path: string): void {
    this.#rename([{ path, inode: undefined }]);
  }

  move(from: string, to: string): void {
    this.#rename([
      { path: from, inode: undefined },
      { path: to, inode: this.find(from) },
    ]);
  }

  write(inode: number, at: number, bytes: Buffer): void {
    this.#inode(inode).pending.push({ at, bytes });
    this.#lastWritten = inode;
  }

  resize(inode: number, size: number): void {
    this.#inode(inode).pending.push({ size });
    this.#lastWritten = inode;
  }

  /** From now on anything may stand in the file. */
  spoil(inode: number): void {
    this.#inode(inode).isUnknown = true;
  }

  sync(inode: number): void {
    const synced = this.#inode(inode);
    if (synced.pending.length > 0) synced.durable = patched(synced.durable, synced.pending);
    synced.pending = [];
    for (const renaming of this.#renamings) {
      renaming.unsynced.delete(inode);
      renaming.isJournaled = true;
    }
    // In their order, as far as all are durable: a later one may be about the same name.
    while (this.#renamings[0]?.unsynced.size === 0) apply(this.#durableNames, this.#renamings.shift());
  }

  /** The size of a file, as the program sees it. */
  sizeOf(inode: number): number {
    const { durable, pending } = this.#inode(inode);
    return pending.reduce(
      (size, one) => ('size' in one ? one.size : Math.max(size, one.at + one.bytes.length)),
      durable.length,
    );
  }

  /** How a power cut may leave the disk: each way of the names with each way of the data. */
  cuts(isTearable: boolean): Cut[] {
    const names = this.#renamings.length === 0 ? (['all'] as const) : (['all', 'journal', 'none', 'some'] as const);
    const isDirty = this.#inodes.some(({ pending, isUnknown }) => pending.length > 0 || isUnknown);
    const ways = ['all', 'none', 'prefixes', 'some', 'some', 'sectors', 'sectors'] as const;
    const data = isDirty ? [...ways, ...(isTearable ? (['torn', 'torn'] as const) : [])] : (['all'] as const);
    return names.flatMap((name) => data.map((one) => ({ names: name, data: one })));
  }

  /** What the disk holds after a power cut. */
  image({ names, data }: Cut, chance: Chance): Image {
    const kept = this.#keptNames(names, chance);
    const image = new Map<string, Buffer | 'directory'>();
    const visit = (directory: number, prefix: string): void => {
      for (const [key, inode] of kept) {
        if (!key.startsWith(`${directory}/`)) continue;
        const path = prefix + key.slice(`${directory}/`.length);
        const { isDirectory } = this.#inode(inode);
        image.set(path, isDirectory ? 'directory' : this.#content(inode, data, chance));
        if (isDirectory) visit(inode, `${path}/`);
      }
    };
    visit(ROOT, '');
    return image;
  }

  #keptNames(names: Cut['names'], chance: Chance): ReadonlyMap<string, number> {
    const kept = new Map(this.#durableNames);
    const journaled = this.#renamings.filter(({ isJournaled }) => isJournaled).length;
    const prefix = journaled + chance.below(this.#renamings.length - journaled + 1);
    for (const [index, renaming] of this.#renamings.entries()) {
      const isKept = {
        all: true,
        journal: index < prefix,
        none: renaming.unsynced.size === 0,
        some: renaming.unsynced.size === 0 || chance.isOneIn(2),
      };
      if (isKept[names]) apply(kept, renaming);
    }
    return kept;
  }

  #content(inode: number, data: Cut['data'], chance: Chance): Buffer {
    const { durable, pending, isUnknown } = this.#inode(inode);
    if (isUnknown && data !== 'all') return Buffer.alloc(this.sizeOf(inode), chance.below(256));
    if (pending.length === 0 || data === 'none') return durable;
    switch (data) {
      case 'all':
        return patched(durable, pending);
      case 'prefixes':
        return patched(durable, pending.slice(0, chance.below(pending.length + 1)));
      case 'some':
        return patched(
          durable,
          pending.filter(() => chance.isOneIn(2)),
        );
      case 'torn':
        return patched(durable, inode === this.#lastWritten ? tornLast(pending, chance) : pending);
      case 'sectors':
        return patched(durable, sectorwise(pending, chance));
    }
  }

  #newInode(isDirectory: boolean): number {
    return this.#inodes.push({ isDirectory, durable: EMPTY, pending: [], isUnknown: false }) - 1;
  }

  #inode(number: number): Inode {
    const inode = this.#inodes[number];
    if (!inode) throw new RangeError(`no inode ${number}`);
    return inode;
  }

  #keyOf(path: string): string {
    const slash = path.lastIndexOf('/');
    const directory = this.find(path.slice(0, Math.max(0, slash)));
    if (directory === undefined) throw new RangeError(`no directory for ${path}`);
    return keyOf(directory, path.slice(slash + 1));
  }

  #rename(changes: readonly { readonly path: string; readonly inode: number | undefined }[]): void {
    const entries = changes.map(({ path, inode }) => ({ key: this.#keyOf(path), inode }));
    const renaming = {
      entries,
      unsynced: new Set(entries.map(({ key }) => Number.parseInt(key, 10))),
      isJournaled: false,
    };
    apply(this.#names, renaming);
    this.#renamings.push(renaming);
  }
}

function apply(names: Map<string, number>, renaming: Renaming | undefined): void {
  for (const { key, inode } of renaming?.entries ?? []) {
    if (inode === undefined) names.delete(key);
    else names.set(key, inode);
  }
}
