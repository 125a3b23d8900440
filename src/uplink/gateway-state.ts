import type { ClockState } from '../model/observation.ts';

/** What the gateway says of itself when it connects, every minute, and (by its Will) when it vanishes. */
export interface GatewayState {
  readonly isOnline: boolean;
  readonly at: number;
  readonly clock: ClockState;
  /** The last sequence number per device; absent in the Will, which cannot know it. */
  readonly heads?: Readonly<Record<string, number>>;
  /** Rows not yet settled by this uplink; absent in the Will. */
  readonly backlog?: number;
  readonly startedAt: number;
  readonly wasClean: boolean;
  readonly durableUntil?: number;
}
