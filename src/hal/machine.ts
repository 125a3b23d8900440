/** What the machine that the gateway runs on says of itself; what it does not say is left out. */
export interface MachineState {
  /** A name for this boot: what was seen since then is forgotten with the next. */
  readonly bootId?: string | undefined;
  readonly cpuTemperatureCel?: number | undefined;
  /** The supply is too low at this moment. */
  readonly isUnderVoltage?: boolean | undefined;
  /** The firmware remembers that the supply was too low. */
  readonly wasUnderVoltage?: boolean | undefined;
  /** The processor is held back: by heat, or by its supply. */
  readonly isThrottled?: boolean | undefined;
  /** Processes that run or wait for the disk, averaged over a minute. */
  readonly load?: number | undefined;
  readonly memoryAvailableBytes?: number | undefined;
  /** Where the outbox is. */
  readonly diskFreeBytes?: number | undefined;
  /** On the whole disk that the outbox is on, by everybody, since boot. */
  readonly diskWrittenBytes?: number | undefined;
  /** How much of its life the disk has behind it, by its own estimate: tenths, told as the upper end of each. */
  readonly diskWearPercent?: number | undefined;
}

/** Looks at the machine: never rejects, and asks no other program. */
export type Machine = () => Promise<MachineState>;
