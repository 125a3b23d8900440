import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'mqtt';
import { ended, freePort, inDirectory, ROOT, withBroker } from './processes.ts';
import { type Measured, median, megabytes } from './row.ts';

const MAIN = join(ROOT, 'dist/src/dorpel.cjs');

/** The program as it is run, with the demo's config: how long until something is durable, and what it takes at rest. */
export function demoConfig(): Promise<Measured> {
  return withBroker((port) =>
    inDirectory(async (directory) => {
      const config = join(directory, 'gateway.yaml');
      const demo = readFileSync(join(ROOT, 'config/demo.yaml'), 'utf8');
      const here = demo.replace('mqtt://127.0.0.1:1883', `mqtt://127.0.0.1:${port}`).replace('../data/demo', 'data');
      writeFileSync(config, here);
      const first: number[] = [];
      for (let run = 0; run < 5; run += 1) first.push(await firstDurable(config, directory, run));
      const rss = megabytes(await restingRss(config));
      const seconds = median(first).toFixed(2);
      const rows = [
        { what: 'seconds from process start to the first durable observation', value: seconds, goal: '≤ 1.0' },
        { what: 'RSS at rest with the demo’s config, MB', value: rss, goal: '≤ 85' },
      ];
      return { rows };
    }),
  );
}

async function firstDurable(config: string, directory: string, run: number): Promise<number> {
  rmSync(join(directory, 'data'), { recursive: true, force: true });
  const begin = process.hrtime.bigint();
  const child = spawn(process.execPath, [MAIN, 'run', '--config', config, '--simulate'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const text of createInterface(child.stdout)) {
    if (!text.includes('code=first-durable')) continue;
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    await ended(child);
    return seconds;
  }
  throw new Error(`run ${run}: nothing became durable`);
}

async function restingRss(config: string): Promise<number> {
  const child = spawn(process.execPath, [MAIN, 'run', '--config', config, '--simulate'], { stdio: 'ignore' });
  const samples: number[] = [];
  await sleep(20_000);
  for (let second = 0; second < 40; second += 1) {
    samples.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]));
    await sleep(1000);
  }
  await ended(child);
  return median(samples);
}

/** From typing `npm start` to the first observation at a subscriber of the demo's own broker. */
export async function firstObservation(): Promise<Measured> {
  const seconds: number[] = [];
  for (let run = 0; run < 3; run += 1) seconds.push(await untilFirstObservation());
  const value = median(seconds).toFixed(2);
  return { rows: [{ what: 'seconds from `npm start` to the first observation', value, goal: '≤ 2' }] };
}

async function untilFirstObservation(): Promise<number> {
  const port = await freePort();
  const begin = process.hrtime.bigint();
  const demo = spawn('npm', ['start', '--', '--broker-port', String(port)], {
    cwd: ROOT,
    stdio: 'ignore',
    detached: true,
  });
  const client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 20, protocolVersion: 4 });
  client.on('error', () => undefined); // not there yet
  client.subscribe('feed/v1/+/+/+/obs');
  await new Promise((resolve) => client.once('message', resolve));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  await client.endAsync(true);
  const exit = new Promise((resolve) => demo.once('exit', resolve));
  if (demo.pid) process.kill(-demo.pid, 'SIGINT');
  await exit;
  return seconds;
}
