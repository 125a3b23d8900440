export type Level = 0 | 1;

/** A change of level, with the moment at which it was seen. */
export interface Edge {
  readonly level: Level;
  readonly uptimeMs: number;
}

/** One input line of a GPIO chip. Edges are queued from the first call on, so that none is missed between two calls. */
export interface GpioDevice {
  level(): Promise<Level>;
  /** The oldest edge not yet taken; undefined if none comes within `withinMs` (0: do not wait). */
  edge(withinMs: number, signal?: AbortSignal): Promise<Edge | undefined>;
  uptimeMs(): number;
}

/** One GPIO chip, of which lines are taken by their offset (on a Raspberry Pi: the BCM number). */
export interface GpioChip {
  device(offset: number, options: { readonly activeLow: boolean }): GpioDevice;
  close(): Promise<void>;
}
