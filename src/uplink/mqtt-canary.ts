import type { Clock } from '../hal/clock.ts';
import type { Connected } from './mqtt-client.ts';
import type { Message, Outcome } from './uplink.ts';

/** A way to a broker that is to be proved. */
export interface Unproved {
  readonly client: Connected['client'];
  readonly clock: Clock;
  /** How long the broker may take, for the subscription and for showing what it has accepted. */
  readonly patienceMs: number;
  publish(message: Message): Promise<Outcome>;
}

/**
 * Publishes a message and waits until the broker shows it: a broker of MQTT 3.1.1 acknowledges what its ACL refuses.
 * Rejects where it does not; the subscription is gone afterwards, for a gateway has nothing to read.
 */
export async function seeItComeBack({ client, clock, patienceMs, publish }: Unproved, message: Message): Promise<void> {
  const sent = Buffer.from(message.payload);
  const over = new AbortController();
  const tooLate = (what: string) =>
    clock.sleep(patienceMs, over.signal).then(() => {
      throw new Error(what);
    });
  let isBack: (() => void) | undefined;
  const back = new Promise<void>((resolve) => {
    isBack = resolve;
  });
  const hear = (topic: string, payload: Buffer) => {
    // By its bytes: what the broker has kept from an earlier session has another time in it.
    if (topic === message.topic && sent.equals(payload)) isBack?.();
  };
  client.on('message', hear);
  try {
    await Promise.race([client.subscribeAsync(message.topic, { qos: 1 }), tooLate('no answer to a subscription')]);
    const { kind } = await publish(message);
    if (kind !== 'accepted') throw new Error(`the message was ${kind}`);
    await Promise.race([back, tooLate('accepted, but not shown to whoever may read it')]);
  } finally {
    over.abort();
    client.off('message', hear);
    if (client.connected) client.unsubscribe(message.topic);
  }
}
