import { type Connected, connect, explain, type MqttOptions, type Will } from './mqtt-client.ts';
import type { Message, Outcome, Session, Uplink } from './uplink.ts';

/** How to reach a broker. */
export type MqttUplinkOptions = MqttOptions;

/** MQTT 5, 3.3.4: a broker that names no Receive Maximum takes 65,535. */
const RECEIVE_MAXIMUM_DEFAULT = 65_535;

/** An uplink over MQTT 5 or 3.1.1, QoS 1. Every session is a new client: the library never holds a message of the last. */
export function mqttUplink(options: MqttUplinkOptions): Uplink {
  return {
    name: options.name,
    connect: (will, signal) => {
      const opened = (connected: Connected) => sessionOf(options, connected);
      return connect(options, { will: willOf(options, will), opened }, signal);
    },
  };
}

function willOf({ protocol }: MqttOptions, { topic, payload, isRetained, contentType }: Message): Will {
  const will = { topic, payload: Buffer.from(payload), qos: 1, retain: isRetained } as const;
  return protocol === 5 ? { ...will, properties: { contentType, payloadFormatIndicator: true } } : will;
}

function sessionOf(options: MqttOptions, { client, connack }: Connected): Session {
  const lost = new AbortController();
  const pending = new Set<(outcome: Outcome) => void>();
  let failure: Error | undefined;
  client.on('error', (error) => {
    failure = error;
  });
  client.on('disconnect', ({ reasonCode }) => {
    failure = Object.assign(new Error('the broker ended the session'), { code: reasonCode });
  });
  const closed = () => {
    lost.abort(explain(options, failure));
    client.end(true);
    for (const settle of pending) settle({ kind: 'unavailable' });
  };
  client.once('close', closed);

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
      if (lost.signal.aborted) return;
      client.off('close', closed);
      await client.endAsync();
    },
    drop: () => void client.stream.destroy(),
  };
}

function publishOptions({ protocol }: MqttOptions, { isRetained, contentType, properties }: Message) {
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
