/**
 * A plain MQTT.js program with a store on disk, as its documentation shows it: what a project writes that has no outbox.
 * It publishes the numbers that come on standard input, one message each.
 */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, type IStore } from 'mqtt';
import { Slots } from '../../src/uplink/slots.ts';
import { numbered, topicOf } from './numbered.ts';

/** What to run. */
export interface LevelOptions {
  readonly directory: string;
  /** Where mqtt-level-store is installed. */
  readonly packages: string;
  readonly port: number;
  readonly owner: string;
  /** Messages under way at most; absent: whatever comes is published at once. */
  readonly window?: number;
  /** Whether it says which numbers are in its store. */
  readonly isTold: boolean;
}

/** A line that a contender prints. */
export type Taken = 'ready' | { readonly kept: number };

type LevelStore = (path: string) => { readonly incoming: IStore; readonly outgoing: IStore };

const { directory, packages, port, owner, window, isTold } = JSON.parse(process.argv[2] ?? '{}') as LevelOptions;
const levelStore = createRequire(join(packages, 'package.json'))('mqtt-level-store') as LevelStore;
mkdirSync(directory, { recursive: true });
const store = levelStore(join(directory, 'store'));
const say = (taken: Taken) => process.stdout.write(`${JSON.stringify(taken)}\n`);
const client = connect(`mqtt://127.0.0.1:${port}`, {
  clientId: owner,
  clean: false,
  incomingStore: store.incoming,
  outgoingStore: store.outgoing,
});
client.on('error', () => undefined); // the platform is away
const slots = new Slots(window ?? Number.POSITIVE_INFINITY);
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  await slots.take();
  const number = Number(line);
  const cbStorePut = (error?: Error) => {
    if (isTold && !error) say({ kept: number });
  };
  client.publish(topicOf(owner), numbered(number), { qos: 1, cbStorePut }, () => slots.free());
}
