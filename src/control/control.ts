import { join } from 'node:path';
import type { Onlooker } from '../health/overview.ts';
import type { Status, StreamHistory } from '../health/status.ts';

/** What the gateway that runs can be asked from outside. */
export interface Controlled {
  status(): Promise<Status>;
  /** Undefined where nothing has been heard of such a stream. */
  history(device: string, quantity: string): StreamHistory | undefined;
  /** Shows every observation from now on; gives what ends that. */
  follow(onlooker: Onlooker): () => void;
}

/** Where the service's socket is (systemd makes the directory: RuntimeDirectory=dorpel). */
export const SERVICE_SOCKET = '/run/dorpel/control.sock';

/** Where a gateway opens its socket: in the service's run-time directory, else beside its outbox. */
export function socketPath(storageDirectory: string): string {
  return join(process.env['RUNTIME_DIRECTORY'] ?? storageDirectory, 'control.sock');
}

/** The paths that can be asked for, over HTTP on the socket: `curl --unix-socket control.sock http://dorpel/v1/status`. */
export const PATHS = {
  status: '/v1/status',
  /** `/v1/history/DEVICE/QUANTITY` */
  history: '/v1/history/',
  /** One line of JSON for each observation, for as long as the asker listens; `?device=NAME` for one device. */
  observations: '/v1/observations',
} as const;
