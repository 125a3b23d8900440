/** A point on the map, WGS84. Height is in metres above the ground. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly heightM?: number | undefined;
}

/** What is measured for whom, why, and on what ground: told with every device. */
export interface Governance {
  readonly owner?: string | undefined;
  readonly contact?: string | undefined;
  readonly goal?: string | undefined;
  readonly legalGround?: string | undefined;
  readonly privacyUrl?: string | undefined;
  readonly personalData?: boolean | undefined;
  /** The day on which the sensor is to be removed, YYYY-MM-DD. */
  readonly activeUntil?: string | undefined;
  readonly audience?: string | undefined;
  readonly minGroup?: number | undefined;
  readonly registerReference?: string | undefined;
}
