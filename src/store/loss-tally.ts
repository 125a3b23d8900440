import type { LossReason } from '../model/loss.ts';
import { countOf } from '../model/number-set.ts';
import type { Declaration } from './losses.ts';
import type { LossCount, StoreEvent } from './outbox.ts';

/** Counts what is declared lost while the program runs. */
export class LossTally {
  readonly #counts = new Map<string, LossCount>();

  get counts(): readonly LossCount[] {
    return [...this.#counts.values()];
  }

  /** The ranges of declarations, whatever their reasons. */
  declared(...all: readonly Pick<Declaration, 'lost'>[]): void {
    for (const { lost } of all) for (const range of lost) this.#add(range.reason, countOf([range]));
  }

  /** As `report`: what goes to make room is known by its event. */
  hearing(report: (event: StoreEvent) => void): (event: StoreEvent) => void {
    return (event) => {
      if (event.event === 'dropped') this.#add('quota', event.count, event.priority);
      report(event);
    };
  }

  #add(reason: LossReason, count: number, priority?: LossCount['priority']): void {
    const key = `${reason} ${priority ?? ''}`;
    const before = this.#counts.get(key)?.count ?? 0;
    if (count > 0) this.#counts.set(key, { reason, ...(priority ? { priority } : {}), count: before + count });
  }
}
