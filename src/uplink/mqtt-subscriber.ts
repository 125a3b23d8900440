import { type Connected, connect, type MqttOptions } from './mqtt-client.ts';
import { explain } from './mqtt-explain.ts';
import { UplinkError } from './uplink.ts';

/** One message that the broker passed on. */
export interface Passed {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly isRetained: boolean;
}

/** What is subscribed to, who hears it, and until when. */
export interface Subscription {
  readonly topic: string;
  readonly stop: AbortSignal;
  heard(message: Passed): void;
}

/**
 * Subscribes with QoS 1 and hands over what comes, until `stop`: undefined then, the reason where the connection was
 * lost before. Over MQTT 5 the retain flag is the publisher's. Rejects with an UplinkError where it cannot subscribe.
 */
export async function subscribe(options: MqttOptions, subscription: Subscription): Promise<UplinkError | undefined> {
  const { stop } = subscription;
  const opened = (connected: Connected) => ({ ...connected, lost: hear(options, subscription, connected) });
  const { client, lost } = await connect(options, { opened }, stop);
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const over = Promise.race([lost, stopped]);
  try {
    const wanted = { qos: 1, ...(options.protocol === 5 ? { rap: true } : {}) } as const;
    const granted = client.subscribeAsync(subscription.topic, wanted).then(([answer]) => mustBeOne(answer?.qos));
    return (await Promise.race([granted, over])) ?? (await over);
  } catch (cause) {
    const hint = 'check what the broker lets this client read';
    throw new UplinkError(`${options.name}: ${(cause as Error).message}`, hint, { cause });
  } finally {
    // Not awaited: a client that has lost its connection never says that it has ended.
    client.end(true);
  }
}

/** Hands over what comes; resolves with the reason when the connection is lost. */
function hear(options: MqttOptions, { heard, stop }: Subscription, { client }: Connected): Promise<UplinkError> {
  let failure: Error | undefined;
  client.on('error', (error) => {
    failure = error;
  });
  client.on('disconnect', ({ reasonCode }) => {
    failure = Object.assign(new Error('the broker ended the session'), { code: reasonCode });
  });
  client.on('message', (topic, payload, { qos, retain }) => {
    if (!stop.aborted) heard({ topic, payload, qos, isRetained: retain });
  });
  return new Promise((resolve) => {
    client.once('close', () => resolve(explain(options, failure)));
  });
}

/** MQTT 3.1.1, 3.9.3: what is not a QoS is a refusal; with QoS 0 messages could be lost on the way. */
function mustBeOne(qos: number | undefined): undefined {
  if (qos !== 1) throw new Error('the broker does not grant QoS 1');
}
