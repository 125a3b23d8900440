import type { Clock } from '../hal/clock.ts';
import { type Credentials, Keyring } from './credentials.ts';
import { connect, type MqttOptions, type Will } from './mqtt-client.ts';
import { mayBeAboutCredentials } from './mqtt-explain.ts';
import { MqttSession } from './mqtt-session.ts';
import { type Message, type Session, type Uplink, UplinkError } from './uplink.ts';

/** How to reach a broker, and how to prove that it takes what is told. */
export interface MqttUplinkOptions extends MqttOptions {
  /** On MQTT 3.1.1: whether a session proves its way first, by seeing its own state come back. Default true. */
  readonly canary?: boolean;
}

/** An uplink over MQTT 5 or 3.1.1, QoS 1. Every session is a new client: the library never holds a message of the last. */
export function mqttUplink(options: MqttUplinkOptions, clock: Clock): Uplink {
  const keyring = new Keyring(options.name, options);
  let isRenewing = false;
  const standing = { options, clock, isBeingReplaced: () => isRenewing };

  const open = async (credentials: Credentials, message: Message, signal: AbortSignal): Promise<Session> => {
    const will = willOf(options, message);
    try {
      const session = await connect(
        options,
        { will, credentials, opened: (connected) => new MqttSession({ ...standing, credentials }, connected) },
        signal,
      );
      keyring.accepted(credentials);
      return session;
    } catch (cause) {
      const isRefused = cause instanceof UplinkError && !signal.aborted && mayBeAboutCredentials(cause);
      if (isRefused) keyring.refused(credentials);
      throw cause;
    }
  };

  return {
    name: options.name,
    connect: async (will, signal) => open(keyring.next(), will, signal),
    renewal: {
      fingerprint: () => keyring.fingerprint,
      connect: async (will, signal) => {
        isRenewing = true;
        try {
          return await open(keyring.latest(), will, signal);
        } finally {
          isRenewing = false;
        }
      },
    },
  };
}

function willOf({ protocol }: MqttOptions, { topic, payload, isRetained, contentType }: Message): Will {
  const will = { topic, payload: Buffer.from(payload), qos: 1, retain: isRetained } as const;
  return protocol === 5 ? { ...will, properties: { contentType, payloadFormatIndicator: true } } : will;
}
