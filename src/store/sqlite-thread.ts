/** The thread that the outbox's file lives in: takes one request at a time, answers it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Range } from '../model/number-set.ts';
import type { Candidates, CandidatesAsked, Commit, FileSize, FileStats } from './commit.ts';
import type { Corrected, Correction, Untimed } from './correct-times.ts';
import { flee, openFile } from './open-file.ts';
import type { Row, StoreEvent } from './outbox.ts';
import type { SqliteFileOptions } from './recover.ts';
import type { Opened, SqliteFile } from './sqlite-file.ts';

/** What may be asked of the thread, and what it answers. */
export interface Requests {
  commit: { readonly ask: Commit; readonly answer: FileSize };
  read: { readonly ask: Range & { readonly limit: number }; readonly answer: readonly Row[] };
  candidates: { readonly ask: CandidatesAsked; readonly answer: Candidates };
  untimed: { readonly ask: Range; readonly answer: readonly Untimed[] };
  correct: { readonly ask: Correction; readonly answer: Corrected };
  stats: { readonly ask: undefined; readonly answer: FileStats };
  /** A commit has failed: goes on elsewhere, if the disk is the reason; what is open from now on is answered. */
  flee: { readonly ask: undefined; readonly answer: Opened };
  close: { readonly ask: { readonly stoppedAt: number }; readonly answer: undefined };
}

/** A request on its way: its name and what it asks. */
export type Request = { [K in keyof Requests]: { readonly do: K; readonly ask: Requests[K]['ask'] } }[keyof Requests];

/** Answers come in the order of the requests; the first is to the opening. */
export type Answer =
  | { readonly ok: Opened | Requests[keyof Requests]['answer'] }
  /** No answer: something has happened. */
  | { readonly event: StoreEvent }
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

  const report = (event: StoreEvent): void => port.postMessage({ event } satisfies Answer);
  let file: SqliteFile | undefined;
  answer((): Opened => {
    file = openFile(options, report);
    return file.opened;
  });
  if (!file) return;
  let opened: SqliteFile = file;

  port.on('message', (request: Request) => {
    answer(() => {
      if (request.do !== 'flee') return answerTo(opened, request);
      opened = flee(opened, options, report) ?? opened;
      return opened.opened;
    });
    if (request.do === 'close') port.close();
  });
}

function answerTo(file: SqliteFile, request: Exclude<Request, { do: 'flee' }>): Requests[keyof Requests]['answer'] {
  switch (request.do) {
    case 'commit':
      return file.commit(request.ask);
    case 'read':
      return file.read(request.ask);
    case 'candidates':
      return file.candidates(request.ask);
    case 'untimed':
      return file.untimed(request.ask);
    case 'correct':
      return file.correct(request.ask);
    case 'stats':
      return file.stats();
    case 'close':
      file.close(request.ask.stoppedAt);
      return undefined;
  }
}
