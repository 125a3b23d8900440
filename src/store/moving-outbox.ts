import type { Memory } from '../hal/memory.ts';
import { StoreError } from '../model/errors.ts';
import type { Loss } from '../model/loss.ts';
import type { Observation } from '../model/observation.ts';
import type { CursorState } from './cursor.ts';
import type { MemoryKind } from './memories.ts';
import type { Lane, LastRun, Outbox, OutboxStats, Row } from './outbox.ts';
import type { Held } from './pending.ts';
import type { Opened } from './sqlite-file.ts';

/** What another outbox has taken over is not this one's any more. */
export class MovedError extends Error {
  constructor() {
    super('the outbox goes on in another file');
    this.name = 'MovedError';
  }
}

/** What an outbox knows and its file does not. */
export interface HandedOver {
  readonly cursors: Readonly<Record<string, CursorState>>;
  readonly memories: Readonly<Record<string, string>>;
  readonly pending: readonly Held[];
  readonly lastId: number;
}

/** An outbox that can be left for another one on another file. */
export interface Movable extends Outbox {
  /** What it has not made durable; it does nothing any more. */
  handOver(): HandedOver;
  /** Resolves when rows may be leased. */
  takeOver(from: HandedOver): Promise<void>;
}

/** Where to flee, and how to go on there. */
export interface Moving {
  /** What the file says of itself that is open now: the same, or the one in memory (refuge.ts). */
  flee(): Promise<Opened>;
  open(opened: Opened): Movable;
}

/** The outbox as everybody knows it, whichever file it is on. */
export class MovingOutbox implements Outbox {
  readonly lastRun: LastRun;
  readonly #moving: Moving;
  #now: Movable;
  #ready: Promise<void> | undefined;

  constructor(moving: Moving, first: Movable) {
    this.lastRun = first.lastRun;
    this.#moving = moving;
    this.#now = first;
  }

  get epoch(): string {
    return this.#now.epoch;
  }

  append(observation: Observation): Promise<void> {
    return this.#now.append(observation);
  }

  declareLoss(loss: Loss): Promise<void> {
    return this.#now.declareLoss(loss);
  }

  memory(device: string, kind?: MemoryKind): Memory {
    return {
      load: () => this.#now.memory(device, kind).load(),
      save: (text) => this.#now.memory(device, kind).save(text),
    };
  }

  lease(uplink: string, lane: Lane, limit: number, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#asking((outbox) => outbox.lease(uplink, lane, limit, signal));
  }

  acknowledge(uplink: string, ids: readonly number[]): void {
    this.#now.acknowledge(uplink, ids);
  }

  giveBack(uplink: string, ids: readonly number[]): void {
    this.#now.giveBack(uplink, ids);
  }

  refuse(uplink: string, rows: readonly Row[]): Promise<void> {
    return this.#now.refuse(uplink, rows);
  }

  release(uplink: string): void {
    this.#now.release(uplink);
  }

  stats(): Promise<OutboxStats> {
    return this.#asking((outbox) => outbox.stats());
  }

  close(): Promise<void> {
    return this.#asking((outbox) => outbox.close());
  }

  /** Leaves `left` for the file in memory if the disk takes nothing any more; true where it has been left. */
  async flee(left: Outbox = this.#now): Promise<boolean> {
    if (left !== this.#now) return true;
    // Where the thread has ended, the reason is known to whoever asks.
    const opened = await this.#moving.flee().catch(() => undefined);
    if (left !== this.#now) return true;
    if (!opened || opened.epoch === left.epoch) return false;
    const from = this.#now.handOver();
    // What is known of the rows here is newer than what the file says; what the file has left behind is settled there.
    const known = Object.entries(from.cursors).map(([name, { settled, ...state }]) => {
      return [name, { ...state, settled: [...settled, ...(opened.cursors[name]?.settled ?? [])] }] as const;
    });
    this.#now = this.#moving.open({
      ...opened,
      cursors: Object.fromEntries(known),
      memories: { ...opened.memories, ...from.memories },
      newestId: Math.max(opened.newestId, from.lastId),
    });
    this.#ready = this.#now.takeOver(from);
    return true;
  }

  /** Asks the outbox of the moment, and once more where it had to be left meanwhile. */
  async #asking<T>(ask: (outbox: Outbox) => Promise<T>): Promise<T> {
    for (;;) {
      const outbox = this.#now;
      try {
        if (this.#ready !== undefined) await this.#ready;
        return await ask(outbox);
      } catch (cause) {
        const isOurs = cause instanceof StoreError || cause instanceof MovedError;
        if (!isOurs || !(await this.flee(outbox))) throw cause;
      }
    }
  }
}
