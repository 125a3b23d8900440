import type { Instant } from './observation.ts';

/** Why numbers will never be delivered; `unclean` ones may have been all the same, and then the delivery counts. */
export type LossReason = 'quota' | 'expired' | 'corrupt' | 'refused' | 'operator' | 'unclean';

/** Numbers of one device, both ends included. */
export interface LostRange {
  readonly from: number;
  readonly to: number;
  readonly reason: LossReason;
}

/** A declaration that observations of one device will never be delivered. */
export interface Loss {
  readonly device: string;
  /** When it was found out. */
  readonly instant: Instant;
  readonly lost: readonly LostRange[];
}
