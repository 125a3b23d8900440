import type { Clock } from '../hal/clock.ts';
import { lasting } from './findings.ts';
import type { Fields, Level, Log } from './log.ts';

/** So many entries alike in so short a time are said one by one; what comes after is a flood. */
const SAID = 5;
const SHORT_MS = 10 * 60_000;
/** How long a flood is counted before that is told for the first time; each time twice as long, up to an hour. */
const FIRST_COUNT_MS = 60_000;
const LONGEST_COUNT_MS = 3_600_000;
/** So long nothing, and it is over. */
const QUIET_MS = 10 * 60_000;

/** What makes entries alike beside their code: which of many things it is about. */
const SUBJECT = ['device', 'uplink', 'topic', 'bus'] as const;

type Entry = readonly [level: Level, code: string, message: string, fields: Fields];

/** Entries alike, of which so many come that they are counted. */
interface Flood {
  readonly sinceMs: number;
  /** Since it was told last. */
  count: number;
  countMs: number;
  tellAtMs: number;
  lastMs: number;
  last: Entry;
}

/**
 * A log in which a flood is counted, not repeated: a part that breaks and heals each second is said a few times, then
 * how often at growing intervals, and when it is over. What is said and what is counted (`repeated`) add up to what
 * happened.
 */
export class LogLimit {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'uptimeMs' | 'sleep'>;
  readonly #over = new AbortController();
  /** When the last few entries of each kind were said. */
  readonly #said = new Map<string, readonly number[]>();
  readonly #floods = new Map<string, Flood>();

  constructor(log: Log, clock: Pick<Clock, 'uptimeMs' | 'sleep'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Says an entry, or counts it. */
  readonly log: Log = (level, code, message, fields = {}) => {
    const nowMs = this.#clock.uptimeMs();
    const key = [code, ...SUBJECT.map((name) => fields[name] ?? '')].join('\n');
    const flood = this.#floods.get(key);
    if (flood) return count(flood, nowMs, [level, code, message, fields]);
    const said = [...(this.#said.get(key) ?? []).filter((saidMs) => nowMs - saidMs < SHORT_MS), nowMs];
    this.#said.set(key, said);
    if (said.length <= SAID) return this.#log(level, code, message, fields);
    this.#log(level, code, `${message}; this repeats itself, and is only counted from now on`, fields);
    this.#begin(key, floodFrom(nowMs, [level, code, message, fields]));
  };

  /** Tells what was counted and not told yet, and waits for nothing more. */
  end(): void {
    this.#over.abort();
    for (const flood of this.#floods.values()) this.#tell(flood);
    this.#floods.clear();
  }

  #begin(key: string, flood: Flood): void {
    this.#said.delete(key);
    this.#floods.set(key, flood);
    // Ends with the flood, or with the log.
    this.#watch(key, flood).catch(() => undefined);
  }

  async #watch(key: string, flood: Flood): Promise<void> {
    for (;;) {
      const wakeMs = Math.min(flood.tellAtMs, flood.lastMs + QUIET_MS);
      await this.#clock.sleep(Math.max(0, wakeMs - this.#clock.uptimeMs()), this.#over.signal);
      const nowMs = this.#clock.uptimeMs();
      if (nowMs - flood.lastMs >= QUIET_MS) break;
      if (nowMs < flood.tellAtMs) continue;
      this.#tell(flood);
      flood.countMs = Math.min(2 * flood.countMs, LONGEST_COUNT_MS);
      flood.tellAtMs = nowMs + flood.countMs;
    }
    this.#floods.delete(key);
    this.#log(...overEntry(flood));
  }

  #tell(flood: Flood): void {
    const [level, code, message, fields] = flood.last;
    const repeated = flood.count;
    flood.count = 0;
    if (repeated > 0) this.#log(level, code, `${repeated} times more, the last: ${message}`, { ...fields, repeated });
  }
}

function floodFrom(nowMs: number, last: Entry): Flood {
  return { sinceMs: nowMs, count: 0, countMs: FIRST_COUNT_MS, tellAtMs: nowMs + FIRST_COUNT_MS, lastMs: nowMs, last };
}

function count(flood: Flood, nowMs: number, entry: Entry): void {
  flood.count += 1;
  flood.lastMs = nowMs;
  flood.last = entry;
}

/** Of the level of what was repeated: whoever looks for that finds its end too. */
function overEntry({ last: [level, code, message, fields], count: repeated, sinceMs, lastMs }: Flood): Entry {
  const more = repeated > 0 ? `${repeated} times more; ` : '';
  const quiet = `${more}not again for ${lasting(QUIET_MS / 1000)}`;
  const went = `it repeated itself for ${lasting((lastMs - sinceMs) / 1000)}, the last: ${message}`;
  return [level, code, `${quiet}; ${went}`, { ...fields, repeated }];
}
