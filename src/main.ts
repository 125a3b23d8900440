/** The composition root: the one place that knows which board, which store and which broker there are. dorpel.cts loads it. */
import { join } from 'node:path';
import { drivers } from '../drivers/index.ts';
import { askedToStop } from './cli/asked-to-stop.ts';
import type { Context } from './cli/command.ts';
import { commands, help } from './cli/commands.ts';
import { exitCodeFor } from './cli/exit-code.ts';
import type { Config } from './config/config.ts';
import type { Gateway } from './gateway.ts';
import { settleForASmallHeap } from './hal/linux/small-heap.ts';
import { systemClock } from './hal/linux/system-clock.ts';
import type { ClockEvent, ClockWatch } from './health/clock-watch.ts';
import type { Log } from './health/log.ts';
import type { Outbox } from './store/outbox.ts';

settleForASmallHeap();

let clockWatch: ClockWatch | undefined;
const clock = systemClock(() => clockWatch?.state() ?? 'unsynced');

/** Watches how the board's clock is known, from now on; gives what ends that. */
async function watchClock(log: Log, changed: () => void): Promise<() => Promise<void>> {
  const [{ ClockWatch }, { board }, { clockEntry }] = await Promise.all([
    import('./health/clock-watch.ts'),
    import('./health/clock-sync.ts'),
    import('./health/events.ts'),
  ]);
  const report = (event: ClockEvent) => {
    log(...clockEntry(event));
    changed();
  };
  clockWatch = new ClockWatch({ sources: board, clock, report });
  const over = new AbortController();
  const watching = clockWatch.run(over.signal);
  return async () => {
    over.abort();
    await watching;
  };
}

const buses: Context['buses'] = async (config, isSimulated) => {
  if (!isSimulated) {
    const { linuxHal } = await import('./hal/linux/linux-hal.ts');
    return { hal: linuxHal(clock), clock, end: async () => undefined };
  }
  const { SimulatedHal } = await import('./hal/sim/simulated-hal.ts');
  const { villageWorld } = await import('./hal/sim/village.ts');
  const attached = config.devices.map(async ({ name, driver, bus, address, id, activeLow, options, placement }) => {
    const simulation = await drivers.find((entry) => entry.driver === driver)?.simulation();
    if (!simulation) throw new RangeError(`${driver.part} has no simulated part`);
    const world = villageWorld({ seed: name, placement }, clock);
    const further = driver.bus === 'gpio' ? (driver.furtherLines?.(options) ?? []) : [];
    return { bus, address, further, ...(id === undefined ? {} : { id }), activeLow, options, simulation, world };
  });
  const hal = new SimulatedHal(clock, await Promise.all(attached));
  return { hal, clock, end: () => hal.end() };
};

/** As `storage.quota` has it: a disk that is full of other things leaves this much, or says that it does not. */
const LEAST_QUOTA_BYTES = 8 * 1024 * 1024;

async function openOutbox({ storage, uplinks }: Config, log: Log): Promise<Outbox> {
  const [{ openSqliteOutbox }, { defaultQuota }, { bootId }, { storeEntry }] = await Promise.all([
    import('./store/sqlite-outbox.ts'),
    import('./store/disk.ts'),
    import('./hal/linux/boot-id.ts'),
    import('./health/events.ts'),
  ]);
  const { directory, ...options } = storage;
  return openSqliteOutbox({
    ...options,
    quotaBytes: options.quotaBytes ?? atLeast(LEAST_QUOTA_BYTES, () => defaultQuota(directory)),
    path: join(directory, 'outbox.db'),
    uplinks: uplinks.map(({ name }) => name),
    bootId: bootId(),
    clock,
    report: (event) => log(...storeEntry(event)),
  });
}

/** A directory that cannot be looked at is for the store to complain of. */
function atLeast(least: number, found: () => number): number {
  try {
    return Math.max(least, found());
  } catch {
    return least;
  }
}

const start: Context['start'] = async (config, { isSimulated, log, watch }) => {
  const [{ startGateway }, { mqttUplink }, { feedJson }] = await Promise.all([
    import('./gateway.ts'),
    import('./uplink/mqtt-uplink.ts'),
    import('./uplink/encodings/feed-json.ts'),
  ]);
  const outbox = await openOutbox(config, log);
  const board = await buses(config, isSimulated);
  const { id, owner } = config.gateway;
  const uplinks = config.uplinks.map(({ root, devices, quantities, ...uplink }) => ({
    uplink: mqttUplink(uplink, clock),
    encoding: feedJson({
      root,
      owner,
      gateway: id,
      get epoch() {
        return outbox.epoch;
      },
    }),
    wanted: { ...(devices ? { devices } : {}), ...(quantities ? { quantities } : {}) },
    maxInFlight: uplink.maxInFlight,
    batches: uplink.batches,
    drainRate: uplink.drainRate,
    drainDelayMs: uplink.drainDelayMs,
    refusedForMs: uplink.refusedForMs,
  }));
  const random = Math.random;
  const parts = { config, hal: board.hal, clock, outbox, uplinks, log, random, ...(watch ? { watch } : {}) };
  let gateway: Gateway | undefined;
  const unwatchClock = await watchClock(log, () => gateway?.tryAgain());
  const started = startGateway(parts);
  gateway = started;
  const stop = async () => {
    try {
      await started.stop();
    } finally {
      await Promise.all([board.end(), unwatchClock()]);
    }
  };
  return { ...started, stop };
};

const subscribe: Context['subscribe'] = async (broker, subscription) => {
  return (await import('./uplink/mqtt-subscriber.ts')).subscribe(broker, subscription);
};

async function main([name = 'help', ...rest]: readonly string[]): Promise<number> {
  const load = commands[name];
  if (!load) return help(name, process);
  const command = await load();
  if (rest.includes('--help')) {
    process.stdout.write(`${command.summary}\n\n  ${command.usage}\n`);
    return 0;
  }
  const { stdin, stdout, stderr } = process;
  const { now, sleep, uptimeMs } = clock;
  const stop = askedToStop(uptimeMs);
  const context = { stdin, stdout, stderr, drivers: drivers.map(({ driver }) => driver), now, sleep };
  try {
    return await command.run(rest, { ...context, buses, start, subscribe, stop: stop.signal });
  } catch (cause) {
    return exitCodeFor(cause, command, process);
  } finally {
    stop.abort();
  }
}

process.exitCode = await main(process.argv.slice(2));

// A transfer that the kernel does not give back would keep the program for ever: Node waits for its threads at the end.
// What was to be kept is kept by now.
const AT_THE_END_MS = 10_000;
setTimeout(() => process.kill(process.pid, 'SIGKILL'), AT_THE_END_MS).unref();
