import { type IncomingMessage, type RequestOptions, request } from 'node:http';

/** The gateway could not be asked, or would not answer; `hint` says what to do. */
export class ControlError extends Error {
  readonly hint: string;
  /** True where no gateway runs: nobody has the buses. */
  readonly isAbsent: boolean;

  constructor(
    message: string,
    hint: string,
    { isAbsent = false, ...options }: ErrorOptions & { isAbsent?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'ControlError';
    this.hint = hint;
    this.isAbsent = isAbsent;
  }
}

/** A gateway answers within a commit; more than this is none. */
const ANSWER_WITHIN_MS = 10_000;
const CHANGED_WITHIN_MS = 60_000;

/** Asks the gateway behind the socket; gives its answer as it stands, to be trusted as far as this program is the same. */
export async function ask<T>(socket: string, path: string): Promise<T> {
  return answerIn<T>(await opened(socket, { path, timeout: ANSWER_WITHIN_MS }));
}

/** Has the gateway behind the socket change something; it may take as long as a device takes to stop. */
export async function change<T>(socket: string, path: string, body: object = {}): Promise<T> {
  return answerIn<T>(await opened(socket, { path, method: 'POST', timeout: CHANGED_WITHIN_MS }, JSON.stringify(body)));
}

async function answerIn<T>(response: IncomingMessage): Promise<T> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return JSON.parse(text) as T;
}

/** Every line of an answer that does not end, until aborted. */
export async function* follow<T>(socket: string, path: string, stop: AbortSignal): AsyncGenerator<T> {
  const response = await opened(socket, { path, timeout: ANSWER_WITHIN_MS, signal: stop });
  yield* linesOf<T>(response, stop);
  if (!stop.aborted) throw gone();
}

/** Has the gateway behind the socket do something on its buses: every line of its answer, until it ends or is aborted. */
export async function* perform<T>(socket: string, path: string, stop: AbortSignal): AsyncGenerator<T> {
  const response = await opened(socket, { path, method: 'POST', timeout: ANSWER_WITHIN_MS, signal: stop });
  yield* linesOf<T>(response, stop);
}

async function* linesOf<T>(response: IncomingMessage, stop: AbortSignal): AsyncGenerator<T> {
  const end = () => response.destroy();
  stop.addEventListener('abort', end, { once: true });
  try {
    let rest = '';
    for await (const piece of response.setEncoding('utf8')) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as T;
    }
  } catch (cause) {
    if (!stop.aborted) throw gone({ cause });
  } finally {
    stop.removeEventListener('abort', end);
    end();
  }
}

const gone = (options?: ErrorOptions) =>
  new ControlError('the gateway has gone', 'journalctl -u dorpel says why', options);

function opened(socket: string, how: RequestOptions, body = ''): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...how, socketPath: socket }, (response) => {
      asked.setTimeout(0);
      if (response.statusCode === 200) resolve(response);
      else void refusal(response).then(reject, reject);
    });
    asked.once('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.once('error', (cause) => reject(unreachable(socket, cause)));
    asked.end(body);
  });
}

async function refusal(response: IncomingMessage): Promise<ControlError> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  const { error = text } = JSON.parse(text) as { error?: string };
  return new ControlError(error, 'dorpel status shows what there is');
}

function unreachable(socket: string, cause: NodeJS.ErrnoException): ControlError {
  if (cause.code === 'EACCES') {
    return new ControlError(`${socket} may not be opened`, 'use sudo, or join its group (ls -l shows it)', { cause });
  }
  const hint = 'systemctl status dorpel says whether it runs; --config FILE or --socket PATH names another gateway';
  const isAbsent = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED';
  const message = isAbsent ? `no gateway answers at ${socket}` : `${socket}: ${cause.message}`;
  return new ControlError(message, hint, { cause, isAbsent });
}
