import type { Clock } from '../hal/clock.ts';
import { BusError, type SensorError } from '../model/errors.ts';

/** What happens to a bus as a whole, told once each. */
export type BusEvent =
  | { readonly event: 'bus-fault'; readonly bus: string; readonly error: BusError }
  | { readonly event: 'bus-healed'; readonly bus: string; readonly forMs: number };

/** A bus as it is watched. */
export interface WatchedBus {
  readonly name: string;
  /** How many devices are on it at this moment. */
  devices(): number;
  /** True where one part can hold up all others, as on I2C: a timeout may then be the part's or the bus's. */
  readonly isOpenDrain: boolean;
  /** Lets go of the adapter, so that the next transfer opens it anew. */
  renew?(): Promise<void>;
}

/**
 * Tells the fault of a bus from those of its parts. On I2C a part that times out is suspected first: if another answers
 * after that, the fault is the part's; if all that worked until then time out, it is the bus's.
 */
export class BusWatch {
  readonly #bus: WatchedBus;
  readonly #clock: Clock;
  readonly #report: (event: BusEvent) => void;
  /** Devices whose fault may be the bus's, and how each is told. */
  readonly #suspects = new Map<string, () => void>();
  /** Devices whose fault has been told as their own. */
  readonly #faulty = new Set<string>();
  #brokenSinceMs: number | undefined;

  constructor(bus: WatchedBus, clock: Clock, report: (event: BusEvent) => void) {
    this.#bus = bus;
    this.#clock = clock;
    this.#report = report;
  }

  /** A conversation with the device failed; `tell` tells it as the device's own fault, now or once that is known. */
  failed(device: string, error: SensorError, tell: () => void): void {
    if (error instanceof BusError) {
      this.#broken(error);
    } else if (!this.#isSuspect(error)) {
      this.#works();
      this.#tellOf(device, tell);
    } else if (!this.#faulty.has(device) && this.#brokenSinceMs === undefined) {
      this.#suspects.set(device, tell);
      this.#judge();
    }
  }

  /** The device answered, and with it the bus. */
  answered(device: string): void {
    this.#works();
    this.#faulty.delete(device);
  }

  /** The device is on the bus no more. */
  forget(device: string): void {
    this.#suspects.delete(device);
    this.#faulty.delete(device);
  }

  #isSuspect({ kind }: SensorError): boolean {
    return this.#bus.isOpenDrain && (kind === 'timeout' || kind === 'bus');
  }

  /** What is suspected is decided once no device is left that could still speak for the bus. */
  #judge(): void {
    if (this.#suspects.size + this.#faulty.size < this.#bus.devices()) return;
    if (this.#suspects.size === 1) {
      this.#tellSuspects();
      return;
    }
    const hint = 'one of them, or a short, holds a line low: take the supply from its parts for a moment';
    this.#broken(new BusError(`every part that worked has timed out: ${hint}; the adapter is opened anew`));
    this.#bus.renew?.().catch(() => undefined); // the next transfer says why it cannot be opened
  }

  #broken(error: BusError): void {
    this.#suspects.clear();
    if (this.#brokenSinceMs !== undefined) return;
    this.#brokenSinceMs = this.#clock.uptimeMs();
    this.#report({ event: 'bus-fault', bus: this.#bus.name, error });
  }

  #works(): void {
    this.#tellSuspects();
    if (this.#brokenSinceMs === undefined) return;
    const forMs = this.#clock.uptimeMs() - this.#brokenSinceMs;
    this.#brokenSinceMs = undefined;
    this.#report({ event: 'bus-healed', bus: this.#bus.name, forMs });
  }

  #tellSuspects(): void {
    for (const [device, tell] of this.#suspects) this.#tellOf(device, tell);
    this.#suspects.clear();
  }

  #tellOf(device: string, tell: () => void): void {
    this.#faulty.add(device);
    tell();
  }
}
