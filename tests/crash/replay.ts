import { type Call, MARKS_FD } from './calls.ts';
import type { Disk } from './disk.ts';

interface OpenFile {
  readonly path: string;
  readonly inode: number;
  at: number;
}

/** What a call came to: nothing, a change of the disk, or a word of the program about itself. */
export type Effect = 'none' | 'write' | 'other' | { readonly mark: string };

/** Syncs that are taken away: none, all, or those of the log. */
export type Dropped = 'none' | 'all' | 'log';

/** Repeats the calls of one program on a disk that is only modelled. A call that it cannot model is an error. */
export class Replay {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #dropped: Dropped;
  readonly #files = new Map<number, OpenFile>();

  constructor(disk: Disk, { root, dropped }: { readonly root: string; readonly dropped: Dropped }) {
    this.#disk = disk;
    this.#root = root;
    this.#dropped = dropped;
  }

  apply(call: Call): Effect {
    const [fd = -1] = call.numbers;
    if (call.name === 'write' && fd === MARKS_FD) return { mark: String(call.strings[0]) };
    if (call.result < 0) return 'none';
    const paths = /^(p?write|sendfile)/.test(call.name) ? [] : call.strings.flatMap((path) => this.#relative(path));
    if (paths.length > 0) return this.#onNames(call, paths);
    const file = this.#files.get(fd);
    // A number that is given anew, elsewhere, was closed before.
    if (/^(open|creat)/.test(call.name)) this.#files.delete(call.result);
    else if (call.name === 'mmap') return this.#onMap(call);
    else if (/^sync(fs)?$/.test(call.name)) throw unmodelled(call);
    else if (file) return this.#onFile(call, { fd, file });
    return 'none';
  }

  #onNames({ name, flags, strings, result }: Call, paths: readonly string[]): Effect {
    const [from = '', to = ''] = paths;
    switch (name.replace(/at2?$/, '')) {
      case 'open':
        return this.#open({ path: from, flags, fd: result });
      case 'mkdir':
        this.#disk.make(from, 'directory');
        return 'other';
      case 'unlink':
      case 'rmdir':
        this.#disk.remove(from);
        return 'other';
      case 'rename':
        if (paths.length < 2 || flags.includes('RENAME_')) throw unmodelled({ name, strings });
        this.#disk.move(from, to);
        return 'other';
      default:
        throw unmodelled({ name, strings });
    }
  }

  #open({ path, flags, fd }: { readonly path: string; readonly flags: string; readonly fd: number }): Effect {
    const known = this.#disk.find(path);
    const inode = known ?? this.#disk.make(path, 'file');
    this.#files.set(fd, { path, inode, at: 0 });
    if (flags.includes('O_APPEND')) throw unmodelled({ name: `open ${flags}`, strings: [Buffer.from(path)] });
    if (known === undefined) return 'other';
    if (!flags.includes('O_TRUNC')) return 'none';
    this.#disk.resize(inode, 0);
    return 'other';
  }

  #onFile(call: Call, { fd, file }: { readonly fd: number; readonly file: OpenFile }): Effect {
    const bytes = Buffer.concat(call.strings).subarray(0, call.result);
    switch (call.name) {
      case 'close':
        this.#files.delete(fd);
        return 'none';
      case 'lseek':
        file.at = call.result;
        return 'none';
      case 'write':
      case 'writev':
        this.#disk.write(file.inode, file.at, bytes);
        file.at += bytes.length;
        return 'write';
      case 'pwrite64':
      case 'pwritev':
        this.#disk.write(file.inode, call.numbers.at(-1) ?? 0, bytes);
        return 'write';
      case 'ftruncate':
        this.#disk.resize(file.inode, call.numbers[1] ?? 0);
        return 'other';
      case 'fsync':
      case 'fdatasync':
        if (!this.#isDropped(file)) this.#disk.sync(file.inode);
        return 'other';
      default:
        throw unmodelled(call);
    }
  }

  #isDropped({ path }: OpenFile): boolean {
    return this.#dropped === 'all' || (this.#dropped === 'log' && path.endsWith('-wal'));
  }

  /** SQLite maps its index of the log, which it makes anew after a power cut whatever stands there; nothing else. */
  #onMap(call: Call): Effect {
    const file = this.#files.get(call.numbers.at(-2) ?? -1);
    const isShared = call.flags.includes('MAP_SHARED') && call.flags.includes('PROT_WRITE');
    if (!file || !isShared) return 'none';
    if (!file.path.endsWith('-shm')) throw unmodelled(call);
    this.#disk.spoil(file.inode);
    return 'none';
  }

  /** The path from the storage's root on; nothing where it lies elsewhere. */
  #relative(path: Buffer): string[] {
    const text = path.toString();
    if (text === this.#root) return [''];
    return text.startsWith(`${this.#root}/`) ? [text.slice(this.#root.length + 1)] : [];
  }
}

const unmodelled = ({ name, strings }: { readonly name: string; readonly strings: readonly Buffer[] }) =>
  new Error(`${name} is not modelled yet: ${String(strings[0] ?? '')}`);
