import type { Instant } from './observation.ts';

/** Why numbers will never be delivered; `unclean` ones may have been all the same, and then the delivery counts. */
export type LossReason = 'quota' | 'expired' | 'corrupt' | 'refused' | 'operator' | 'unclean';

/** Numbers of one device, both ends included. */
export interface LostRange {
  readonly from: number;
  readonly to: number;
  readonly reason: LossReason;
}

/** A range that was lost for some uplinks only: the others have it, or were told of it in another way. */
export interface LostFor extends LostRange {
  /** The uplinks that lost it; absent: all of them. */
  readonly only?: readonly string[];
}

/** A declaration that observations of one device will never be delivered. */
export interface Loss {
  readonly device: string;
  /** When it was found out. */
  readonly instant: Instant;
  readonly lost: readonly LostFor[];
}
