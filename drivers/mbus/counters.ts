import { faulty, type Quantity, quantities, type Reading, reading, type Sample } from '../../src/driver-kit.ts';

/**
 * Counters only grow. One that falls is told as a fault until the next reading says the same: a meter that was read
 * while it started shows 0 for a moment; one that was reset, or that rolled over, goes on from where it fell to.
 */
export class Counters {
  readonly #highest = new Map<Quantity, number>();
  readonly #fallen = new Map<Quantity, number>();

  /** The sample, without the counters that fell just now. */
  checked(sample: Sample): Sample {
    const checked: { [Q in Quantity]?: number | Reading } = {};
    for (const [name, given] of Object.entries(sample)) {
      const quantity = name as Quantity;
      const told = reading(given);
      checked[quantity] = unreserved(quantities[quantity].kind === 'counter' ? this.#counted(quantity, told) : told);
    }
    return checked;
  }

  #counted(quantity: Quantity, told: Reading): Reading {
    if (told.value === null) return told;
    const highest = this.#highest.get(quantity) ?? 0;
    const fallen = this.#fallen.get(quantity) ?? Number.POSITIVE_INFINITY;
    const isConfirmed = told.value >= fallen;
    if (told.value < highest && !isConfirmed) {
      this.#fallen.set(quantity, told.value);
      return faulty('fell');
    }
    this.#fallen.delete(quantity);
    this.#highest.set(quantity, told.value);
    return told;
  }
}

/** A value that nothing is said against is told as a bare number. */
function unreserved(told: Reading): number | Reading {
  const { value, quality, why, measuredAt } = told;
  return value !== null && quality === 'ok' && why === undefined && measuredAt === undefined ? value : told;
}
