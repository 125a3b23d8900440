import { Worker } from 'node:worker_threads';
import { StoreError } from '../model/errors.ts';
import { keepLoaded } from './database.ts';
import type { StoreEvent } from './outbox.ts';
import type { SqliteFileOptions } from './recover.ts';
import type { Opened } from './sqlite-file.ts';
import type { Answer, Request, Requests } from './sqlite-thread.ts';

// Tests run the sources as they are; Node 20 cannot start a thread from TypeScript, so the built thread serves them.
const THREAD = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/src/store/sqlite-thread.js', import.meta.url)
  : new URL('./sqlite-thread.js', import.meta.url);

/** What went wrong with the file: `code` is SQLite's, or QUOTA. */
export class FileError extends StoreError {
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string, hint: string) {
    super(message, hint);
    this.code = code;
  }
}

interface Asked {
  resolve(answer: never): void;
  reject(error: StoreError): void;
}

/** The near end of the thread that holds the outbox's file. */
export class FileThread {
  readonly opened: Promise<Opened>;
  readonly #worker: Worker;
  readonly #path: string;
  readonly #report: (event: StoreEvent) => void;
  readonly #asked: Asked[] = [];
  #failure: StoreError | undefined;

  constructor(options: SqliteFileOptions, report: (event: StoreEvent) => void = () => undefined) {
    this.#path = options.path;
    this.#report = report;
    keepLoaded();
    this.#worker = new Worker(THREAD, {
      workerData: options,
      // The thread holds one commit and a page cache; V8 would let its young heap grow to 48 MB before it looks.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')));
    this.opened = new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  /** Resolves with the answer; rejects with a StoreError that says which file. */
  ask<K extends keyof Requests>(what: K, ask: Requests[K]['ask']): Promise<Requests[K]['answer']> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage({ do: what, ask } as Request);
    });
  }

  #settle(answer: Answer): void {
    if ('event' in answer) {
      this.#report(answer.event);
      return;
    }
    const asked = this.#asked.shift();
    if ('ok' in answer) asked?.resolve(answer.ok as never);
    else asked?.reject(this.#explain(answer.error));
  }

  #fail(cause: Error): void {
    this.#failure ??= new StoreError(`${this.#path}: ${cause.message}`, 'see the log above for the reason', { cause });
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }

  #explain({ message, code }: { message: string; code?: string }): FileError {
    const error = (text: string, hint: string) => new FileError(code, `${this.#path}${text}`, hint);
    switch (code) {
      case 'SQLITE_BUSY':
        return error(
          ' is in use by another gateway',
          'stop the other one (systemctl stop dorpel), or give this one a storage.path of its own',
        );
      case 'SQLITE_CANTOPEN':
      case 'SQLITE_READONLY':
        return error(` cannot be written: ${message}`, 'see who owns the directory: ls -ld');
      case 'SQLITE_FULL':
        return error(': the disk is full', 'see what fills it (df -h, du -xh /var), and make room');
      case 'QUOTA':
        return error(': the quota is used up, and nothing can be dropped', 'set a larger storage.quota');
      default:
        return error(
          `: ${message}`,
          'start again: a file that is damaged is put aside then, and what can be read of it goes on',
        );
    }
  }
}
