/** The thread that the outbox's file lives in: takes one request at a time, answers it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Commit, Committed, FileStats } from './commit.ts';
import type { LastRun, Row } from './outbox.ts';
import type { SqliteFileOptions } from './recover.ts';
import { SqliteFile } from './sqlite-file.ts';

/** What the thread says of the file before the first request. */
export interface Opened {
  readonly epoch: string;
  readonly lastRun: LastRun;
  readonly newestId: number;
  readonly settled: Readonly<Record<string, number>>;
  readonly memories: Readonly<Record<string, string>>;
}

/** What may be asked of the thread, and what it answers. */
export interface Requests {
  commit: { readonly ask: Commit; readonly answer: Committed };
  read: { readonly ask: { readonly after: number; readonly limit: number }; readonly answer: readonly Row[] };
  stats: { readonly ask: undefined; readonly answer: FileStats };
  close: { readonly ask: { readonly stoppedAt: number }; readonly answer: undefined };
}

/** A request on its way: its name and what it asks. */
export type Request = { [K in keyof Requests]: { readonly do: K; readonly ask: Requests[K]['ask'] } }[keyof Requests];

/** Answers come in the order of the requests; the first is to the opening. */
export type Answer =
  | { readonly ok: Opened | Requests[keyof Requests]['answer'] }
  | { readonly error: { readonly message: string; readonly code?: string } };

if (parentPort) serve(parentPort, workerData as SqliteFileOptions);

function serve(port: NonNullable<typeof parentPort>, options: SqliteFileOptions): void {
  const answer = <T extends Extract<Answer, { ok: unknown }>['ok']>(act: () => T): void => {
    try {
      port.postMessage({ ok: act() } satisfies Answer);
    } catch (cause) {
      const { message, code } = cause as Error & { code?: string };
      port.postMessage({ error: { message, ...(code === undefined ? {} : { code }) } } satisfies Answer);
    }
  };

  let file: SqliteFile | undefined;
  answer((): Opened => {
    file = SqliteFile.open(options);
    const { epoch, lastRun, newestId, settled, memories } = file;
    return { epoch, lastRun, newestId, settled, memories };
  });
  const opened = file;
  if (!opened) return;

  port.on('message', (request: Request) => {
    switch (request.do) {
      case 'commit':
        return answer(() => opened.commit(request.ask));
      case 'read':
        return answer(() => opened.read(request.ask.after, request.ask.limit));
      case 'stats':
        return answer(() => opened.stats());
      case 'close':
        answer(() => {
          opened.close(request.ask.stoppedAt);
          return undefined;
        });
        port.close();
    }
  });
}
