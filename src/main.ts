/** The composition root: the one place that knows which board, which store and which broker there are. dorpel.cts loads it. */
import { join } from 'node:path';
import { register } from '../drivers/index.ts';
import { askedToStop } from './cli/asked-to-stop.ts';
import { type Context, UsageError } from './cli/command.ts';
import { commands, help } from './cli/commands.ts';
import { exitCodeFor } from './cli/exit-code.ts';
import { helpText } from './cli/help-text.ts';
import type { Config, UplinkConfig } from './config/config.ts';
import type { Controlled } from './control/control.ts';
import type { Driver } from './driver-kit.ts';
import type { Gateway } from './gateway.ts';
import { supervisorIn } from './hal/linux/notify-socket.ts';
import { settleForASmallHeap } from './hal/linux/small-heap.ts';
import { systemClock } from './hal/linux/system-clock.ts';
import type { LineSettings } from './hal/serial.ts';
import type { Attached } from './hal/sim/simulated-hal.ts';
import type { ClockEvent, ClockWatch } from './health/clock-watch.ts';
import type { Log } from './health/log.ts';
import { version } from './health/version.ts';
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

async function attachedTo(config: Pick<Config, 'buses' | 'devices'>): Promise<Attached[]> {
  const { villageWorld } = await import('./hal/sim/village.ts');
  const attached = config.devices.map(async (device) => {
    const { name, driver, bus, address, id, activeLow, options, placement } = device;
    const simulation = await device.simulation?.();
    if (!simulation) throw new UsageError(`${name}: ${driver.part} has no simulated part; its file exports none`);
    const world = villageWorld({ seed: name, placement }, clock);
    const on = config.buses.find(({ name }) => name === bus);
    const line = on?.kind === 'serial' ? { line: lineOf(on) } : {};
    const further = driver.bus === 'gpio' ? (driver.furtherLines?.(options) ?? []) : [];
    return {
      bus,
      address,
      ...line,
      further,
      ...(id === undefined ? {} : { id }),
      activeLow,
      options,
      simulation,
      world,
    };
  });
  return Promise.all(attached);
}

const allDrivers = async (): Promise<Driver[]> => {
  const loading = Object.values(register).map(async ([load]) => (await load()).driver);
  return Promise.all(loading);
};

const lineOf = ({ baudRate, dataBits, parity, stopBits }: LineSettings) => ({ baudRate, dataBits, parity, stopBits });

const buses: Context['buses'] = async (config, isSimulated) => {
  if (!isSimulated) {
    const { linuxHal } = await import('./hal/linux/linux-hal.ts');
    return { hal: linuxHal(clock), clock, furnish: async () => undefined, end: async () => undefined };
  }
  const { SimulatedHal } = await import('./hal/sim/simulated-hal.ts');
  const hal = new SimulatedHal(clock, await attachedTo(config));
  const furnish = async (next: Config) => hal.furnish(await attachedTo(next));
  return { hal, clock, furnish, end: () => hal.end() };
};

const boardBuses: Context['boardBuses'] = async () => (await import('./hal/linux/board-buses.ts')).boardBuses();

const board: Context['board'] = async () => {
  const [{ boardModel }, sync] = await Promise.all([
    import('./hal/linux/board-model.ts'),
    import('./health/clock-sync.ts'),
  ]);
  return { model: boardModel(), clock: await sync.clockState(sync.board, clock.now()) };
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

const start: Context['start'] = async (config, { isSimulated, log: told, source }) => {
  const [{ startGateway }, { mqttUplink }, { feedJson }, { LogLimit }, { logMemory }, { linuxMachine }] =
    await Promise.all([
      import('./gateway.ts'),
      import('./uplink/mqtt-uplink.ts'),
      import('./uplink/encodings/feed-json.ts'),
      import('./health/log-limit.ts'),
      import('./health/log-memory.ts'),
      import('./hal/linux/linux-machine.ts'),
    ]);
  const { log: everything, lines } = logMemory(told, clock.now);
  const limit = new LogLimit(everything, clock);
  const { log } = limit;
  const supervisor = supervisorIn(process.env, process.pid);
  // Before the outbox is open: a part that cannot be simulated would leave it so.
  const board = await buses(config, isSimulated);
  const outbox = await openOutbox(config, log);
  const { id, owner } = config.gateway;
  const uplinkFor = ({ root, devices, quantities, ...uplink }: UplinkConfig) => ({
    ...uplink,
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
  });
  const program = { version: version(), pid: process.pid };
  let gateway: Gateway | undefined;
  const unwatchClock = await watchClock(log, () => gateway?.tryAgain());
  const machine = linuxMachine({ directory: config.storage.directory });
  const chance = { random: Math.random, drivers: allDrivers, machine, program };
  const started = startGateway({ ...board, config, outbox, uplinkFor, log, ...chance });
  gateway = started;
  const { configuring, unconfigurable } = await import('./control/configuring.ts');
  const configured = source ? configuring({ gateway: started, source, clock, log }) : unconfigurable();
  const control = await openDoor(config, { ...started, ...configured, log: lines }, log);
  const metrics = await openPort(config, started, log);
  const unwatch = supervisor && (await import('./health/watchdog.ts')).watchOver(started, { supervisor, clock, log });
  const stop = async () => {
    await unwatch?.();
    configured.stop();
    try {
      await Promise.all([control?.close(), metrics?.close()]);
      await started.stop();
    } finally {
      await Promise.all([board.end(), unwatchClock()]);
      limit.end();
    }
  };
  return { ...started, reload: configured.reload, stop };
};

/** What the command line asks the gateway by; without it everything else goes on. */
async function openDoor({ storage }: Config, controlled: Controlled, log: Log) {
  const [{ openControl }, { socketPath }] = await Promise.all([
    import('./control/server.ts'),
    import('./control/control.ts'),
  ]);
  try {
    return await openControl(socketPath(storage.directory), controlled);
  } catch (cause) {
    log('warning', 'control-closed', `dorpel status, watch and tail will not work: ${(cause as Error).message}`);
    return undefined;
  }
}

/** Where Prometheus asks; without it everything else goes on. */
async function openPort({ metrics }: Config, gateway: Pick<Gateway, 'status'>, log: Log) {
  if (!metrics) return undefined;
  const { openMetrics } = await import('./health/metrics-server.ts');
  try {
    return await openMetrics(metrics.port, () => gateway.status());
  } catch (cause) {
    log('warning', 'metrics-closed', `Prometheus will find nothing here: ${(cause as Error).message}`);
    return undefined;
  }
}

const subscribe: Context['subscribe'] = async (broker, subscription) => {
  return (await import('./uplink/mqtt-subscriber.ts')).subscribe(broker, subscription);
};

const knock: Context['knock'] = async (broker, prefix, signal) => {
  return (await import('./uplink/mqtt-knock.ts')).knock(broker, { prefix, clock, signal });
};

const onHangUp: Context['onHangUp'] = (act) => {
  process.on('SIGHUP', () => void act());
};

async function main([name = 'help', ...rest]: readonly string[]): Promise<number> {
  const load = commands[name];
  if (!load) return help(name, process);
  const command = await load();
  if (rest.includes('--help')) {
    process.stdout.write(helpText(command));
    return 0;
  }
  const { stdin, stdout, stderr } = process;
  const { now, sleep, uptimeMs } = clock;
  const stop = askedToStop(uptimeMs);
  const drivers = { register, kit: () => import('./driver-kit.ts') };
  const context = { stdin, stdout, stderr, drivers, now, sleep };
  try {
    const doors = { buses, boardBuses, board, start, subscribe, knock, onHangUp };
    return await command.run(rest, { ...context, ...doors, stop: stop.signal });
  } catch (cause) {
    return exitCodeFor(cause, command, process);
  } finally {
    stop.abort();
  }
}

/** As Node ends a program in which nothing is left that could settle what it waits for: loaded by another, or by itself. */
const UNSETTLED: readonly unknown[] = [undefined, 0, 13];

let isOver = false;

process.once('exit', () => {
  if (isOver || !UNSETTLED.includes(process.exitCode)) return;
  process.stderr.write('what is waited for never comes: has a file under drivers: an await outside its functions?\n');
  process.exitCode = 2;
});

process.exitCode = await main(process.argv.slice(2));
isOver = true;

// A transfer that the kernel does not give back would keep the program for ever: Node waits for its threads at the end.
// What was to be kept is kept by now.
const AT_THE_END_MS = 10_000;
setTimeout(() => process.kill(process.pid, 'SIGKILL'), AT_THE_END_MS).unref();
