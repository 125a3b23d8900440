/** One conversation at a time on a bus, in the order in which they were asked for. */
export class BusQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `conversation` when those before it are over, however they ended. */
  run<T>(conversation: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(conversation, conversation);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
