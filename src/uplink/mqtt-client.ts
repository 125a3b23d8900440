import { connect as connectTcp, type Socket } from 'node:net';
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt';
// The client alone: the package's front door also loads WebSockets and proxies, 8 MB that no gateway uses.
import mqttClient from 'mqtt/lib/client';
import { writeToStream } from 'mqtt-packet';
import { type CredentialFiles, type Credentials, readCredentials } from './credentials.ts';
import { cutOff, explain } from './mqtt-explain.ts';
import { UplinkError } from './uplink.ts';

/** How to reach a broker. */
export interface MqttOptions extends CredentialFiles {
  readonly name: string;
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string;
  readonly protocol: 5 | '3.1.1';
  readonly clientId: string;
  readonly username?: string;
  /** A line on which nothing has come for one and a half times as long is dead. Whole seconds; default 60. */
  readonly keepaliveSeconds?: number;
}

// Otherwise it makes a Buffer for each of the 65,536 packet identifiers at the first packet: 6 MB.
writeToStream.cacheNumbers = false;

const CONNECT_TIMEOUT_MS = 30_000;
const KEEPALIVE_SECONDS = 60;

/** MQTT 5, 3.1.2.10: after one and a half times the keepalive without a word, the other side is gone. */
export function patienceMs({ keepaliveSeconds = KEEPALIVE_SECONDS }: MqttOptions): number {
  return 1500 * keepaliveSeconds;
}

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
  /** Where they are not given, what stands in the files. */
  readonly credentials?: Credentials;
  opened(connected: Connected): T;
}

/** One attempt to connect, with a new session and no queue. Rejects with an UplinkError. */
export async function connect<T>(options: MqttOptions, purpose: Purpose<T>, signal: AbortSignal): Promise<T> {
  const { opened, will, credentials = readCredentials(options.name, options) } = purpose;
  const settings = optionsFor(options, credentials, will);
  const open = await opener(options, credentials);
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
      failure ??= error;
    });
    const closed = () => give(explain(options, cutOff(failure)));
    client.once('close', closed);
    client.once('connect', (connack) => {
      signal.removeEventListener('abort', stop);
      // Ours alone: the library has listeners of its own on `close`.
      client.off('close', closed);
      resolve(opened({ client, connack }));
    });
  });
}

async function opener(options: MqttOptions, { ca, certificate, key }: Credentials): Promise<() => Socket> {
  const url = new URL(options.url);
  const isTls = url.protocol === 'mqtts:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port) || (isTls ? 8883 : 1883);
  if (!isTls) return () => connectTcp({ host, port });
  // Loaded only where it is used: 2 MB.
  const tls = await import('node:tls');
  const files = { ...(ca ? { ca } : {}), ...(certificate ? { cert: certificate } : {}), ...(key ? { key } : {}) };
  try {
    const secureContext = tls.createSecureContext(files);
    // Said although it is the default: NODE_TLS_REJECT_UNAUTHORIZED in the environment must not turn it off.
    return () => tls.connect({ host, port, secureContext, rejectUnauthorized: true, ...servername(host) });
  } catch (cause) {
    throw explain(options, cause as Error);
  }
}

function optionsFor(options: MqttOptions, { password }: Credentials, will: Will | undefined): IClientOptions {
  const { protocol, clientId, username, keepaliveSeconds = KEEPALIVE_SECONDS } = options;
  return {
    protocolVersion: protocol === 5 ? 5 : 4,
    clientId,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The forwarder owns the reconnecting and the outbox is the only queue.
    reconnectPeriod: 0,
    queueQoSZero: false,
    timerVariant: 'native',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will ? { will } : {}),
  };
}

/** Server Name Indication takes names only (RFC 6066, 3). */
function servername(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}
