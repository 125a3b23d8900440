import { createServer, type Server } from 'node:http';
import { METRICS_TYPE, metricsText } from './metrics.ts';
import type { Status } from './status.ts';

/** Loopback, and nothing else is ever offered: what listens on a network has to be asked for elsewhere (a proxy). */
const HOST = '127.0.0.1';
const PATH = '/metrics';

/** The open port. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers Prometheus on a port of 127.0.0.1 (0: any). Rejects where the port is taken. */
export async function openMetrics(port: number, status: () => Promise<Status>): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (code: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(code, { 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'GET only\n');
    if (request.url?.split('?')[0] !== PATH) return answer(404, `see ${PATH}\n`);
    status().then(
      (now) => answer(200, metricsText(now), METRICS_TYPE),
      (cause: unknown) => answer(500, `${String(cause)}\n`),
    );
  });
  await listening(server, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
