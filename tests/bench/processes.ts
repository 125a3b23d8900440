import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadOptions, LoadResult } from './load-gateway.ts';

/** A directory for one measurement. */
export async function inDirectory<T>(act: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'dorpel-bench-'));
  try {
    return await act(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A mosquitto with its defaults, on a free port of this machine, for as long as `act` takes. */
export function withBroker<T>(act: (port: number) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    const port = await freePort();
    const config = join(directory, 'mosquitto.conf');
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    try {
      await listening(port);
      return await act(port);
    } finally {
      await ended(broker);
    }
  });
}

/** Runs a gateway with load parts to its end; `began` is called when its warm-up is over. */
export async function runLoad(options: LoadOptions, began: () => void = () => undefined): Promise<LoadResult> {
  const script = fileURLToPath(new URL('./load-gateway.js', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let result: LoadResult | undefined;
  for await (const text of createInterface(child.stdout)) {
    if (text === 'begin') began();
    else result = JSON.parse(text) as LoadResult;
  }
  if (!result) throw new Error('the load gateway printed no result');
  return result;
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
