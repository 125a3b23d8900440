import type { Row } from '../store/outbox.ts';
import type { Descriptor } from './descriptor.ts';

/** The names in an observation's readings, as the store wrote them; a loss has none. */
const STREAM_NAME = /"n":"([a-z0-9_]+)"/g;

/** What one session has described: an observation is never told before its descriptor. */
export class Described {
  readonly #streams = new Map<string, ReadonlySet<string>>();

  has(device: string): boolean {
    return this.#streams.has(device);
  }

  /** The streams that a descriptor must have before this row can be told; undefined where one has been told. */
  lacking(row: Row): ReadonlySet<string> | undefined {
    const known = this.#streams.get(row.device);
    const streams = Array.from(row.content.matchAll(STREAM_NAME), ([, stream]) => stream ?? '');
    if (known && streams.every((stream) => known.has(stream))) return undefined;
    return new Set([...(known ?? []), ...streams]);
  }

  /** `beside`: streams that a row has, though no descriptor may ever name them (of a later release). */
  told({ device, streams }: Descriptor, beside: ReadonlySet<string>): void {
    this.#streams.set(device, new Set([...beside, ...streams.map(({ quantity }) => quantity)]));
  }

  /** Every device is described again before its next row, or this one. */
  forget(device?: string): void {
    if (device === undefined) this.#streams.clear();
    else this.#streams.delete(device);
  }
}
