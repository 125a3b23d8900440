import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, type Exit, startChild } from './child.ts';
import type { Seen } from './feed.ts';
import { freePort } from './free-port.ts';
import { pathOf } from './programs.ts';
import { temporaryDirectory } from './temporary.ts';
import { until } from './until.ts';

/** A real mosquitto that keeps its port and its sessions when it is started again. */
export interface Broker {
  readonly port: number;
  start(): Promise<void>;
  /** It takes what is sent and answers nothing, until it is ended by SIGKILL. */
  freeze(): void;
  /** It reads its password file and its access list again. */
  reload(): void;
  /** Ends it: SIGTERM in good order, SIGKILL as a power cut does. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** A broker that does not run yet. `settings` are lines of its config: who is let in, and TLS. */
export async function prepareBroker(settings: readonly string[] = ['allow_anonymous true']): Promise<Broker> {
  const folder = temporaryDirectory();
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  const lines = [
    // Else root's mosquitto becomes a user who cannot read the folder.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${folder}/`,
    'autosave_on_changes true',
    'autosave_interval 1',
    `listener ${port} 127.0.0.1`,
    ...settings,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  let mosquitto: Child | undefined;
  return {
    port,
    start: async () => {
      mosquitto = startChild(pathOf('mosquitto'), ['-c', file]);
      await mosquitto.line(/mosquitto version .* running/);
    },
    freeze: () => mosquitto?.signal('SIGSTOP'),
    reload: () => mosquitto?.signal('SIGHUP'),
    end: async (signal) => mosquitto?.end(signal) ?? 0,
  };
}

/** A broker that runs. */
export async function startBroker(settings?: readonly string[]): Promise<Broker> {
  const broker = await prepareBroker(settings);
  await broker.start();
  return broker;
}

/** One message as mosquitto_sub has seen it. */
export interface Received extends Seen {
  readonly isRetained: boolean;
}

/** A real mosquitto_sub. */
export interface Subscriber {
  readonly received: readonly Received[];
  end(): Promise<unknown>;
}

const MARK = '> ';

/**
 * Subscribes to the feed. The broker keeps the session (`-c`), so that what it takes while the subscriber is away is
 * given later: after a restart of the broker the gateway may be back before the subscriber.
 */
export async function subscribe(port: number, extra: readonly string[] = []): Promise<Subscriber> {
  const format = `${MARK}%r %t %p`;
  const session = ['-V', 'mqttv311', '-q', '1', '-c', '-i', 'subscriber'];
  const args = ['-d', '-h', '127.0.0.1', '-p', `${port}`, ...session, '-t', 'feed/#', '-F', format, ...extra];
  // A program that writes into a pipe keeps what it says until it is much, unless it is told otherwise.
  const child = startChild('stdbuf', ['-oL', pathOf('mosquitto_sub'), ...args]);
  await child.line(/^Subscribed/);
  return {
    get received() {
      return child.lines.flatMap(receivedIn);
    },
    end: () => child.end('SIGTERM'),
  };
}

function receivedIn(line: string): Received[] {
  if (!line.startsWith(MARK)) return [];
  const [retained, topic = '', ...payload] = line.slice(MARK.length).split(' ');
  return [{ isRetained: retained === '1', topic, payload: payload.join(' ') }];
}

/** The state that the broker keeps for whoever comes later. */
export async function retainedState(port: number, found: (state: State) => boolean): Promise<State> {
  const args = ['-h', '127.0.0.1', '-p', `${port}`, '-t', 'feed/v1/+/+/-/state', '-F', `${MARK}%r %t %p`, '-C', '1'];
  return until('the retained state', async () => {
    const child = startChild(pathOf('mosquitto_sub'), [...args, '-W', '5']);
    await child.exit;
    const [kept] = child.lines.flatMap(receivedIn).filter(({ isRetained }) => isRetained);
    const state = kept && (JSON.parse(kept.payload) as State);
    return state && found(state) ? state : undefined;
  });
}

/** What a gateway says of itself. */
export interface State {
  readonly online: boolean;
  readonly epoch: string;
  readonly heads?: Readonly<Record<string, number>>;
  readonly clean: boolean;
  readonly started: string;
}
