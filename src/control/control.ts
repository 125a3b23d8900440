import { join } from 'node:path';
import type { Onlooker } from '../health/overview.ts';
import type { Status, StreamHistory } from '../health/status.ts';
import type { Asked } from '../sampling/on-demand.ts';
import type { ScanEvent } from '../scanning/scan.ts';
import type { NamedBus } from '../scanning/yaml.ts';

/** What the gateway that runs can be asked from outside. */
export interface Controlled {
  status(): Promise<Status>;
  /** Undefined where nothing has been heard of such a stream. */
  history(device: string, quantity: string): StreamHistory | undefined;
  /** Shows every observation from now on; gives what ends that. */
  onObservation(onlooker: Onlooker): () => void;
  /** A sample of the device beside those that it keeps, in its turn on the bus; undefined where there is no such device. */
  read(device: string, signal: AbortSignal): Promise<Reading> | undefined;
  /** The buses that the gateway has open. */
  buses(): readonly NamedBus[];
  /**
   * Looks for parts on a bus, its conversations in turn with the gateway's own, until aborted; undefined where there is no
   * such bus.
   */
  scan(bus: string, how: { readonly isThorough: boolean }, signal: AbortSignal): AsyncIterable<ScanEvent> | undefined;
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

/** What came of asking a device for a sample. */
export type Reading = Asked | { readonly error: string };

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
  /** POST to `/v1/read/DEVICE`: one line of JSON, a Reading, when it has come. */
  read: '/v1/read/',
  buses: '/v1/buses',
  /** POST to `/v1/scan/BUS`, `?all` for every address: a line of JSON for each event, until all is scanned. */
  scan: '/v1/scan/',
  /** POST a Trial; GET what is on trial, `null` for nothing. */
  trial: '/v1/trial',
  /** POST. */
  confirm: '/v1/confirm',
} as const;
