import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/hal/clock.ts';
import { supervisorIn } from '../../src/hal/linux/notify-socket.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { Vitals } from '../../src/health/vitals.ts';
import { type Watched, watchOver } from '../../src/health/watchdog.ts';
import { MemoryOutbox } from '../../src/store/memory-outbox.ts';
import type { Outbox, OutboxStats } from '../../src/store/outbox.ts';
import { deviceStatus, statusOf, uplinkStatus } from '../support/status.ts';
import { configOf, startVillage } from '../support/village.ts';

const WATCHDOG_MS = 60_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A supervisor that writes down what it hears, and when it was last told that all is well. */
class Listener {
  readonly watchdogMs = WATCHDOG_MS;
  readonly heard: string[] = [];
  readonly #clock: Clock;
  #longestMs = 0;
  #fedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#fedMs = clock.uptimeMs();
  }

  get silenceMs(): number {
    return this.#clock.uptimeMs() - this.#fedMs;
  }

  /** The one that still lasts included. */
  get longestSilenceMs(): number {
    return Math.max(this.#longestMs, this.silenceMs);
  }

  get status(): string | undefined {
    return this.heard.at(-1)?.match(/^STATUS=(.*)$/m)?.[1];
  }

  tell(lines: string): void {
    this.heard.push(lines);
    if (!/^(READY|WATCHDOG)=1$/m.test(lines)) return;
    this.#longestMs = this.longestSilenceMs;
    this.#fedMs = this.#clock.uptimeMs();
  }
}

function watching(watched: Watched, clock: Clock) {
  const supervisor = new Listener(clock);
  const logged: string[] = [];
  const end = watchOver(watched, { supervisor, clock, log: (_, code, message) => logged.push(`${code}: ${message}`) });
  return { supervisor, logged, end };
}

const HALL = configOf(`
gateway: { id: hall, owner: heihoek }
buses: { one: { kind: i2c, path: /dev/i2c-1 } }
devices:
  air: { driver: sht4x, bus: one, address: 0x44, period: 60s }
  attic: { driver: sht4x, bus: one, address: 0x45, period: 60s }
uplinks: { city: { url: mqtts://platform.example } }
`);

const METER = configOf(`
gateway: { id: hall, owner: heihoek }
buses: { line: { kind: serial, path: /dev/ttyUSB0 } }
devices:
  meter: { driver: eastron-sdm, bus: line, address: 1, period: 10s, options: { model: sdm630 } }
uplinks: { city: { url: mqtts://platform.example } }
`);

async function watchedVillage(config = HALL, outbox: Outbox = new MemoryOutbox(['city'])) {
  const village = await startVillage(config, { outbox });
  return { ...village, ...watching(village.gateway, village.clock) };
}

const never = () => new Promise<never>(() => undefined);

describe('the watchdog of a gateway at work', () => {
  it('hears that it is ready at once, and then four times in its time that it lives', async () => {
    const { clock, supervisor, end, stop } = await watchedVillage();
    expect(supervisor.heard).toEqual(['READY=1']);
    await clock.advance(10 * MINUTE_MS);
    expect(supervisor.heard.filter((lines) => lines.startsWith('WATCHDOG=1\n'))).toHaveLength(40);
    expect(supervisor.status).toMatch(/^2 devices, 0 at fault; city connected, [0-2] waiting$/);
    await end();
    expect(supervisor.heard.at(-1)).toMatch(/^STOPPING=1$/m);
    await stop();
  });

  it('is fed for a day in which the platform is away', { timeout: 60_000 }, async () => {
    const { clock, uplink, supervisor, logged, end, stop } = await watchedVillage();
    uplink.isAway = true;
    uplink.cut();
    await clock.advance(24 * HOUR_MS);
    expect(supervisor.longestSilenceMs).toBe(WATCHDOG_MS / 4);
    expect(supervisor.status).toMatch(/^2 devices, 0 at fault; city away, 28\d{2} waiting$/);
    expect(logged).toEqual([]);
    await end();
    await stop();
  });

  it('is fed though every part is gone, and though one hangs in every transfer', async () => {
    const { clock, hal, supervisor, end, stop } = await watchedVillage();
    const bus = hal.i2cBuses.get('one');
    bus?.break(0x44, 'absent');
    bus?.break(0x45, 'hung');
    await clock.advance(6 * HOUR_MS);
    expect(supervisor.longestSilenceMs).toBe(WATCHDOG_MS / 4);
    expect(supervisor.status).toMatch(/^2 devices, 2 at fault/);
    await end();
    await stop();
  });
});

/** An outbox that hangs in one of its calls. */
class Hanging extends MemoryOutbox {
  hangs: 'append' | 'stats' | 'save' | undefined;
  isRefused = false;

  constructor() {
    super(['city']);
  }

  override append(observation: Parameters<Outbox['append']>[0]): Promise<void> {
    return this.hangs === 'append' ? never() : super.append(observation);
  }

  override async stats(): Promise<OutboxStats> {
    if (this.hangs === 'stats') return never();
    return { ...(await super.stats()), ...(this.isRefused ? { isRefused: true } : {}) };
  }

  override memory(...key: Parameters<Outbox['memory']>): ReturnType<Outbox['memory']> {
    const memory = super.memory(...key);
    return { load: memory.load, save: (text) => (this.hangs === 'save' ? never() : memory.save(text)) };
  }
}

describe('the watchdog goes unfed', () => {
  it('while the store does not answer, and is fed again when it does', async () => {
    const clock = new VirtualClock();
    const answers = new Map<string, () => void>();
    const watched: Watched = {
      vitals: new Vitals(clock),
      status: () =>
        clock.uptimeMs() < MINUTE_MS
          ? Promise.resolve(statusOf())
          : new Promise((resolve) => answers.set('late', () => resolve(statusOf()))),
    };
    const { supervisor, logged, end } = watching(watched, clock);
    await clock.advance(2 * MINUTE_MS);
    expect(supervisor.silenceMs).toBe(0);
    await clock.advance(5 * MINUTE_MS);
    expect(supervisor.silenceMs).toBeGreaterThan(3 * MINUTE_MS);
    expect(supervisor.status).toMatch(/^the store has not answered for \d+ s$/);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^watchdog-unfed: the store has not answered for \d+ s; systemd starts/);
    answers.get('late')?.();
    await clock.advance(MINUTE_MS / 2);
    expect(supervisor.silenceMs).toBeLessThan(MINUTE_MS / 2);
    expect(logged.at(-1)).toBe('watchdog-fed: the work goes on');
    await end();
  });

  it('while nothing of what is measured becomes durable, unless the disk refuses it', async () => {
    const outbox = new Hanging();
    const { clock, supervisor, end } = await watchedVillage(HALL, outbox);
    outbox.hangs = 'append';
    outbox.isRefused = true;
    await clock.advance(HOUR_MS);
    expect(supervisor.longestSilenceMs).toBe(WATCHDOG_MS / 4);
    outbox.isRefused = false;
    await clock.advance(10 * MINUTE_MS);
    expect(supervisor.silenceMs).toBeGreaterThan(9 * MINUTE_MS);
    expect(supervisor.status).toMatch(/^nothing was kept for \d+ s$/);
    await end();
  });

  it('while the sampling of one device stands still and that of the others goes on', async () => {
    const clock = new VirtualClock();
    const vitals = new Vitals(clock);
    const off = new AbortController();
    const lasting = { patienceMs: () => 90_000, signal: new AbortController().signal };
    const turnAir = vitals.loop('air', lasting);
    vitals.loop('attic', { ...lasting, signal: off.signal });
    const { supervisor, end } = watching({ vitals, status: async () => statusOf() }, clock);
    for (let n = 0; n < 20; n += 1) {
      await clock.advance(10_000);
      turnAir();
    }
    expect(supervisor.status).toMatch(/^attic has not come round for \d+ s$/);
    expect(supervisor.silenceMs).toBeGreaterThan(90_000);
    // A device that was taken out of the config is not waited for.
    off.abort();
    await clock.advance(WATCHDOG_MS / 4);
    expect(supervisor.silenceMs).toBeLessThan(WATCHDOG_MS / 4);
    await end();
  });

  it('where the sampling of a meter waits for a store that does not let it go', async () => {
    const outbox = new Hanging();
    const { clock, supervisor, end } = await watchedVillage(METER, outbox);
    await clock.advance(10 * MINUTE_MS);
    expect(supervisor.silenceMs).toBeLessThan(WATCHDOG_MS / 4);
    outbox.hangs = 'save';
    await clock.advance(2 * HOUR_MS);
    expect(supervisor.status).toMatch(/^meter has not come round for \d+ s$/);
    expect(supervisor.silenceMs).toBeGreaterThan(WATCHDOG_MS);
    await end();
  });

  it('while the program comes to nothing in time', async () => {
    const clock = new VirtualClock();
    let factor = 1;
    const slow: Clock = {
      now: () => clock.now(),
      uptimeMs: () => clock.uptimeMs(),
      state: () => 'ntp',
      sleep: (ms, signal) => clock.sleep(ms * factor, signal),
    };
    const { supervisor, end } = watching({ vitals: new Vitals(slow), status: async () => statusOf() }, slow);
    await clock.advance(5 * MINUTE_MS);
    expect(supervisor.silenceMs).toBe(0);
    factor = 2.1;
    await clock.advance(5 * MINUTE_MS);
    expect(supervisor.silenceMs).toBeGreaterThan(4 * MINUTE_MS);
    expect(supervisor.status).toBe('the program had no time for itself');
    await end();
  });
});

describe('what systemd is told', () => {
  it('is how many devices are at fault, and which platforms are away', async () => {
    const clock = new VirtualClock();
    const status = statusOf({
      devices: [deviceStatus('air', { state: 'fault' }), deviceStatus('attic')],
      uplinks: [uplinkStatus('city'), uplinkStatus('region', { isConnected: false })],
      outbox: { heads: {}, backlog: { city: 0, region: 1200 }, rows: 0, sizeBytes: 0, waiting: {}, losses: [] },
    });
    const { supervisor, end } = watching({ vitals: new Vitals(clock), status: async () => status }, clock);
    await clock.advance(MINUTE_MS);
    expect(supervisor.status).toBe('2 devices, 1 at fault; city connected, 0 waiting; region away, 1200 waiting');
    await end();
  });

  it('begins with that it is ready, again until that was heard', async () => {
    const clock = new VirtualClock();
    const heard: string[] = [];
    const tell = (lines: string) => {
      if (clock.uptimeMs() < 40_000) throw new Error('EAGAIN');
      heard.push(lines.split('\n')[0] ?? '');
    };
    const watched = { vitals: new Vitals(clock), status: async () => statusOf() };
    const end = watchOver(watched, { supervisor: { watchdogMs: WATCHDOG_MS, tell }, clock, log: () => undefined });
    await clock.advance(MINUTE_MS);
    expect(heard).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1']);
    await end();
  });

  it('is logged once where it cannot be told', async () => {
    const clock = new VirtualClock();
    const logged: string[] = [];
    const tell = () => {
      throw new Error('ECONNREFUSED');
    };
    const watched = { vitals: new Vitals(clock), status: async () => statusOf() };
    const log = (_: string, code: string) => logged.push(code);
    const end = watchOver(watched, { supervisor: { watchdogMs: undefined, tell }, clock, log });
    await clock.advance(HOUR_MS);
    expect(logged).toEqual(['supervisor-deaf']);
    await end();
  });
});

describe('whether systemd wants to hear of the program', () => {
  const written: string[] = [];
  const found = (env: Readonly<Record<string, string>>) =>
    supervisorIn(env, 42, (descriptor, text) => written.push(`${descriptor}: ${text}`));

  it('is not so in a terminal', () => expect(found({})).toBeUndefined());

  it('is so where the launcher has opened a way to it', () => {
    const supervisor = found({ DORPEL_NOTIFY_FD: '3', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' });
    supervisor?.tell('READY=1');
    expect(written).toEqual(['3: READY=1']);
    expect(supervisor?.watchdogMs).toBe(60_000);
  });

  it('may be so without a watchdog, and with one that is meant for another process', () => {
    expect(found({ DORPEL_NOTIFY_FD: '3' })?.watchdogMs).toBeUndefined();
    expect(found({ DORPEL_NOTIFY_FD: '3', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' })?.watchdogMs).toBeUndefined();
    expect(found({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' })).toBeUndefined();
  });

  it('and cannot be done is refused: the program would be ended again and again', () => {
    expect(() => found({ WATCHDOG_USEC: '60000000' })).toThrow(/cannot reach it/);
  });
});
