import { join } from 'node:path';
import type { Onlooker } from '../health/overview.ts';
import type { Status, StreamHistory } from '../health/status.ts';

/** What the gateway that runs can be asked from outside. */
export interface Controlled {
  status(): Promise<Status>;
  /** Undefined where nothing has been heard of such a stream. */
  history(device: string, quantity: string): StreamHistory | undefined;
  /** Shows every observation from now on; gives what ends that. */
  onObservation(onlooker: Onlooker): () => void;
  /** The last lines of the log, oldest first. */
  log(): readonly string[];
  /** Works by the config's file as it stands now. */
  reload(): Promise<Told>;
  /** Works by another text for a while; unless that is confirmed, the config of before returns by itself. */
  try(asked: Trial): Promise<Told>;
  /** What is on trial: the text, and where it belongs. */
  trial(): Trialled | undefined;
  /** What is on trial stays. */
  confirm(): Told;
}

/** A config to be tried, and for how long. */
export interface Trial {
  readonly text: string;
  readonly seconds: number;
}

/** A config that is on trial. */
export interface Trialled extends Trial {
  /** The config's file: whoever confirms writes the text there, with the right to do so. */
  readonly file: string;
  readonly secondsLeft: number;
  /** Platforms that were connected before and are not now. */
  readonly lost: readonly string[];
}

/** What came of it, line by line; where it was refused nothing has changed. */
export interface Told {
  readonly isDone: boolean;
  readonly lines: readonly string[];
}

/** Where the service's socket is (systemd makes the directory: RuntimeDirectory=dorpel). */
export const SERVICE_SOCKET = '/run/dorpel/control.sock';

/** Where a gateway opens its socket: in the service's run-time directory, else beside its outbox. */
export function socketPath(storageDirectory: string): string {
  return join(process.env['RUNTIME_DIRECTORY'] ?? storageDirectory, 'control.sock');
}

/** What can be asked over HTTP on the socket: `curl --unix-socket control.sock http://dorpel/v1/status`. */
export const PATHS = {
  status: '/v1/status',
  /** `/v1/history/DEVICE/QUANTITY` */
  history: '/v1/history/',
  log: '/v1/log',
  /** One line of JSON for each observation, for as long as the asker listens; `?device=NAME` for one device. */
  observations: '/v1/observations',
  /** POST. */
  reload: '/v1/reload',
  /** POST a Trial; GET what is on trial, `null` for nothing. */
  trial: '/v1/trial',
  /** POST. */
  confirm: '/v1/confirm',
} as const;
