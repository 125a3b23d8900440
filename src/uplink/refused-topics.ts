import type { Clock } from '../hal/clock.ts';
import type { UplinkEvent } from './forwarder.ts';
import type { Message, Outcome } from './uplink.ts';

/** Who is told of it. */
export interface Reporting {
  readonly uplink: string;
  readonly clock: Clock;
  report(event: UplinkEvent): void;
}

/** The same is not told more often than this. */
const TELL_EVERY_MS = 10 * 60_000;

/** One topic that has been refused. */
interface Refused {
  readonly reason: string;
  readonly toldMs: number;
  /** Refusals since it was told; undefined where the topic has been taken again. */
  refusals: number | undefined;
}

/** Tells the operator what a platform refuses: once when it begins, once when it ends, with the count between. */
export class RefusedTopics {
  readonly #with: Reporting;
  readonly #topics = new Map<string, Refused>();
  readonly #givenUp = new Map<string, { readonly toldMs: number; count: number }>();
  /** Observations that were given up. */
  givenUp = 0;

  constructor(reporting: Reporting) {
    this.#with = reporting;
  }

  /** Why a topic is refused at this moment. */
  get lastReason(): string | undefined {
    return [...this.#topics.values()].findLast(({ refusals }) => refusals !== undefined)?.reason;
  }

  heard({ topic }: Message, outcome: Outcome): void {
    const { uplink, clock, report } = this.#with;
    const known = this.#topics.get(topic);
    if (outcome.kind === 'accepted' && known?.refusals !== undefined) {
      report({ event: 'taken-again', uplink, topic, refusals: known.refusals });
      known.refusals = undefined;
    } else if (outcome.kind === 'refused' && known?.refusals !== undefined) {
      known.refusals += 1;
    } else if (outcome.kind === 'refused' && !this.#isTold(known)) {
      this.#topics.set(topic, { reason: outcome.reason, toldMs: clock.uptimeMs(), refusals: 1 });
      report({ event: 'refused', uplink, topic, reason: outcome.reason });
    }
  }

  refusedForGood(device: string, count: number, reason: string): void {
    const { uplink, clock, report } = this.#with;
    this.givenUp += count;
    const known = this.#givenUp.get(device);
    if (known && this.#isTold(known)) {
      known.count += count;
      return;
    }
    report({ event: 'refused-for-good', uplink, device, count: count + (known?.count ?? 0), reason });
    this.#givenUp.set(device, { toldMs: clock.uptimeMs(), count: 0 });
  }

  #isTold(known: { readonly toldMs: number } | undefined): boolean {
    return known !== undefined && this.#with.clock.uptimeMs() - known.toldMs < TELL_EVERY_MS;
  }
}
