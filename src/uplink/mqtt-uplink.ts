import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { IClientOptions, IConnackPacket, MqttClient } from 'mqtt';
// The client alone: the package's front door also loads WebSockets and proxies, 8 MB that no gateway uses.
import mqttClient from 'mqtt/lib/client';
import { writeToStream } from 'mqtt-packet';
import { type Message, type Outcome, type Session, type Uplink, UplinkError } from './uplink.ts';

/** How to reach a broker. */
export interface MqttUplinkOptions {
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

const CONNECT_TIMEOUT_MS = 30_000;
const KEEPALIVE_SECONDS = 60;
/** MQTT 5, 3.3.4: a broker that names no Receive Maximum takes 65,535. */
const RECEIVE_MAXIMUM_DEFAULT = 65_535;

/** An uplink over MQTT 5 or 3.1.1, QoS 1. Every session is a new client: the library never holds a message of the last. */
export function mqttUplink(options: MqttUplinkOptions): Uplink {
  return {
    name: options.name,
    connect: (will, signal) => connect(options, will, signal),
  };
}

function connect(options: MqttUplinkOptions, will: Message, signal: AbortSignal): Promise<Session> {
  const url = new URL(options.url);
  const isTls = url.protocol === 'mqtts:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port) || (isTls ? 8883 : 1883);
  return new Promise((resolve, reject) => {
    let clientOptions: IClientOptions;
    let tls: ReturnType<typeof tlsFiles>;
    try {
      tls = tlsFiles(options);
      clientOptions = optionsFor(options, will);
    } catch (cause) {
      reject(
        new UplinkError(`${options.name}: ${(cause as Error).message}`, 'check the files under uplinks:', { cause }),
      );
      return;
    }
    const client = new mqttClient.default(
      () => (isTls ? connectTls({ host, port, ...tls, ...servername(host) }) : connectTcp({ host, port })),
      clientOptions,
    );
    let failure: Error | undefined;
    const give = (error: UplinkError) => {
      signal.removeEventListener('abort', stop);
      client.end(true);
      reject(error);
    };
    const stop = () => give(new UplinkError('stopped', ''));
    signal.addEventListener('abort', stop, { once: true });
    client.on('error', (error) => {
      failure = error;
    });
    client.once('close', () => give(explain(options, failure)));
    client.once('connect', (connack) => {
      signal.removeEventListener('abort', stop);
      client.removeAllListeners('close');
      resolve(sessionOf(options, client, connack));
    });
  });
}

function optionsFor({ protocol, clientId, username, passwordFile }: MqttUplinkOptions, will: Message): IClientOptions {
  const isV5 = protocol === 5;
  return {
    protocolVersion: isV5 ? 5 : 4,
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
    will: {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: 1,
      retain: will.isRetained,
      ...(isV5 ? { properties: { contentType: will.contentType, payloadFormatIndicator: true } } : {}),
    },
  };
}

function tlsFiles({ caFile, certificateFile, keyFile }: MqttUplinkOptions) {
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

function sessionOf(options: MqttUplinkOptions, client: MqttClient, connack: IConnackPacket): Session {
  const lost = new AbortController();
  const pending = new Set<(outcome: Outcome) => void>();
  let failure: Error | undefined;
  client.on('error', (error) => {
    failure = error;
  });
  client.on('disconnect', ({ reasonCode }) => {
    failure = Object.assign(new Error('the broker ended the session'), { code: reasonCode });
  });
  client.once('close', () => {
    lost.abort(explain(options, failure));
    client.end(true);
    for (const settle of pending) settle({ kind: 'unavailable' });
  });

  return {
    maxInFlight: connack.properties?.receiveMaximum ?? RECEIVE_MAXIMUM_DEFAULT,
    lost: lost.signal,
    publish: (message) =>
      new Promise((resolve) => {
        const settle = (outcome: Outcome) => {
          pending.delete(settle);
          resolve(outcome);
        };
        pending.add(settle);
        if (lost.signal.aborted) settle({ kind: 'unavailable' });
        else
          client.publish(message.topic, message.payload, publishOptions(options, message), (e) => settle(outcomeOf(e)));
      }),
    end: async () => {
      client.removeAllListeners('close');
      await client.endAsync();
    },
  };
}

function publishOptions({ protocol }: MqttUplinkOptions, { isRetained, contentType, properties }: Message) {
  const base = { qos: 1, retain: isRetained } as const;
  if (protocol !== 5) return base;
  return {
    ...base,
    properties: { contentType, payloadFormatIndicator: true, ...(properties ? { userProperties: properties } : {}) },
  };
}

/** An error with a reason code is the broker's answer (MQTT 5, 3.4.2.1); any other means that there was none. */
function outcomeOf(error: (Error & { code?: number | string }) | null | undefined): Outcome {
  if (!error) return { kind: 'accepted' };
  if (typeof error.code !== 'number') return { kind: 'unavailable' };
  return { kind: 'refused', reason: `0x${error.code.toString(16)} ${error.message}` };
}

const HINTS: Readonly<Record<string, string>> = {
  1: 'the broker does not speak MQTT 5: set protocol: 3.1.1',
  132: 'the broker does not speak MQTT 5: set protocol: 3.1.1',
  4: 'check username and passwordFile',
  5: 'check username and passwordFile, and what the broker allows this client',
  134: 'check username and passwordFile',
  135: 'check username and passwordFile, and what the broker allows this client',
  142: 'another gateway uses the same clientId',
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

function explain(
  { url, name }: MqttUplinkOptions,
  failure: (Error & { code?: number | string }) | undefined,
): UplinkError {
  const where = `${name} (${url.replace(/\/\/[^/]*@/, '//')})`;
  if (!failure) return new UplinkError(`${where}: the connection was closed`, '');
  const hint = HINTS[String(failure.code)] ?? '';
  return new UplinkError(`${where}: ${failure.message || String(failure.code)}`, hint, { cause: failure });
}
