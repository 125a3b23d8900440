import type { Clock } from '../hal/clock.ts';
import type { Supervisor } from '../hal/supervisor.ts';
import type { Log } from './log.ts';
import type { Status } from './status.ts';
import type { Vitals } from './vitals.ts';

/** The gateway that is watched. */
export interface Watched {
  readonly vitals: Pick<Vitals, 'standing' | 'keepingForMs'>;
  /** Asks the store as well: where that hangs there is no answer. */
  status(): Promise<Status>;
}

/** Who watches it, and with what. */
export interface Watching {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly log: Log;
}

/** So often the supervisor hears of us where it does not say how often. */
const UNASKED_MS = 20_000;
/** Signs of life in the time that the supervisor gives: more than one may come late. */
const SIGNS = 4;
/** A bad card holds a write for seconds, and the store may have megabytes to move: this is neither. */
const STORE_PATIENCE_MS = 120_000;
/** The longest commit interval is a minute, and a commit that failed is tried again after 5 s. */
const KEEPING_PATIENCE_MS = 300_000;

/**
 * Tells the supervisor that the gateway is ready, and from then on that it lives: only while every device's sampling comes
 * round, the store answers and keeps, and the event loop is on time. Platforms have no part in it: a restart mends none
 * of them. Gives what ends that, and says so.
 */
export function watchOver(watched: Watched, watching: Watching): () => Promise<void> {
  const over = new AbortController();
  const watch = new Watch(watched, watching);
  watch.begin();
  const running = watch.run(over.signal);
  return async () => {
    over.abort();
    await running;
    watch.tell('STOPPING=1\nSTATUS=stopping');
  };
}

class Watch {
  readonly #watched: Watched;
  readonly #with: Watching;
  #asked: Promise<void> | undefined;
  #answeredMs: number;
  #status: Status | undefined;
  #isWell = true;
  #isDeaf = false;
  #isReadyTold = false;

  constructor(watched: Watched, watching: Watching) {
    this.#watched = watched;
    this.#with = watching;
    this.#answeredMs = watching.clock.uptimeMs();
  }

  async run(over: AbortSignal): Promise<void> {
    const { clock, supervisor } = this.#with;
    const everyMs = supervisor.watchdogMs === undefined ? UNASKED_MS : supervisor.watchdogMs / SIGNS;
    while (!over.aborted) {
      this.#ask();
      const dueMs = clock.uptimeMs() + everyMs;
      // Ends early when aborted; the loop sees it.
      await clock.sleep(everyMs, over).catch(() => undefined);
      if (!over.aborted) this.#sign(clock.uptimeMs() - dueMs > everyMs);
    }
  }

  begin(): void {
    this.#isReadyTold = this.tell('READY=1');
  }

  /** False where it was not heard. */
  tell(lines: string): boolean {
    const { supervisor, log } = this.#with;
    try {
      supervisor.tell(lines);
      this.#isDeaf = false;
      return true;
    } catch (cause) {
      if (!this.#isDeaf) log('warning', 'supervisor-deaf', `systemd cannot be told: ${(cause as Error).message}`);
      this.#isDeaf = true;
      return false;
    }
  }

  #sign(isLate: boolean): void {
    // A supervisor that was too busy for it would end in a while what it thinks never began.
    if (!this.#isReadyTold) this.begin();
    const wrong = [...this.#wrong(), ...(isLate ? ['the program had no time for itself'] : [])];
    if (wrong.length === 0) this.tell(`WATCHDOG=1\nSTATUS=${this.#status ? inWords(this.#status) : 'starting'}`);
    else this.tell(`STATUS=${wrong.join('; ')}`);
    const isWell = wrong.length === 0;
    const { log } = this.#with;
    if (this.#isWell && !isWell) {
      log('error', 'watchdog-unfed', `${wrong.join('; ')}; systemd starts the gateway anew unless that ends`);
    } else if (!this.#isWell && isWell) log('notice', 'watchdog-fed', 'the work goes on');
    this.#isWell = isWell;
  }

  #wrong(): string[] {
    const silentMs = this.#with.clock.uptimeMs() - this.#answeredMs;
    const waitingMs = this.#watched.vitals.keepingForMs();
    // What a full disk refuses waits in memory, and would be lost in a restart.
    const isRefused = this.#status?.outbox.isRefused ?? false;
    return [
      ...this.#watched.vitals
        .standing()
        .map(({ device, forMs }) => `${device} has not come round for ${seconds(forMs)} s`),
      ...(silentMs > STORE_PATIENCE_MS ? [`the store has not answered for ${seconds(silentMs)} s`] : []),
      ...(waitingMs > KEEPING_PATIENCE_MS && !isRefused ? [`nothing was kept for ${seconds(waitingMs)} s`] : []),
    ];
  }

  /** One question at a time: a store that hangs is not asked again. */
  #ask(): void {
    this.#asked ??= this.#watched
      .status()
      .then((status) => {
        this.#status = status;
        this.#answeredMs = this.#with.clock.uptimeMs();
      })
      // A store that has failed ends the gateway by itself.
      .catch(() => undefined)
      .finally(() => {
        this.#asked = undefined;
      });
  }
}

/** The gateway in one line, for `systemctl status`. */
function inWords({ devices, uplinks, outbox }: Status): string {
  const faulty = devices.filter(({ state }) => state === 'fault').length;
  const told = uplinks.map(({ uplink, isConnected }) => {
    return `${uplink} ${isConnected ? 'connected' : 'away'}, ${outbox.backlog[uplink] ?? 0} waiting`;
  });
  return [`${devices.length} devices, ${faulty} at fault`, ...told].join('; ');
}

const seconds = (ms: number): number => Math.round(ms / 1000);
