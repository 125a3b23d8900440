import type { Clock } from '../hal/clock.ts';
import type { Outbox } from '../store/outbox.ts';
import type { Descriptor } from './descriptor.ts';
import type { Encoding } from './encodings/encoding.ts';
import type { GatewayState } from './gateway-state.ts';
import type { DrainRate } from './pace.ts';
import type { Wanted } from './selection.ts';
import type { Message, Outcome } from './uplink.ts';

/** What is told, to whom, and how. */
export interface Tellable {
  /** The uplink's name: the outbox keeps a cursor for it. */
  readonly name: string;
  readonly outbox: Outbox;
  readonly encoding: Encoding;
  readonly clock: Clock;
  /** Messages under way at most; the platform's own limit counts too. */
  readonly maxInFlight: number;
  /** Whether a backlog is told in batches, in deflated ones, or row by row. */
  readonly batches: 'backlog' | 'deflate' | 'never';
  /** How fast a backlog is told at most; absent: as fast as the platform takes it. */
  readonly drainRate?: DrainRate;
  /** Which part of it all this platform gets; absent: everything. */
  readonly wanted?: Wanted;
  /** The devices of this configuration. */
  descriptors(): readonly Descriptor[];
  /** The descriptor of a device with at least these streams: a row may be from an earlier configuration. */
  describe(device: string, streams: readonly string[]): Descriptor;
  state(isOnline: boolean): Promise<GatewayState>;
  /** Hears what became of each message. */
  heard(message: Message, outcome: Outcome): void;
}
