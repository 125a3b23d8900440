#!/usr/bin/env node
/** The composition root: the one place that knows which board, which store and which broker there are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drivers } from '../drivers/index.ts';
import type { Command, Context } from './cli/command.ts';
import { UsageError } from './cli/command.ts';
import { ConfigError, shown } from './config/problem.ts';
import { settleForASmallHeap } from './hal/linux/small-heap.ts';
import { systemClock } from './hal/linux/system-clock.ts';
import { StoreError } from './model/errors.ts';
import type { ClockState } from './model/observation.ts';
import { UplinkError } from './uplink/uplink.ts';

settleForASmallHeap();

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  demo: async () => (await import('./cli/demo.ts')).demo,
  check: async () => (await import('./cli/check.ts')).check,
  read: async () => (await import('./cli/read.ts')).read,
  verify: async () => (await import('./cli/verify.ts')).verify,
};

// npm hands on the signal that Ctrl-C has already sent to the whole group: two signals at once are one request.
const SAME_REQUEST_MS = 500;

let clockIs: ClockState = 'unsynced';
const clock = systemClock(() => clockIs);

/** Asks the board every so often how its clock is known, for as long as the program runs. */
async function watchClock(stop: AbortSignal): Promise<void> {
  const { board, clockState } = await import('./health/clock-sync.ts');
  while (!stop.aborted) {
    clockIs = await clockState(board);
    await clock.sleep(clockIs === 'ntp' ? 600_000 : 10_000, stop).catch(() => undefined);
  }
}

const buses: Context['buses'] = async (config, isSimulated) => {
  if (!isSimulated) {
    const { linuxHal } = await import('./hal/linux/linux-hal.ts');
    return { hal: linuxHal(clock), clock, end: async () => undefined };
  }
  const { SimulatedHal } = await import('./hal/sim/simulated-hal.ts');
  const { villageWorld } = await import('./hal/sim/village.ts');
  const attached = config.devices.map(async ({ name, driver, bus, address, activeLow, options, placement }) => {
    const simulation = await drivers.find((entry) => entry.driver === driver)?.simulation();
    if (!simulation) throw new RangeError(`${driver.part} has no simulated part`);
    const world = villageWorld({ seed: name, placement }, clock);
    return { bus, address, activeLow, options, simulation, world };
  });
  const hal = new SimulatedHal(clock, await Promise.all(attached));
  return { hal, clock, end: () => hal.end() };
};

const start: Context['start'] = async (config, { isSimulated, log, watch }) => {
  const [{ startGateway }, { openSqliteOutbox }, { mqttUplink }, { feedJson }, { bootId }] = await Promise.all([
    import('./gateway.ts'),
    import('./store/sqlite-outbox.ts'),
    import('./uplink/mqtt-uplink.ts'),
    import('./uplink/encodings/feed-json.ts'),
    import('./hal/linux/boot-id.ts'),
  ]);
  const outbox = await openSqliteOutbox({
    path: join(config.storage.directory, 'outbox.db'),
    commitMs: config.storage.commitMs,
    uplinks: config.uplinks.map(({ name }) => name),
    bootId: bootId(),
    clock,
  });
  const board = await buses(config, isSimulated);
  const { id, owner } = config.gateway;
  const uplinks = config.uplinks.map((uplink) => ({
    uplink: mqttUplink(uplink),
    encoding: feedJson({ root: uplink.root, owner, gateway: id, epoch: outbox.epoch }),
    maxInFlight: uplink.maxInFlight,
    batches: uplink.batches,
  }));
  const gateway = startGateway({
    config,
    hal: board.hal,
    clock,
    outbox,
    uplinks,
    log,
    random: Math.random,
    ...(watch ? { watch } : {}),
  });
  return {
    ...gateway,
    stop: async () => {
      await gateway.stop();
      await board.end();
    },
  };
};

const subscribe: Context['subscribe'] = async (broker, subscription) => {
  return (await import('./uplink/mqtt-subscriber.ts')).subscribe(broker, subscription);
};

async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  const load = commands[name];
  if (!load) return help(name);
  const command = await load();
  if (rest.includes('--help')) {
    process.stdout.write(`${command.summary}\n\n  ${command.usage}\n`);
    return 0;
  }
  const stop = new AbortController();
  let askedMs = 0;
  const asked = () => {
    if (!stop.signal.aborted) {
      askedMs = clock.uptimeMs();
      stop.abort();
    } else if (clock.uptimeMs() - askedMs > SAME_REQUEST_MS) process.exit(130);
  };
  process.on('SIGINT', asked);
  process.on('SIGTERM', asked);
  const watching = watchClock(stop.signal);
  const { stdin, stdout, stderr } = process;
  try {
    const parts = drivers.map(({ driver }) => driver);
    return await command.run(rest, {
      stdin,
      stdout,
      stderr,
      drivers: parts,
      buses,
      start,
      subscribe,
      stop: stop.signal,
      now: clock.now,
      sleep: clock.sleep,
    });
  } catch (cause) {
    if (cause instanceof UsageError) {
      stderr.write(`${cause.message}\nusage: ${command.usage}\n`);
      return 2;
    }
    if (cause instanceof ConfigError) {
      stderr.write(`${cause.problems.map(shown).join('\n')}\n${problemCount(cause)}\n`);
      return 2;
    }
    if (cause instanceof StoreError) {
      stderr.write(`${cause.message}\nhint: ${cause.hint}\n`);
      return 1;
    }
    if (cause instanceof UplinkError) {
      stderr.write(`${cause.message}\n${cause.hint && `hint: ${cause.hint}\n`}`);
      return 2;
    }
    throw cause;
  } finally {
    stop.abort();
    await watching;
  }
}

function problemCount({ problems }: ConfigError): string {
  return problems.length === 1 ? '1 problem; nothing was started' : `${problems.length} problems; nothing was started`;
}

async function help(name: string): Promise<number> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([command, load]) => `  ${command.padEnd(7)} ${(await load()).summary}`),
  );
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const text = `Dorpel ${version}: measures, keeps, tells.\n\n${lines.join('\n')}\n\ndorpel COMMAND --help says how.\n`;
  const isAsked = name === 'help' || name === '--help' || name === '-h';
  if (name === '--version') process.stdout.write(`${version}\n`);
  else if (isAsked) process.stdout.write(text);
  else process.stderr.write(`there is no command called ${name}\n\n${text}`);
  return isAsked || name === '--version' ? 0 : 2;
}

process.exitCode = await main(process.argv.slice(2));
