import type fc from 'fast-check';

/** A frame that stands in a stream by its protocol's own rules: from which byte, up to which, and what it says. */
export interface Sound<T> {
  readonly from: number;
  readonly to: number;
  readonly says: T;
}

/** A frame parser under test, and a second opinion on what it may find. */
export interface FuzzedParser<T = string> {
  readonly name: string;
  /** Frames that a part may send; their checksums are reckoned here, not by the parser's room. */
  readonly frame: fc.Arbitrary<Uint8Array>;
  /** Two frames that differ, and that nobody else sends. */
  readonly last: readonly [Uint8Array, Uint8Array];
  /** Bytes that mean something to the parser: noise has far more of them than chance would. */
  readonly special: readonly [number, ...number[]];
  /** What the driver believes of bytes that come in these pieces. Anything thrown is a crash. */
  hear(pieces: readonly Uint8Array[]): readonly T[] | Promise<readonly T[]>;
  /** The rules of a frame, written down a second time: every place in the stream where one stands. */
  soundIn(stream: Uint8Array): readonly Sound<T>[];
  /** Whether what was heard is what stands there; absent: if the two are equal. */
  isSame?(heard: T, says: T): boolean;
  /** It is asked and gives one answer, the first, and hears no more than so many bytes for it. */
  readonly limitBytes?: number;
}
