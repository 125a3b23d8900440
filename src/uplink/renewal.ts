import type { Clock } from '../hal/clock.ts';
import { type Message, type Session, type Uplink, UplinkError } from './uplink.ts';

/** A session whose credentials may be renewed on disk. */
export interface Renewable {
  readonly uplink: Uplink;
  readonly session: Session;
  readonly clock: Clock;
  will(): Message;
  /** Hears once that the platform does not take what is on disk now; the session stands. */
  failed(error: UplinkError): void;
}

const LOOK_EVERY_MS = 60_000;
/** What was refused may be taken later: a certificate that is not yet valid, a list that the platform has to learn. */
const AGAIN_AFTER_MS = 3_600_000;

/**
 * Runs beside a session and gives the one that takes its place, made with what is on disk as soon as that differs:
 * the platform lets the old one go when it has let the new one in. Undefined where the session is lost before, or at `stop`.
 */
export async function successor(renewable: Renewable, stop: AbortSignal): Promise<Session | undefined> {
  const { uplink, session, clock } = renewable;
  const { renewal } = uplink;
  if (!renewal) return undefined;
  const over = AbortSignal.any([stop, session.lost]);
  const tried = new Attempts(clock);
  while (!over.aborted) {
    // Ends early when it is over; the loop sees it.
    await clock.sleep(LOOK_EVERY_MS, over).catch(() => undefined);
    const fingerprint = renewal.fingerprint();
    if (over.aborted || fingerprint === session.fingerprint || !tried.isDue(fingerprint)) continue;
    const next = await connected(renewable, tried.isFirst(fingerprint), stop);
    tried.note(fingerprint);
    if (!next) continue;
    // Where the platform has not ended it: two sessions would tell the same.
    session.drop();
    return next;
  }
  return undefined;
}

/** One attempt. It goes on though the old session is lost: the platform ends that one when it takes the new one. */
async function connected({ uplink, will, failed }: Renewable, isFirst: boolean, stop: AbortSignal) {
  try {
    return await uplink.renewal?.connect(will(), stop);
  } catch (cause) {
    if (!(cause instanceof UplinkError)) throw cause;
    if (isFirst && !stop.aborted) failed(cause);
    return undefined;
  }
}

/** What was tried last, and when. */
class Attempts {
  readonly #clock: Clock;
  #fingerprint: string | undefined;
  #triedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isFirst(fingerprint: string): boolean {
    return fingerprint !== this.#fingerprint;
  }

  isDue(fingerprint: string): boolean {
    return this.isFirst(fingerprint) || this.#clock.uptimeMs() - this.#triedMs >= AGAIN_AFTER_MS;
  }

  note(fingerprint: string): void {
    this.#fingerprint = fingerprint;
    this.#triedMs = this.#clock.uptimeMs();
  }
}
