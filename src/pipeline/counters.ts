import { faulty, type Reading } from '../model/observation.ts';
import { isQuantity, type Quantity, quantities, rounded } from '../model/quantity.ts';

/** Readings at which counters begin again at 0, in the quantity's unit, where the part's documents say so. */
export type Tops = { readonly [Q in Quantity]?: number };

/** What is known of one counter. */
interface Known {
  /** The last reading that was believed. */
  readonly value: number;
  readonly measuredAt?: number | undefined;
  /** It reads less since then, and that is not believed yet. */
  readonly below?: { readonly value: number; readonly sinceMs: number };
}

/** A meter that starts, or that is read amiss, may show too little for a while, but not for so long. */
const BELIEVED_AFTER_MS = 60_000;
/** Near the top and near 0: this share of the top. */
const NEAR = 0.01;

/**
 * One device's counters. They only grow: a reading below the last one is a fault, `fell`, until the counter has gone on
 * from there for a minute. The meter's own reading is then told again, with a word for what has become of it, once:
 * `rolled-over`, `restarted` (reset or swapped, nobody knows), or `swapped`, where the meter's number is another.
 */
export class Counters {
  readonly #tops: Tops;
  readonly #known = new Map<Quantity, Known>();
  /** Counters of the meter before, until those of the one in its place have been told. */
  readonly #swapped = new Set<Quantity>();
  #meter: string | undefined;
  #restarts = 0;

  /** `kept` is the `text` of an earlier run; what cannot be read is as good as nothing: the next readings are believed. */
  constructor({ kept, tops = {} }: { kept?: string | undefined; tops?: Tops | undefined } = {}) {
    this.#tops = tops;
    const { meter, ...readings } = parsed(kept);
    if (typeof meter === 'string') this.#meter = meter;
    for (const [name, value] of Object.entries(readings)) {
      if (isQuantity(name) && typeof value === 'number') this.#known.set(name, { value });
    }
  }

  /** What is to be remembered over a restart, as JSON; undefined while there is nothing. */
  get text(): string | undefined {
    if (this.#known.size === 0) return undefined;
    const readings = Array.from(this.#known, ([quantity, { value }]) => [quantity, value]);
    return JSON.stringify({
      ...(this.#meter === undefined ? {} : { meter: this.#meter }),
      ...Object.fromEntries(readings),
    });
  }

  /** How often a counter has begun anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The meter says its number. */
  ofMeter(serialNumber: string): void {
    if (this.#meter !== undefined && this.#meter !== serialNumber) {
      for (const quantity of this.#known.keys()) this.#swapped.add(quantity);
      this.#known.clear();
    }
    this.#meter = serialNumber;
  }

  /** The reading as it is to be told; that of a quantity that is no counter, or may fall by right, as it is. */
  followed(quantity: Quantity, given: Reading, uptimeMs: number): Reading {
    const { kind, mayFall } = quantities[quantity];
    if (kind !== 'counter' || mayFall || given.value === null) return given;
    const past = this.#known.get(quantity);
    const now: Known = { value: rounded(quantity, given.value), measuredAt: given.measuredAt };
    if (past && isEarlier(now, past)) return given;
    if (past && now.value < past.value) return this.#fallen(quantity, { given, now, past, uptimeMs });
    this.#known.set(quantity, now);
    return this.#swapped.delete(quantity) ? this.#restarted(given, 'swapped') : given;
  }

  #fallen(quantity: Quantity, { given, now, past, uptimeMs }: Fall): Reading {
    const { below } = past;
    const sinceMs = below && now.value >= below.value ? below.sinceMs : uptimeMs;
    const isBelieved = below !== undefined && sinceMs === below.sinceMs && uptimeMs - sinceMs >= BELIEVED_AFTER_MS;
    if (!isBelieved) {
      this.#known.set(quantity, { ...past, below: { value: now.value, sinceMs } });
      return { ...given, ...faulty('fell') };
    }
    this.#known.set(quantity, now);
    const top = this.#tops[quantity] ?? Number.POSITIVE_INFINITY;
    const hasRolledOver = past.value >= top * (1 - NEAR) && now.value <= top * NEAR;
    return this.#restarted(given, hasRolledOver ? 'rolled-over' : 'restarted');
  }

  #restarted(given: Reading, why: string): Reading {
    this.#restarts += 1;
    return { ...given, why };
  }
}

interface Fall {
  readonly given: Reading;
  readonly now: Known;
  readonly past: Known;
  readonly uptimeMs: number;
}

/** A late value may come after a later one; it says nothing of what the counter reads now. */
function isEarlier({ measuredAt }: Known, past: Known): boolean {
  return measuredAt !== undefined && past.measuredAt !== undefined && measuredAt < past.measuredAt;
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}
