import { reconnectAfter } from './back-off.ts';
import type { GatewayState } from './gateway-state.ts';
import { type Tellable, Telling } from './telling.ts';
import { type Message, type Outcome, type Session, type Uplink, UplinkError } from './uplink.ts';

/** What happens to an uplink, told once each. */
export type UplinkEvent =
  | { readonly event: 'connected'; readonly uplink: string; readonly attempts: number }
  | { readonly event: 'unreachable'; readonly uplink: string; readonly error: UplinkError }
  | { readonly event: 'lost'; readonly uplink: string; readonly error: UplinkError }
  | { readonly event: 'refused'; readonly uplink: string; readonly reason: string; readonly topic: string }
  | { readonly event: 'taken-again'; readonly uplink: string; readonly topic: string; readonly refusals: number };

/** One uplink and what is told over it. */
export interface Forwarding extends Omit<Tellable, 'name' | 'heard'> {
  readonly uplink: Uplink;
  readonly random: () => number;
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
}

/** So many short sessions in a row, each closed by the platform without a word, are no bad line. */
const SILENT_CLOSES = 3;
const DUPLICATE_HINT = 'duplicate identity? Another gateway may use the same clientId (a copied SD card)';
const DUPLICATE_PAUSE_MS = 10 * 60_000;

/** A session that has stood for so long was a good one: after its loss the back-off starts anew. */
const STABLE_MS = 60_000;

/** Tells one platform everything in the outbox, in order, as long as it takes: connects, tells, connects again. */
export class Forwarder {
  readonly #with: Forwarding;
  #telling: Telling | undefined;
  #accepted = 0;
  #lastError: string | undefined;
  #leaveAloneMs = 0;
  #silentCloses = 0;
  /** The topic that was refused last, until it is taken again. */
  #refusal: { readonly topic: string; readonly reason: string; count: number } | undefined;

  constructor(forwarding: Forwarding) {
    this.#with = forwarding;
  }

  get status(): ForwarderStatus {
    return {
      uplink: this.#with.uplink.name,
      isConnected: this.#telling !== undefined,
      accepted: this.#accepted,
      inFlight: this.#telling?.inFlight ?? 0,
      lastError: this.#lastError ?? this.#refusal?.reason,
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
      const session = await this.#connect(attempts, stop);
      if (session) {
        const connectedMs = clock.uptimeMs();
        await this.#tell(session, stop);
        const isStable = clock.uptimeMs() - connectedMs >= STABLE_MS;
        if (!stop.aborted) this.#lost(session, isStable);
        if (isStable) attempts = 1;
      }
      const waitMs = Math.max(reconnectAfter(attempts, random), this.#leaveAloneMs);
      // Ends early when stopped; the loop sees it.
      if (!stop.aborted) await clock.sleep(waitMs, stop).catch(() => undefined);
    }
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

  #heard({ topic }: Message, outcome: Outcome): void {
    const { uplink, report } = this.#with;
    if (outcome.kind === 'accepted') {
      this.#accepted += 1;
      if (this.#refusal?.topic !== topic) return;
      report({ event: 'taken-again', uplink: uplink.name, topic, refusals: this.#refusal.count });
      this.#refusal = undefined;
    } else if (outcome.kind === 'refused' && this.#refusal) {
      this.#refusal.count += 1;
    } else if (outcome.kind === 'refused') {
      this.#refusal = { topic, reason: outcome.reason, count: 1 };
      report({ event: 'refused', uplink: uplink.name, reason: outcome.reason, topic });
    }
  }

  async #tell(session: Session, stop: AbortSignal): Promise<void> {
    const { uplink } = this.#with;
    this.#telling = new Telling(
      {
        ...this.#with,
        name: uplink.name,
        heard: (message, outcome) => this.#heard(message, outcome),
      },
      session,
    );
    try {
      await this.#telling.run(stop);
    } finally {
      this.#telling = undefined;
    }
  }

  #lost({ lost: { reason } }: Session, wasStable: boolean): void {
    const { uplink, report } = this.#with;
    let error = reason instanceof UplinkError ? reason : new UplinkError(String(reason), '', { cause: reason });
    this.#silentCloses = wasStable || error.cause !== undefined ? 0 : this.#silentCloses + 1;
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
