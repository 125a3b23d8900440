export type Level = 0 | 1;

/** A change of level, with the moment at which it was seen. */
export interface Edge {
  readonly level: Level;
  readonly uptimeMs: number;
  /** Which of the device's further lines (1, 2 …); absent: its first. */
  readonly line?: number;
}

/** The input line of a part, or its few lines, on a GPIO chip. Edges of all of them are queued from the first call on, so that none is missed between two calls. */
export interface GpioDevice {
  /** The level of the first line, or of a further one. */
  level(line?: number): Promise<Level>;
  /** The oldest edge not yet taken; undefined if none comes within `withinMs` (0: do not wait). */
  edge(withinMs: number, signal?: AbortSignal): Promise<Edge | undefined>;
  uptimeMs(): number;
}

/** How a device's lines are read: `further` are the offsets of those beside its first. */
export interface LineOptions {
  readonly activeLow: boolean;
  readonly further?: readonly number[];
}

/** One GPIO chip, of which lines are taken by their offset (on a Raspberry Pi: the BCM number). */
export interface GpioChip {
  device(offset: number, options: LineOptions): GpioDevice;
  close(): Promise<void>;
}
