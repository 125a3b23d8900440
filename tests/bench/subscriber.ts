import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';

/** One observation or loss as it came. */
export interface Arrival {
  readonly owner: string;
  readonly device: string;
  readonly epoch: string;
  readonly sequence: number;
  /** UTC milliseconds at which it was measured, and at which it came. */
  readonly t: number;
  readonly cameAt: number;
  /** The value of its first reading: the number, where the source is numbered. */
  readonly value: number;
  readonly isInBatch: boolean;
}

/** What a row of the feed is, as far as measurements look at it. */
interface FeedRow {
  readonly dev: string;
  readonly epoch: string;
  readonly seq: number;
  readonly t: string;
  readonly obs?: readonly { readonly v: number }[];
}

/** Hears a feed at a broker, single messages and batches alike; comes back by itself, to its old session. */
export class Subscriber {
  readonly #client: MqttClient;

  constructor(port: number, heard: (arrival: Arrival) => void) {
    this.#client = connect(`mqtt://127.0.0.1:${port}`, {
      clientId: 'subscriber',
      clean: false,
      reconnectPeriod: 20,
      protocolVersion: 4,
      resubscribe: true,
    });
    this.#client.on('error', () => undefined); // the broker is away
    this.#client.on('message', (topic, payload) => {
      const cameAt = Date.now();
      const [, , owner = '', , , kind = ''] = topic.split('/');
      if (kind !== 'obs' && kind !== 'batch') return;
      const rows = JSON.parse(String(payload)) as FeedRow | FeedRow[];
      for (const row of [rows].flat()) heard(arrivalOf(row, { owner, cameAt, isInBatch: kind === 'batch' }));
    });
  }

  /** Resolves when the broker knows what it wants. */
  async ready(): Promise<void> {
    while (!this.#client.connected) await sleep(10);
    await this.#client.subscribeAsync('feed/v1/#', { qos: 1 });
  }

  /** Resolves when it has seen that the broker is away: what is asked of it before is never answered. */
  async gone(): Promise<void> {
    while (this.#client.connected) await sleep(10);
  }

  end(): Promise<void> {
    return this.#client.endAsync(true);
  }
}

function arrivalOf(
  { dev, epoch, seq, t, obs }: FeedRow,
  how: Pick<Arrival, 'owner' | 'cameAt' | 'isInBatch'>,
): Arrival {
  return { ...how, device: dev, epoch, sequence: seq, t: Date.parse(t), value: obs?.[0]?.v ?? Number.NaN };
}
