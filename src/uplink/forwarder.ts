import { reconnectAfter } from './back-off.ts';
import { DrainDelay } from './drain-delay.ts';
import type { GatewayState } from './gateway-state.ts';
import { Refusals } from './refusals.ts';
import { RefusedTopics } from './refused-topics.ts';
import { successor } from './renewal.ts';
import type { Tellable } from './tellable.ts';
import { Telling } from './telling.ts';
import { type Message, type Outcome, type Session, type Uplink, UplinkError } from './uplink.ts';

/** What happens to an uplink, told once each. */
export type UplinkEvent =
  | { readonly event: 'connected'; readonly uplink: string; readonly attempts: number }
  | { readonly event: 'unreachable'; readonly uplink: string; readonly error: UplinkError }
  | { readonly event: 'lost'; readonly uplink: string; readonly error: UplinkError }
  | { readonly event: 'refused'; readonly uplink: string; readonly reason: string; readonly topic: string }
  | { readonly event: 'taken-again'; readonly uplink: string; readonly topic: string; readonly refusals: number }
  | {
      readonly event: 'refused-for-good';
      readonly uplink: string;
      readonly device: string;
      /** Observations that were declared lost to this platform. */
      readonly count: number;
      readonly reason: string;
    };

/** One uplink and what is told over it. */
export interface Forwarding extends Omit<Tellable, 'name' | 'heard'> {
  readonly uplink: Uplink;
  readonly random: () => number;
  /** A backlog of more than one lease waits for a random time up to this; absent: it does not. */
  readonly drainDelayMs?: number;
  /** What the platform refuses is tried again for so long, then declared lost to it; absent: for an hour. */
  readonly refusedForMs?: number;
  /** What the platform is to say for us when we vanish. */
  will(): GatewayState;
  report(event: UplinkEvent): void;
}

/** Where a forwarder stands, for whoever asks. */
export interface ForwarderStatus {
  readonly uplink: string;
  readonly isConnected: boolean;
  readonly accepted: number;
  readonly inFlight: number;
  readonly lastError: string | undefined;
  /** Topics that the platform refuses, by device; their rows are set aside and tried again. */
  readonly refused: readonly string[];
  readonly setAside: number;
  /** Observations declared lost to this platform because it refused them, in this run. */
  readonly refusedForGood: number;
}

/** So many short sessions in a row, each closed by the platform without a word, are no bad line. */
const SILENT_CLOSES = 3;
const DUPLICATE_HINT = 'duplicate identity? Another gateway may use the same clientId (a copied SD card)';
const DUPLICATE_PAUSE_MS = 10 * 60_000;

const REFUSED_FOR_MS = 3_600_000;
/** A session that has stood for so long was a good one: after its loss the back-off starts anew. */
const STABLE_MS = 60_000;

/** Tells one platform everything in the outbox, in order, as long as it takes: connects, tells, connects again. */
export class Forwarder {
  readonly #with: Forwarding;
  #telling: Telling | undefined;
  #waiting = new AbortController();
  #accepted = 0;
  #lastError: string | undefined;
  #leaveAloneMs = 0;
  #silentCloses = 0;
  readonly #refusals: Refusals;
  readonly #drainDelay: DrainDelay;
  readonly #refusedTopics: RefusedTopics;

  constructor(forwarding: Forwarding) {
    this.#with = forwarding;
    this.#refusals = new Refusals(forwarding.refusedForMs ?? REFUSED_FOR_MS);
    this.#drainDelay = new DrainDelay(forwarding.clock, forwarding.random, forwarding.drainDelayMs ?? 0);
    this.#refusedTopics = new RefusedTopics({ ...forwarding, uplink: forwarding.uplink.name });
  }

  get status(): ForwarderStatus {
    return {
      uplink: this.#with.uplink.name,
      isConnected: this.#telling !== undefined,
      accepted: this.#accepted,
      inFlight: this.#telling?.inFlight ?? 0,
      lastError: this.#lastError ?? this.#refusedTopics.lastReason,
      refused: this.#refusals.resting,
      setAside: this.#refusals.aside,
      refusedForGood: this.#refusedTopics.givenUp,
    };
  }

  /** Describes the devices, or one of them, again, where there is a session; each new session does so anyway. */
  announce(device?: string): void {
    this.#telling?.announce(device);
  }

  /** Runs until `stop` is aborted; then leaves in good order. Rejects only where the outbox fails. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#with;
    for (let attempts = 1; !stop.aborted; attempts += 1) {
      const first = await this.#connect(attempts, stop);
      if (first) {
        const connectedMs = clock.uptimeMs();
        const { session, failure } = await this.#tellOn(first, stop);
        const isStable = clock.uptimeMs() - connectedMs >= STABLE_MS;
        if (!stop.aborted) this.#lost(failure ?? session.lost.reason, isStable || failure !== undefined);
        if (isStable) attempts = 1;
      }
      if (!stop.aborted) await this.#wait(reconnectAfter(attempts, random), stop);
    }
  }

  /** Ends the wait for the next attempt: what kept the platform away may be over. Not where it asked to be left alone. */
  tryAgain(): void {
    if (this.#leaveAloneMs === 0) this.#waiting.abort();
  }

  async #wait(waitMs: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#with;
    this.#waiting = new AbortController();
    // Ends early when stopped; the loop sees it.
    const over = AbortSignal.any([stop, this.#waiting.signal]);
    await clock.sleep(Math.max(waitMs, this.#leaveAloneMs), over).catch(() => undefined);
  }

  /** A session, or undefined where the platform could not be reached: that is told once, until it is reached. */
  async #connect(attempts: number, stop: AbortSignal): Promise<Session | undefined> {
    const { uplink, encoding, will, report } = this.#with;
    try {
      const session = await uplink.connect(encoding.state(will()), stop);
      this.#lastError = undefined;
      report({ event: 'connected', uplink: uplink.name, attempts });
      return session;
    } catch (cause) {
      if (!(cause instanceof UplinkError)) throw cause;
      if (!stop.aborted && this.#lastError === undefined) {
        report({ event: 'unreachable', uplink: uplink.name, error: cause });
      }
      this.#lastError = cause.message;
      this.#leaveAloneMs = cause.leaveAloneMs;
      return undefined;
    }
  }

  /** Tells over a session and over those that take its place when its credentials are renewed; gives the last one. */
  async #tellOn(first: Session, stop: AbortSignal): Promise<{ session: Session; failure: UplinkError | undefined }> {
    const { uplink, clock, encoding, will, report } = this.#with;
    const failed = (error: UplinkError) => report({ event: 'unreachable', uplink: uplink.name, error });
    for (let session = first; ; ) {
      const renewable = { uplink, session, clock, will: () => encoding.state(will()), failed };
      const [next, failure] = await Promise.all([successor(renewable, stop), this.#tell(session, stop)]);
      if (!next) return { session, failure };
      session = next;
    }
  }

  async #tell(session: Session, stop: AbortSignal): Promise<UplinkError | undefined> {
    const topics = this.#refusedTopics;
    const heard = (message: Message, outcome: Outcome) => {
      if (outcome.kind === 'accepted') this.#accepted += 1;
      topics.heard(message, outcome);
    };
    this.#telling = new Telling({ ...this.#with, name: this.#with.uplink.name, heard }, session, {
      refusals: this.#refusals,
      drainDelay: this.#drainDelay,
      refusedForGood: (device, count, reason) => topics.refusedForGood(device, count, reason),
    });
    try {
      return await this.#telling.run(stop);
    } finally {
      this.#telling = undefined;
    }
  }

  #lost(reason: unknown, isExplained: boolean): void {
    const { uplink, report } = this.#with;
    let error = reason instanceof UplinkError ? reason : new UplinkError(String(reason), '', { cause: reason });
    this.#silentCloses = isExplained || error.cause !== undefined ? 0 : this.#silentCloses + 1;
    // Brokers that do not say why (all on 3.1.1, mosquitto 2.0 on 5) close the older session when a twin connects.
    if (this.#silentCloses >= SILENT_CLOSES) {
      error = new UplinkError(error.message, DUPLICATE_HINT, { leaveAloneMs: DUPLICATE_PAUSE_MS });
      this.#silentCloses = 0;
    }
    this.#lastError = error.message;
    this.#leaveAloneMs = error.leaveAloneMs;
    report({ event: 'lost', uplink: uplink.name, error });
  }
}
