import type { Clock } from '../hal/clock.ts';

/** When to commit, and how. */
export interface Committing {
  readonly clock: Clock;
  /** The uptime at which the next commit is due; undefined where there is nothing to commit. */
  dueMs(): number | undefined;
  /** Never rejects. True where there is more to do at once. */
  commit(): Promise<boolean>;
}

/** Commits one after the other, each when it is due: a timer stands only while something waits. */
export class CommitLoop {
  readonly #with: Committing;
  #timer: { readonly dueMs: number; readonly abort: AbortController } | undefined;
  #running: Promise<void> | undefined;
  #isAsked = false;
  #isStopped = false;

  constructor(committing: Committing) {
    this.#with = committing;
  }

  /** Something has changed: there may be a commit due, or sooner than before. */
  schedule(): void {
    if (this.#running || this.#isStopped) return;
    const dueMs = this.#with.dueMs();
    if (dueMs === undefined || (this.#timer && this.#timer.dueMs <= dueMs)) return;
    this.#timer?.abort.abort();
    const timer = { dueMs, abort: new AbortController() };
    this.#timer = timer;
    this.#with.clock.sleep(Math.max(0, dueMs - this.#with.clock.uptimeMs()), timer.abort.signal).then(
      () => (this.#timer === timer ? this.#begin() : undefined),
      () => undefined, // aborted by whoever commits instead
    );
  }

  /** A commit begins now, or as soon as the one under way has ended. */
  now(): void {
    this.#isAsked = true;
    if (!this.#running && !this.#isStopped) this.#begin();
  }

  /** No more commits after the one under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.abort.abort();
    this.#timer = undefined;
    await this.#running;
  }

  #begin(): void {
    this.#timer?.abort.abort();
    this.#timer = undefined;
    this.#isAsked = false;
    this.#running = this.#with.commit().then((isMore) => {
      this.#running = undefined;
      if (this.#isStopped) return;
      if (isMore || this.#isAsked) this.#begin();
      else this.schedule();
    });
  }
}
