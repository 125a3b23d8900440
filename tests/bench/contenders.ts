import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Setup } from './bench-gateway.ts';
import type { LevelOptions, Taken } from './level-program.ts';
import { numbered, topicOf } from './numbered.ts';
import type { NumberedOptions } from './numbered-gateway.ts';
import { type Broker, keeping, prepareBroker, Talker } from './processes.ts';

/** Where a contender keeps, and where the platform is. */
export interface Place {
  readonly directory: string;
  readonly platform: number;
  /** Where the packages of the peers are installed. */
  readonly packages: string;
}

/** Somebody who takes numbered readings and is to bring them to the platform. */
export interface Contender {
  readonly name: string;
  /** Numbers that it said it had kept. */
  readonly kept: ReadonlySet<number>;
  /** Resolves when it takes readings. */
  start(): Promise<void>;
  /** Hands over one reading, once: a sensor does not say it again. */
  hand(number: number): void;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

/** Dorpel or a program like it: takes numbers on standard input, says which it has kept. */
class Program implements Contender {
  readonly name: string;
  readonly kept = new Set<number>();
  readonly #run: () => Talker<Taken>;
  #running: Talker<Taken> | undefined;

  constructor(name: string, run: () => Talker<Taken>) {
    this.name = name;
    this.#run = run;
  }

  async start(): Promise<void> {
    const running = this.#run();
    this.#running = running;
    await running.until((taken) => taken === 'ready');
    void this.#listen(running);
  }

  hand(number: number): void {
    this.#running?.process.stdin?.write(`${number}\n`);
  }

  async kill(): Promise<void> {
    await this.#running?.end('SIGKILL');
  }

  async #listen(running: Talker<Taken>): Promise<void> {
    try {
      for (;;) {
        const taken = await running.next();
        if (taken !== 'ready') this.kept.add(taken.kept);
      }
    } catch {
      // It was killed: it says no more.
    }
  }
}

/** Dorpel with the commit interval of one of its profiles. */
export function dorpelContender(name: string, commitMs: number, { directory, platform }: Place): Contender {
  const setup: Setup = { directory: join(directory, name), port: platform, commitMs, batches: 'backlog', owner: name };
  const options: NumberedOptions = { ...setup, isTold: true };
  return new Program(name, () => new Talker<Taken>('numbered-gateway.js', options));
}

/** The MQTT.js program; "kept" is what its store has called back for. */
export function levelContender(name: string, { directory, platform, packages }: Place): Contender {
  const options: LevelOptions = {
    directory: join(directory, name),
    packages,
    port: platform,
    owner: name,
    isTold: true,
  };
  return new Program(name, () => new Talker<Taken>('level-program.js', options));
}

/** mosquitto as a bridge; "kept" is what it has acknowledged to the source. */
export class Bridge implements Contender {
  readonly name: string;
  readonly kept = new Set<number>();
  readonly broker: Broker;
  #client: MqttClient | undefined;

  constructor(name: string, broker: Broker) {
    this.name = name;
    this.broker = broker;
  }

  async start(): Promise<void> {
    await this.broker.start();
    this.#client = await connectAsync(`mqtt://127.0.0.1:${this.broker.port}`, { reconnectPeriod: 0 });
  }

  hand(number: number): void {
    this.#client?.publish(topicOf(this.name), numbered(number), { qos: 1 }, (error) => {
      if (!error) this.kept.add(number);
    });
  }

  async kill(): Promise<void> {
    await this.broker.end('SIGKILL');
    await this.#client?.endAsync(true);
  }
}

/** How a bridge is set up: as it comes, or as somebody sets it up who has read the manual. */
export const BRIDGES = {
  default: { broker: ['persistence true'], connection: [] },
  tuned: {
    broker: ['persistence true', 'max_queued_messages 0', 'autosave_interval 1'],
    connection: ['restart_timeout 1'],
  },
} as const;

/** A mosquitto that sends all that it is told to the platform, with QoS 1. */
export async function prepareBridge(name: string, kind: keyof typeof BRIDGES, place: Place): Promise<Bridge> {
  const directory = join(place.directory, name);
  const { broker, connection } = BRIDGES[kind];
  const settings = [
    ...broker,
    `persistence_location ${directory}/`,
    // Its name is half of the client id at the platform: two of one name would take the session from each other.
    `connection ${name}`,
    `address 127.0.0.1:${place.platform}`,
    'topic # out 1',
    ...connection,
  ];
  return new Bridge(name, await prepareBroker(directory, settings));
}

/** The platform: a mosquitto that keeps what its subscriber has not had yet, also when it ends. */
export function preparePlatform(directory: string): Promise<Broker> {
  const own = join(directory, 'platform');
  return prepareBroker(own, keeping(own));
}
