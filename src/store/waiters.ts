/** Those who wait for the same thing to happen. */
export class Waiters {
  #waiting: (() => void)[] = [];

  /** Resolves at the next `wake`; rejects with the signal's reason when aborted. */
  wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = () => {
        signal.removeEventListener('abort', end);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      signal.addEventListener('abort', end);
      this.#waiting.push(end);
    });
  }

  wake(): void {
    for (const end of this.#waiting.splice(0)) end();
  }
}
