import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { ended, inDirectory, ROOT } from './processes.ts';
import { type Measured, median, megabytes } from './row.ts';

const MAIN = join(ROOT, 'dist/src/dorpel.cjs');
const RUNS = 9;
const DEVICES = 24;

/** The cost of a look: `dorpel status` beside a gateway with 24 devices, by its socket and by its config. */
export function status(): Promise<Measured> {
  return inDirectory(async (directory) => {
    const config = join(directory, 'gateway.yaml');
    writeFileSync(config, stringify(village()));
    const gateway = spawn(process.execPath, [MAIN, 'run', '--config', config, '--simulate'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(gateway.stdout)) if (line.includes('code=first-durable')) break;
    gateway.stdout.resume();
    try {
      const socket = await looks('status', '--socket', join(directory, 'data', 'control.sock'));
      const named = await looks('status', '--config', config);
      return {
        rows: [
          { what: '`dorpel status`: milliseconds until it has answered', value: socket.milliseconds, goal: '< 500' },
          { what: '`dorpel status`: most memory, MB', value: socket.megabytes, goal: '< 60' },
          { what: '`dorpel status --config FILE`: milliseconds', value: named.milliseconds, goal: '< 500' },
          { what: '`dorpel status --config FILE`: most memory, MB', value: named.megabytes, goal: '< 60' },
        ],
      };
    } finally {
      await ended(gateway);
    }
  });
}

function village(): object {
  const buses = Array.from({ length: DEVICES / 2 }, (_, n) => [`b${n}`, { kind: 'i2c', path: `/dev/i2c-${n}` }]);
  const devices = Array.from({ length: DEVICES }, (_, n) => {
    const place = { bus: `b${n % (DEVICES / 2)}`, address: n < DEVICES / 2 ? 0x44 : 0x45 };
    return [`device-${n}`, { driver: 'sht4x', ...place, period: '2s' }];
  });
  return {
    gateway: { id: 'gw', owner: 'bench' },
    storage: { path: 'data', commit: '100ms' },
    buses: Object.fromEntries(buses),
    devices: Object.fromEntries(devices),
    uplinks: {},
  };
}

/** The median of several runs. The program says itself what it took, when it ends: its largest resident set, in KiB. */
async function looks(...args: readonly string[]) {
  const taken: number[] = [];
  const most: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const begin = process.hrtime.bigint();
    most.push(await maxRss(args));
    taken.push(Number(process.hrtime.bigint() - begin) / 1e6);
  }
  return { milliseconds: median(taken).toFixed(0), megabytes: megabytes(median(most)) };
}

const SAY = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write('maxRSS=' + process.resourceUsage().maxRSS));",
)}`;

function maxRss(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--import', SAY, MAIN, ...args], (_error, stdout, stderr) => {
      const kib = Number(/maxRSS=(\d+)/.exec(stderr)?.[1]);
      // Exit code 1 says that something is wrong with the gateway, such as the clock of this machine.
      if (stdout.includes(`${DEVICES} devices`)) resolve(kib);
      else reject(new Error(`no status: ${stderr}`));
    });
  });
}
