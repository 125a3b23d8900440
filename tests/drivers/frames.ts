import fc from 'fast-check';
import { type FrameAt, framesIn } from '../../src/driver-kit.ts';

/** What the parser finds in `bytes` when they come in chunks that end at `cuts`. */
export function heard(frameAt: FrameAt, bytes: readonly number[], cuts: readonly number[]): number[][] {
  const found: number[][] = [];
  let rest: Uint8Array = new Uint8Array();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    const parsed = framesIn(Uint8Array.from([...rest, ...bytes.slice(from, end)]), frameAt);
    found.push(...parsed.found.map((frame) => [...frame]));
    rest = parsed.rest;
    from = end;
  }
  return found;
}

/** Where a line may cut what comes over it. */
export const cuts = fc.array(fc.nat(), { maxLength: 20 });

/** Bytes of chance, in which those that mean something come far more often than chance would have them. */
export function byteOf(...special: readonly [number, ...number[]]): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...special));
}

/** A frame, and where and how one of its bytes is altered. */
export const alteration = fc.record({ where: fc.nat(), flip: fc.integer({ min: 1, max: 255 }) });

/** The frame with that byte altered. */
export function altered(frame: readonly number[], { where, flip }: { where: number; flip: number }): number[] {
  return frame.map((byte, at) => (at === where % frame.length ? byte ^ flip : byte));
}
