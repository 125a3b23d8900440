import type { Row } from '../store/outbox.ts';
import type { Descriptor } from './descriptor.ts';

/** What one platform gets; absent: everything. */
export interface Wanted {
  readonly devices?: readonly string[];
  readonly quantities?: readonly string[];
}

interface Told {
  readonly n: string;
  readonly u: string;
}

/** The part of what the gateway knows that one platform gets. */
export class Selection {
  readonly #devices: ReadonlySet<string> | undefined;
  readonly #quantities: ReadonlySet<string> | undefined;

  constructor({ devices, quantities }: Wanted) {
    this.#devices = devices && new Set(devices);
    this.#quantities = quantities && new Set(quantities);
  }

  wants(device: string): boolean {
    return this.#devices?.has(device) ?? true;
  }

  /**
   * The row with the readings that the platform gets. One that has none left is told all the same, its values withheld:
   * its number must not be missing. The same row gives the same bytes.
   */
  of(row: Row): Row {
    const quantities = this.#quantities;
    if (!quantities || row.kind === 'loss') return row;
    const readings = JSON.parse(row.content) as Told[];
    const wanted = readings.filter(({ n }) => quantities.has(n));
    if (wanted.length === readings.length) return row;
    const left = wanted.length > 0 ? wanted : readings.map(({ n, u }) => ({ n, v: null, u, q: 'withheld' }));
    return { ...row, content: JSON.stringify(left) };
  }

  /** The descriptor with the streams that the platform gets, and those of `beside`, which it hears of all the same. */
  descriptor(descriptor: Descriptor, beside: ReadonlySet<string>): Descriptor {
    const quantities = this.#quantities;
    if (!quantities) return descriptor;
    const streams = descriptor.streams.filter(({ quantity }) => quantities.has(quantity) || beside.has(quantity));
    return { ...descriptor, streams };
  }

  heads(heads: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    return this.#devices ? Object.fromEntries(Object.entries(heads).filter(([device]) => this.wants(device))) : heads;
  }
}
