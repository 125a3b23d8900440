import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Controlled, PATHS, type Trial } from './control.ts';

/** The door is open to the user that the gateway runs as and to its group; nothing listens on the network. */
const SOCKET_MODE = 0o660;
/** A reader that lags behind by so much misses observations, and is told how many: the gateway does not wait for it. */
const UNREAD_BYTES = 1_000_000;

/** A config has some hundred lines. */
const BODY_AT_MOST = 1_000_000;

/** The open door. */
export interface Control {
  close(): Promise<void>;
}

/** Opens the socket at `path`. Rejects where that cannot be, or where another gateway answers there. */
export async function openControl(path: string, controlled: Controlled): Promise<Control> {
  if (await isAnswered(path)) throw new Error(`another gateway answers at ${path}`);
  rmSync(path, { force: true });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://dorpel');
    const asked = { controlled, request, response, path: pathname, search: searchParams };
    const isChange = request.method === 'POST';
    (isChange ? change(asked) : show(asked)).catch((cause: unknown) => answer(response, 500, { error: String(cause) }));
  });
  await listening(server, path);
  chmodSync(path, SOCKET_MODE);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Asked {
  readonly controlled: Controlled;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly search: URLSearchParams;
}

async function show(asked: Asked): Promise<void> {
  const { controlled, response, path } = asked;
  if (path === PATHS.status) return answer(response, 200, await controlled.status());
  if (path === PATHS.buses) return answer(response, 200, controlled.buses());
  if (path === PATHS.log) return answer(response, 200, controlled.log());
  if (path === PATHS.trial) return answer(response, 200, controlled.trial() ?? null);
  if (path === PATHS.observations) return tell(asked);
  if (path.startsWith(PATHS.history)) {
    const [device = '', quantity = ''] = path.slice(PATHS.history.length).split('/').map(decodeURIComponent);
    const history = controlled.history(device, quantity);
    return history
      ? answer(response, 200, history)
      : answer(response, 404, { error: `nothing has been heard of ${device}/${quantity}` });
  }
  answer(response, 404, { error: `${path} is not known here; known: ${Object.values(PATHS).join(', ')}` });
}

async function change(asked: Asked): Promise<void> {
  const { controlled, request, response, path } = asked;
  if (path.startsWith(PATHS.read)) return read(asked);
  if (path.startsWith(PATHS.scan)) return scan(asked);
  if (path === PATHS.reload) return answer(response, 200, await controlled.reload());
  if (path === PATHS.confirm) return answer(response, 200, controlled.confirm());
  if (path === PATHS.trial) {
    const trial = trialIn(await bodyOf(request));
    return trial
      ? answer(response, 200, await controlled.try(trial))
      : answer(response, 400, { error: 'a trial is {"text": "…", "seconds": 300}' });
  }
  answer(response, 404, { error: `POST ${path} is not known here` });
}

/** The answer may be long in coming: that it is on its way is said at once. */
async function read({ controlled, response, path }: Asked): Promise<void> {
  const device = decodeURIComponent(path.slice(PATHS.read.length));
  const reading = controlled.read(device, goneOf(response));
  if (!reading) return answer(response, 404, { error: `there is no device called ${device}` });
  begin(response);
  response.end(`${JSON.stringify(await reading)}\n`);
}

async function scan({ controlled, response, path, search }: Asked): Promise<void> {
  const bus = decodeURIComponent(path.slice(PATHS.scan.length));
  const gone = goneOf(response);
  const events = controlled.scan(bus, { isThorough: search.has('all') }, gone);
  if (!events) return answer(response, 404, { error: `there is no bus called ${bus}` });
  begin(response);
  for await (const event of events) response.write(`${JSON.stringify(event)}\n`);
  response.end();
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
}

/** Aborted when the asker has gone, or has been answered. */
function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

/** Whoever asks is of the gateway's own group, but may be another release. */
function trialIn(body: string): Trial | undefined {
  try {
    const { text, seconds } = JSON.parse(body) as Partial<Trial>;
    return typeof text === 'string' && typeof seconds === 'number' && seconds > 0 ? { text, seconds } : undefined;
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) {
    body += piece;
    if (body.length > BODY_AT_MOST) throw new RangeError('that is no config: it is too long');
  }
  return body;
}

function answer(response: ServerResponse, status: number, body: object | null): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function tell({ controlled, response, search }: Asked): void {
  const device = search.get('device');
  let skipped = 0;
  begin(response);
  const unfollow = controlled.onObservation((observation) => {
    if (device !== null && observation.device !== device) return;
    if (response.writableLength > UNREAD_BYTES) {
      skipped += 1;
      return;
    }
    if (skipped > 0) response.write(`${JSON.stringify({ skipped })}\n`);
    skipped = 0;
    response.write(`${JSON.stringify(observation)}\n`);
  });
  response.once('close', unfollow);
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/** A socket file may be left over from a gateway that was killed: then nobody answers. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
