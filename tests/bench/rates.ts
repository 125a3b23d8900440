import { spawn } from 'node:child_process';
import { closeSync, createReadStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BRIDGES, type Place, prepareBridge } from './contenders.ts';
import type { LevelOptions, Taken } from './level-program.ts';
import { numbered, numbersIn, pour, topicOf } from './numbered.ts';
import type { NumberedOptions } from './numbered-gateway.ts';
import { ended, inDirectory, prepareBroker, Talker } from './processes.ts';

/** Receive Maximum of a mosquitto with its defaults, and the window of its own clients: everybody's here. */
const IN_FLIGHT = 20;
const WARM_UP_MS = 3000;
const MEASURED_MS = 9000;

/** Starts a contender with a source that never ends; resolves with the way to end both. */
export type Flood = (place: Place) => Promise<() => Promise<void>>;

/** Readings per second that come out at the platform for the first time, after a warm-up. */
export function rateOf(flood: Flood, packages: string): Promise<number> {
  return inDirectory(async (directory) => {
    const platform = await prepareBroker(join(directory, 'platform'));
    await platform.start();
    const heard = join(directory, 'heard.txt');
    const file = openSync(heard, 'w');
    // mosquitto's own subscriber: it takes the least from what is measured. %U is the time in seconds.
    const where = ['-h', '127.0.0.1', '-p', String(platform.port), '-t', 'feed/v1/#'];
    const subscriber = spawn('mosquitto_sub', [...where, '-F', '%U %p'], { stdio: ['ignore', file, 'inherit'] });
    try {
      const end = await flood({ directory, platform: platform.port, packages });
      await sleep(WARM_UP_MS + MEASURED_MS + 2000);
      await end();
    } finally {
      await ended(subscriber);
      await platform.end();
      closeSync(file);
    }
    return (await countedIn(heard)) / (MEASURED_MS / 1000);
  });
}

/** Distinct numbers that came between the end of the warm-up and the end of the measurement. */
async function countedIn(file: string): Promise<number> {
  const seen = new Set<number>();
  let first: number | undefined;
  let count = 0;
  for await (const line of createInterface(createReadStream(file))) {
    const numbers = numbersIn(line);
    if (numbers.length === 0) continue;
    const ms = Number.parseFloat(line) * 1000;
    first ??= ms;
    const isMeasured = ms >= first + WARM_UP_MS && ms < first + WARM_UP_MS + MEASURED_MS;
    for (const number of numbers) {
      if (isMeasured && !seen.has(number)) count += 1;
      seen.add(number);
    }
  }
  return count;
}

/** Dorpel, which holds back its source itself. */
export function dorpelFlood(batches: NumberedOptions['batches']): Flood {
  return ({ directory, platform }) => {
    const own = { directory: join(directory, 'dorpel'), port: platform };
    const options: NumberedOptions = { ...own, commitMs: 5000, batches, isTold: false };
    return flooded(new Talker<Taken>('numbered-gateway.js', options));
  };
}

/** The MQTT.js program, which has as many messages under way as the others may. */
export const levelFlood: Flood = ({ directory, platform, packages }) => {
  const own = { directory: join(directory, 'level'), packages, port: platform, owner: 'level' };
  const options: LevelOptions = { ...own, window: IN_FLIGHT, isTold: false };
  return flooded(new Talker<Taken>('level-program.js', options));
};

async function flooded(program: Talker<Taken>): Promise<() => Promise<void>> {
  await program.until((taken) => taken === 'ready');
  if (program.process.stdin) void pour(program.process.stdin, String);
  return () => program.end('SIGKILL');
}

/** mosquitto as a bridge, its source being mosquitto's own publisher. */
export function bridgeFlood(kind: keyof typeof BRIDGES): Flood {
  return async (place) => {
    const { broker } = await prepareBridge('bridge', kind, place);
    await broker.start();
    const where = ['-h', '127.0.0.1', '-p', String(broker.port), '-t', topicOf('bridge')];
    const source = spawn('mosquitto_pub', [...where, '-q', '1', '-l'], { stdio: ['pipe', 'ignore', 'inherit'] });
    void pour(source.stdin, numbered);
    return async () => {
      await ended(source, 'SIGKILL');
      await broker.end('SIGKILL');
    };
  };
}
