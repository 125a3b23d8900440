import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** How a program ended: its exit code, or the signal that ended it. */
export type Exit = number | NodeJS.Signals;

/** A program that runs beside the test, with everything that it has said. */
export class Child {
  readonly exit: Promise<Exit>;
  readonly #name: string;
  readonly #process: ChildProcess;
  #output = '';
  #exited: Exit | undefined;

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.#name = command;
    this.#process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.exit = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#output += `${error.message}\n`;
        resolve(-1);
      });
      // Not "exit": what the program said last is to be read before.
      this.#process.once('close', (code, signal) => resolve(code ?? signal ?? -1));
    });
    void this.exit.then((exit) => {
      this.#exited = exit;
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasExited(): boolean {
    return this.#exited !== undefined;
  }

  get output(): string {
    return this.#output;
  }

  /** Whole lines, in the order in which they came. */
  get lines(): readonly string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Waits for a line and gives it; a program that ends without having said it fails at once. */
  line(pattern: RegExp): Promise<string> {
    return until(`${this.#name} says ${pattern}`, () => {
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line === undefined && this.hasExited) {
        throw new Error(`${this.#name} ended (${this.#exited}) without saying ${pattern}:\n${this.#output}`);
      }
      return line;
    });
  }

  /** Sends it a signal; a program that has ended hears nothing. */
  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.#process.kill(signal);
  }

  /** Sends a signal to it and all that it started, as Ctrl-C in a terminal does; only for one started `detached`. */
  signalGroup(signal: NodeJS.Signals): void {
    if (!this.hasExited && this.#process.pid !== undefined) process.kill(-this.#process.pid, signal);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    await until(`${this.#name} ends after ${signal}`, () => this.hasExited);
    return this.exit;
  }
}

const running = new Set<() => void>();
process.once('exit', () => {
  for (const kill of running) kill();
});

/** Starts a program; when the test is over, that very process is ended if it has not ended by itself. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = new Child(command, args, options);
  const kill = () => (options.detached ? child.signalGroup('SIGKILL') : child.signal('SIGKILL'));
  running.add(kill);
  onTestFinished(async () => {
    kill();
    await child.exit;
    running.delete(kill);
  });
  return child;
}
