import { Worker } from 'node:worker_threads';
import { StoreError } from '../model/errors.ts';
import type { SqliteFileOptions } from './recover.ts';
import type { Answer, Opened, Request, Requests } from './sqlite-thread.ts';

// Tests run the sources as they are; Node 20 cannot start a thread from TypeScript, so the built thread serves them.
const THREAD = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/src/store/sqlite-thread.js', import.meta.url)
  : new URL('./sqlite-thread.js', import.meta.url);

interface Asked {
  resolve(answer: never): void;
  reject(error: StoreError): void;
}

/** The near end of the thread that holds the outbox's file. */
export class FileThread {
  readonly opened: Promise<Opened>;
  readonly #worker: Worker;
  readonly #path: string;
  readonly #asked: Asked[] = [];
  #failure: StoreError | undefined;

  constructor(options: SqliteFileOptions) {
    this.#path = options.path;
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
    const asked = this.#asked.shift();
    if ('ok' in answer) asked?.resolve(answer.ok as never);
    else asked?.reject(this.#explain(answer.error));
  }

  #fail(cause: Error): void {
    this.#failure ??= new StoreError(`${this.#path}: ${cause.message}`, 'see the log above for the reason', { cause });
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }

  #explain({ message, code }: { message: string; code?: string }): StoreError {
    if (code === 'SQLITE_BUSY') {
      return new StoreError(
        `${this.#path} is in use by another gateway`,
        'stop the other one (systemctl stop dorpel), or give this one a storage.path of its own',
      );
    }
    if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY') {
      return new StoreError(`${this.#path} cannot be written: ${message}`, 'see who owns the directory: ls -ld');
    }
    if (code === 'SQLITE_FULL') {
      return new StoreError(`${this.#path}: the disk is full`, 'see what fills it (df -h, du -xh /var), and make room');
    }
    return new StoreError(
      `${this.#path}: ${message}`,
      'start again: a file that is damaged is put aside then, and what can be read of it goes on',
    );
  }
}
