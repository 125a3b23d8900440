import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadOptions, LoadResult } from './load-gateway.ts';

/** Where the project lies. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A built file beside this one. */
export function beside(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}

/** A directory for one measurement. */
export async function inDirectory<T>(act: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'dorpel-bench-'));
  try {
    return await act(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A mosquitto on a port of its own, which it keeps when it is started again. */
export interface Broker {
  readonly port: number;
  start(): Promise<void>;
  /** Ends it: SIGTERM in good order, SIGKILL as a power cut does. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Lets a broker's sessions survive its end in good order, and lets it drop nothing: it is not to be what loses. */
export function keeping(directory: string): string[] {
  return ['persistence true', `persistence_location ${directory}/`, 'max_queued_messages 0'];
}

/** A mosquitto that does not run yet; what `settings` does not say is its default. */
export async function prepareBroker(directory: string, settings: readonly string[] = []): Promise<Broker> {
  const port = await freePort();
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'mosquitto.conf');
  // Started by root it would become a user who may not write here.
  const lines = ['user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', ...settings];
  writeFileSync(config, `${lines.join('\n')}\n`);
  let broker: ChildProcess | undefined;
  return {
    port,
    start: async () => {
      broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
      await listening(port);
    },
    end: async (signal) => {
      if (broker) await ended(broker, signal);
    },
  };
}

/** A mosquitto with its defaults, for as long as `act` takes. */
export function withBroker<T>(act: (port: number) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    const broker = await prepareBroker(directory);
    await broker.start();
    try {
      return await act(broker.port);
    } finally {
      await broker.end();
    }
  });
}

/** What is looked at while a gateway with load parts runs. */
export interface Looks {
  /** Its warm-up is over. */
  began?(): void;
  /** Its time is over; it stops when this has returned. */
  ended?(): void;
}

/** Runs a gateway with load parts to its end. */
export async function runLoad(options: LoadOptions, looks: Looks = {}): Promise<LoadResult> {
  const child = new Talker<LoadResult | 'begin'>('load-gateway.js', options);
  for (;;) {
    const told = await child.next();
    if (told === 'begin') looks.began?.();
    else {
      looks.ended?.();
      child.process.stdin?.end();
      await child.exit;
      return told;
    }
  }
}

/** A built program of the benchmarks, run by Node with its options as JSON, that prints JSON line by line. */
export class Talker<T> {
  readonly process: ChildProcess;
  readonly exit: Promise<unknown>;
  readonly #name: string;
  readonly #heard: T[] = [];
  #last: T | undefined;
  #wake: () => void = () => undefined;
  #hasEnded = false;

  constructor(name: string, options: object) {
    this.#name = name;
    const child = spawn(process.execPath, [beside(name), JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.process = child;
    this.exit = once(child, 'exit');
    // What is written to a program that was killed goes nowhere.
    child.stdin.on('error', () => undefined);
    const lines = createInterface(child.stdout);
    lines.on('line', (text) => {
      this.#last = (text === 'begin' ? text : JSON.parse(text)) as T;
      this.#heard.push(this.#last);
      this.#wake();
    });
    lines.once('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** What it said last. */
  get last(): T | undefined {
    return this.#last;
  }

  /** The next line that nobody has taken yet. */
  async next(): Promise<T> {
    for (;;) {
      const told = this.#heard.shift();
      if (told !== undefined) return told;
      if (this.#hasEnded) throw new Error(`${this.#name} ended before it had said what it was to say`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Takes lines until there is one that will do. */
  async until(isIt: (told: T) => boolean): Promise<T> {
    for (;;) {
      const told = await this.next();
      if (isIt(told)) return told;
    }
  }

  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return ended(this.process, signal);
  }
}

/** Ends a process that was started here. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Resolves when somebody listens on the port. */
export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(20);
  }
  throw new Error(`nobody listens on port ${port}`);
}
