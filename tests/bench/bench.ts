/** Measures the gateway against real parts and prints a table; `npm run bench`. JSON goes to bench-results.json. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'mqtt';
import { READINGS } from './load-part.ts';
import { ended, freePort, inDirectory, runLoad, withBroker } from './processes.ts';

interface Row {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
}

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** From `samples()` to PUBACK at a mosquitto with its defaults, as fast as it goes. */
async function throughput(): Promise<Row[]> {
  const measured = async (batches: 'backlog' | 'never') =>
    withBroker((port) =>
      inDirectory(async (directory) => {
        const load = { directory, port, devices: 4, perSecond: 0, commitMs: 1000, speed: 1, batches };
        return runLoad({ ...load, warmUpSeconds: 3, seconds: 12 });
      }),
    );
  const together = await measured('backlog');
  const single = await measured('never');
  const perSecond = (result: typeof together) => result.observations / result.seconds;
  return [
    { what: 'observations per second, end to end', value: perSecond(together).toFixed(0), goal: '' },
    { what: 'readings per second, end to end', value: (perSecond(together) * READINGS).toFixed(0), goal: '≥ 20000' },
    { what: '  the same with one message per observation', value: (perSecond(single) * READINGS).toFixed(0), goal: '' },
    { what: 'RSS under that load, MB (peak)', value: mb(together.peakRssKib), goal: '' },
  ];
}

/** CPU time of the whole process, its threads included, at a village's pace. */
function processorTime(): Promise<Row[]> {
  return withBroker((port) =>
    inDirectory(async (directory) => {
      const load = { directory, port, devices: 8, perSecond: 5, commitMs: 1000, speed: 1, batches: 'backlog' } as const;
      const result = await runLoad({ ...load, warmUpSeconds: 5, seconds: 60 });
      const rate = (result.readings / result.seconds).toFixed(0);
      const per100k = (result.cpuSeconds / result.readings) * 100_000;
      return [
        { what: `CPU seconds per 100,000 readings at ${rate} readings/s`, value: per100k.toFixed(1), goal: '≤ 17' },
      ];
    }),
  );
}

/** Bytes that reach a block device of its own, checkpoints and clearing away included; the clock runs 20 times faster. */
async function blockBytes(): Promise<Row[]> {
  const what = 'block-device bytes per reading at 20 readings/s, 5 s commit';
  const goal = '≤ 450';
  const folder = mkdtempSync(join(tmpdir(), 'dorpel-bench-'));
  const image = join(folder, 'card.img');
  const card = join(folder, 'card');
  let device = '';
  try {
    execFileSync('truncate', ['-s', '256M', image]);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    mkdirSync(card);
    execFileSync('mount', ['-o', 'loop,noatime', image, card]);
    device = execFileSync('findmnt', ['-no', 'SOURCE', card], { encoding: 'utf8' }).trim();
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    return [{ what, value: `not measured: ${(cause as Error).message.split('\n')[0]}`, goal }];
  }
  const written = () => {
    execFileSync('sync', ['-f', card]);
    // Field 7 is sectors written, of 512 bytes (Documentation/block/stat.rst).
    return (
      Number(
        readFileSync(`/sys/block/${basename(device)}/stat`, 'utf8')
          .trim()
          .split(/\s+/)[6],
      ) * 512
    );
  };
  try {
    const load = { directory: card, devices: 4, perSecond: 1, commitMs: 5000, speed: 20, batches: 'backlog' } as const;
    let before = 0;
    const result = await withBroker((port) =>
      runLoad({ ...load, port, warmUpSeconds: 5, seconds: 90 }, () => {
        before = written();
      }),
    );
    const bytes = (written() - before) / result.readings;
    return [{ what, value: bytes.toFixed(0), goal }];
  } finally {
    execFileSync('umount', [card]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The program as it is run, with the demo's config: how long until something is durable, and what it takes at rest. */
function demoConfig(): Promise<Row[]> {
  return withBroker((port) =>
    inDirectory(async (directory) => {
      const config = join(directory, 'gateway.yaml');
      const demo = readFileSync(join(ROOT, 'config/demo.yaml'), 'utf8');
      writeFileSync(
        config,
        demo.replace('mqtt://127.0.0.1:1883', `mqtt://127.0.0.1:${port}`).replace('../data/demo', 'data'),
      );
      const first: number[] = [];
      for (let run = 0; run < 5; run += 1) first.push(await firstDurable(config, directory, run));
      const rss = await restingRss(config);
      return [
        {
          what: 'seconds from process start to the first durable observation',
          value: median(first).toFixed(2),
          goal: '≤ 1.0',
        },
        { what: 'RSS at rest with the demo’s config, MB', value: mb(rss), goal: '≤ 85' },
      ];
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
async function firstObservation(): Promise<Row[]> {
  const seconds: number[] = [];
  for (let run = 0; run < 3; run += 1) {
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
    seconds.push(Number(process.hrtime.bigint() - begin) / 1e9);
    await client.endAsync(true);
    const exit = new Promise((resolve) => demo.once('exit', resolve));
    if (demo.pid) process.kill(-demo.pid, 'SIGINT');
    await exit;
  }
  return [
    { what: 'seconds from `npm start` to the first observation', value: median(seconds).toFixed(2), goal: '≤ 2' },
  ];
}

const mb = (kib: number) => ((kib * 1024) / 1e6).toFixed(0);

const all: Readonly<Record<string, () => Promise<Row[]>>> = {
  throughput,
  processorTime,
  blockBytes,
  demoConfig,
  firstObservation,
};
const wanted = process.argv.slice(2);
const rows: Row[] = [];
for (const [name, measure] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await measure()) {
    rows.push(row);
    process.stdout.write(`${row.what.padEnd(64)} ${row.value.padStart(10)}   ${row.goal}\n`);
  }
}
writeFileSync(
  join(ROOT, 'bench-results.json'),
  `${JSON.stringify({ at: new Date().toISOString(), node: process.version, rows }, null, 2)}\n`,
);
