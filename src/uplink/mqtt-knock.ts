import type { Clock } from '../hal/clock.ts';
import { type Connected, connect, type MqttOptions } from './mqtt-client.ts';
import { UplinkError } from './uplink.ts';

/** What a broker lets this client do. */
export interface Knock {
  readonly mayWrite: 'yes' | 'no' | 'unproved';
  readonly why: string;
}

/** Under whose topics to knock, and until when. */
export interface Knocking {
  /** `feed/v1/OWNER/GATEWAY` */
  readonly prefix: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const ANSWER_MS = 2000;

/**
 * Connects as the gateway would, without a Will, and tells the state again that the platform holds of it, byte for byte:
 * the one message that changes nothing. Never while the gateway runs: it would be thrown out. Rejects with an UplinkError
 * where the broker does not let us in.
 */
export async function knock(options: MqttOptions, { prefix, clock, signal }: Knocking): Promise<Knock> {
  const topic = `${prefix}/-/state`;
  const heard: Heard[] = [];
  const opened = ({ client }: Connected) => {
    client.on('error', () => undefined); // said by the publishing that fails
    client.on('message', (_topic, payload, { retain }) => heard.push({ payload, isRetained: retain }));
    return client;
  };
  const client = await connect(options, { opened }, signal);
  try {
    await client.subscribeAsync(topic, { qos: 1 }).catch(() => undefined);
    const state = await soon(clock, () => heard.find(({ isRetained }) => isRetained)?.payload);
    if (!state) return unproved(`whether it takes what we tell is unproved: it holds no ${topic} that we may read`);
    if (isOnline(state))
      return unproved('it holds this gateway for online: does it run elsewhere, too (a copied card)?');
    await client.publishAsync(topic, state, { qos: 1, retain: true });
    if (options.protocol === 5) return { mayWrite: 'yes', why: '' };
    // MQTT 3.1.1 acknowledges what is refused, too; what was taken comes back.
    const isBack = await soon(clock, () => heard.find(({ isRetained }) => !isRetained)?.payload);
    return isBack
      ? { mayWrite: 'yes', why: '' }
      : { mayWrite: 'no', why: `${topic} was acknowledged and then dropped` };
  } catch (cause) {
    const { code, message } = cause as Error & { readonly code?: number | string };
    if (typeof code === 'number') return { mayWrite: 'no', why: `${topic}: ${message} (${code})` };
    throw new UplinkError(`${options.name}: ${message}`, 'the connection was lost', { cause });
  } finally {
    client.end(true);
  }
}

interface Heard {
  readonly payload: Buffer;
  readonly isRetained: boolean;
}

const unproved = (why: string): Knock => ({ mayWrite: 'unproved', why });

const LOOK_MS = 50;

/** What is there within a moment. */
async function soon<T>(clock: Clock, found: () => T | undefined): Promise<T | undefined> {
  const until = clock.uptimeMs() + ANSWER_MS;
  while (found() === undefined && clock.uptimeMs() < until) await clock.sleep(LOOK_MS);
  return found();
}

function isOnline(state: Buffer): boolean {
  try {
    return (JSON.parse(state.toString('utf8')) as { online?: unknown }).online === true;
  } catch {
    return false;
  }
}
