import type { Priority } from '../model/observation.ts';

/** How one stream's values are corrected: `value → (c0 + c1·value + c2·value² …) · scale + offset`. */
export interface Calibration {
  readonly offset: number;
  readonly scale: number;
  /** Coefficients c0, c1, c2 …; [0, 1] changes nothing. */
  readonly polynomial: readonly number[];
}

/** Values beyond these limits are an alert. */
export interface AlertLimits {
  readonly above?: number;
  readonly below?: number;
}

/** What is believed of one stream's values, and how much they matter. */
export interface StreamRules {
  readonly calibration?: Calibration;
  /** Plausible range in the quantity's unit. */
  readonly min: number;
  readonly max: number;
  /** The fastest believable change, in units per minute. */
  readonly ratePerMinute?: number;
  /** A value that has not changed for so long is doubted. */
  readonly stuckAfterMs?: number;
  /** Absent: as the device's. */
  readonly priority?: Priority;
  readonly alert?: AlertLimits;
}
