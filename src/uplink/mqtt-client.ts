import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt';
// The client alone: the package's front door also loads WebSockets and proxies, 8 MB that no gateway uses.
import mqttClient from 'mqtt/lib/client';
import { writeToStream } from 'mqtt-packet';
import { UplinkError } from './uplink.ts';

/** How to reach a broker. */
export interface MqttOptions {
  readonly name: string;
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string;
  readonly protocol: 5 | '3.1.1';
  readonly clientId: string;
  readonly username?: string;
  /** Files, read anew at each attempt: a renewed certificate or password needs no restart. */
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

// Otherwise it makes a Buffer for each of the 65,536 packet identifiers at the first packet: 6 MB.
writeToStream.cacheNumbers = false;

/** MQTT 5, 4.13: DISCONNECT 0x8E. Two gateways that came back at once would take the session from each other for ever. */
const SESSION_TAKEN_OVER = 0x8e;
const DUPLICATE_PAUSE_MS = 10 * 60_000;

const CONNECT_TIMEOUT_MS = 30_000;
const KEEPALIVE_SECONDS = 60;

/** A connection that stands. */
export interface Connected {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
}

/** What the broker says for a client that vanishes. */
export type Will = NonNullable<IClientOptions['will']>;

/** What to do with a connection: `opened` is called at once, so that nothing is missed that happens to it. */
export interface Purpose<T> {
  readonly will?: Will;
  opened(connected: Connected): T;
}

/** One attempt to connect, with a new session and no queue. Rejects with an UplinkError. */
export async function connect<T>(options: MqttOptions, { will, opened }: Purpose<T>, signal: AbortSignal): Promise<T> {
  const { open, settings } = await prepared(options, will);
  return new Promise((resolve, reject) => {
    const client = new mqttClient.default(open, settings);
    let failure: Error | undefined;
    const give = (error: UplinkError) => {
      signal.removeEventListener('abort', stop);
      client.end(true);
      reject(error);
    };
    const stop = () => give(new UplinkError('stopped', ''));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    client.on('error', (error) => {
      failure = error;
    });
    const closed = () => give(explain(options, failure));
    client.once('close', closed);
    client.once('connect', (connack) => {
      signal.removeEventListener('abort', stop);
      // Ours alone: the library has listeners of its own on `close`.
      client.off('close', closed);
      resolve(opened({ client, connack }));
    });
  });
}

/** What the attempt needs; its files are read now. */
async function prepared(options: MqttOptions, will: Will | undefined) {
  try {
    return { open: await opener(options), settings: optionsFor(options, will) };
  } catch (cause) {
    const message = `${options.name}: ${(cause as Error).message}`;
    throw new UplinkError(message, 'check the files that are named for it', { cause });
  }
}

async function opener(options: MqttOptions): Promise<() => Socket> {
  const url = new URL(options.url);
  const isTls = url.protocol === 'mqtts:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port) || (isTls ? 8883 : 1883);
  if (!isTls) return () => connectTcp({ host, port });
  // Loaded only where it is used: 2 MB.
  const tls = await import('node:tls');
  const files = tlsFiles(options);
  return () => tls.connect({ host, port, ...files, ...servername(host) });
}

function optionsFor(
  { protocol, clientId, username, passwordFile }: MqttOptions,
  will: Will | undefined,
): IClientOptions {
  return {
    protocolVersion: protocol === 5 ? 5 : 4,
    clientId,
    clean: true,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The forwarder owns the reconnecting and the outbox is the only queue.
    reconnectPeriod: 0,
    queueQoSZero: false,
    timerVariant: 'native',
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trimEnd() }),
    ...(will ? { will } : {}),
  };
}

function tlsFiles({ caFile, certificateFile, keyFile }: MqttOptions) {
  return {
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certificateFile === undefined ? {} : { cert: readFileSync(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
  };
}

/** Server Name Indication takes names only (RFC 6066, 3). */
function servername(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

const HINTS: Readonly<Record<string, string>> = {
  1: 'the broker does not speak MQTT 5: set protocol: 3.1.1',
  132: 'the broker does not speak MQTT 5: set protocol: 3.1.1',
  4: 'check username and passwordFile',
  5: 'check username and passwordFile, and what the broker allows this client',
  134: 'check username and passwordFile',
  135: 'check username and passwordFile, and what the broker allows this client',
  142: 'duplicate identity: another gateway uses the same clientId (a copied SD card?)',
  ECONNREFUSED: 'nothing listens there: is the broker running, is the port right?',
  ENOTFOUND: 'the name is unknown: check url and DNS',
  EAI_AGAIN: 'no name server answers: is the network up?',
  EHOSTUNREACH: 'no way to that address: is the network up?',
  ENETUNREACH: 'no way to that address: is the network up?',
  CERT_NOT_YET_VALID: 'is the clock right? (timedatectl)',
  CERT_HAS_EXPIRED: 'renew the certificate; is the clock right? (timedatectl)',
  SELF_SIGNED_CERT_IN_CHAIN: 'set caFile to the CA that signed the broker’s certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'set caFile to the CA that signed the broker’s certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'set caFile to the broker’s own certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the broker’s certificate is for another name: check url',
};

/** Why a connection ended, in the operator's words. */
export function explain(
  { url, name }: MqttOptions,
  failure: (Error & { code?: number | string }) | undefined,
): UplinkError {
  const where = `${name} (${url.replace(/\/\/[^/]*@/, '//')})`;
  if (!failure) return new UplinkError(`${where}: the connection was closed`, '');
  const hint = HINTS[String(failure.code)] ?? '';
  const leaveAloneMs = failure.code === SESSION_TAKEN_OVER ? DUPLICATE_PAUSE_MS : 0;
  return new UplinkError(`${where}: ${failure.message || String(failure.code)}`, hint, {
    cause: failure,
    leaveAloneMs,
  });
}
