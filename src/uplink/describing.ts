import type { Row } from '../store/outbox.ts';
import { type Channel, RANK } from './channel.ts';
import { Described } from './described.ts';
import type { Selection } from './selection.ts';
import type { Tellable } from './tellable.ts';
import { unlessAborted } from './unless-aborted.ts';

const NO_STREAMS: ReadonlySet<string> = new Set();

/** Tells descriptors over one session: of every device, and before the first row that needs it. */
export class Describing {
  readonly #told: Tellable;
  readonly #channel: Channel;
  readonly #selection: Selection;
  readonly #described = new Described();

  constructor(told: Tellable, { channel, selection }: { readonly channel: Channel; readonly selection: Selection }) {
    this.#told = told;
    this.#channel = channel;
    this.#selection = selection;
  }

  /** Every device, or this one, is described again before its next row. */
  announce(device?: string): void {
    this.#described.forget(device);
  }

  /** Describes what has not been described, one device after the other: on a slow line what is new goes between. */
  async all(until: AbortSignal): Promise<void> {
    for (const { device } of this.#told.descriptors()) {
      if (!this.#selection.wants(device) || this.#described.has(device)) continue;
      await this.#channel.room(RANK.live, until);
      if (this.#described.has(device)) this.#channel.leave();
      else await unlessAborted(this.#tell(device, NO_STREAMS), until);
    }
  }

  /** Describes the row's device where that is needed; then its descriptor is on its way when this resolves. */
  async before(row: Row, rank: number, until: AbortSignal): Promise<void> {
    if (!this.#described.lacking(row)) return;
    await this.#channel.room(rank, until);
    // Another lane may have been quicker.
    const lacking = this.#described.lacking(row);
    if (lacking) void this.#tell(row.device, lacking);
    else this.#channel.leave();
  }

  #tell(device: string, streams: ReadonlySet<string>): Promise<unknown> {
    const descriptor = this.#selection.descriptor(this.#told.describe(device, [...streams]), streams);
    this.#described.told(descriptor, streams);
    return this.#channel.hand(this.#told.encoding.meta(descriptor));
  }
}
