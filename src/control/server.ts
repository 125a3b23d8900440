import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Controlled, PATHS } from './control.ts';

/** The door is open to the user that the gateway runs as and to its group; nothing listens on the network. */
const SOCKET_MODE = 0o660;
/** A reader that lags behind by so much misses observations, and is told how many: the gateway does not wait for it. */
const UNREAD_BYTES = 1_000_000;

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
    if (request.method !== 'GET') return answer(response, 405, { error: `${request.method} is not known here` });
    void route(pathname, searchParams, { controlled, response }).catch((cause: unknown) => {
      answer(response, 500, { error: String(cause) });
    });
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
  readonly response: ServerResponse;
}

async function route(path: string, search: URLSearchParams, { controlled, response }: Asked): Promise<void> {
  if (path === PATHS.status) return answer(response, 200, await controlled.status());
  if (path === PATHS.observations) return tell(search.get('device') ?? undefined, { controlled, response });
  if (path.startsWith(PATHS.history)) {
    const [device = '', quantity = ''] = path.slice(PATHS.history.length).split('/');
    const history = controlled.history(device, quantity);
    return history
      ? answer(response, 200, history)
      : answer(response, 404, { error: `nothing has been heard of ${device}/${quantity}` });
  }
  answer(response, 404, { error: `${path} is not known here; known: ${Object.values(PATHS).join(', ')}` });
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function tell(device: string | undefined, { controlled, response }: Asked): void {
  let skipped = 0;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const unfollow = controlled.follow((observation) => {
    if (device !== undefined && observation.device !== device) return;
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
