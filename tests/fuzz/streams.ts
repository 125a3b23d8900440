import fc from 'fast-check';

/** Bytes of chance, in which those that mean something come far more often than chance would have them. */
export function byteOf(...special: readonly [number, ...number[]]): fc.Arbitrary<number> {
  return fc.oneof(fc.nat(255), fc.constantFrom(...special));
}

interface Harm {
  readonly kind: 'flip' | 'set' | 'lose' | 'insert' | 'double' | 'cut';
  readonly at: number;
  readonly size: number;
  readonly bytes: readonly number[];
}

/** The frame with one thing done to it that a line, a driver's buffer or a restart may do. */
function harmed(frame: Uint8Array, { kind, at, size, bytes }: Harm): Uint8Array {
  const from = at % (frame.length + 1);
  const before = frame.subarray(0, from);
  const here = frame.subarray(from, from + size);
  const after = frame.subarray(from + size);
  switch (kind) {
    case 'flip':
      return frame.map((byte, index) => (index === from ? byte ^ (1 << (size & 7)) : byte));
    case 'set':
      return frame.map((byte, index) => (index === from ? (bytes[0] ?? 0) : byte));
    case 'lose':
      return Buffer.concat([before, after]);
    case 'insert':
      return Buffer.concat([before, Uint8Array.from(bytes), here, after]);
    case 'double':
      return Buffer.concat([before, here, here, after]);
    case 'cut':
      return size % 2 === 0 ? before : frame.subarray(from);
  }
}

/** Byte strings of noise, whole frames and harmed ones, one behind the other, and where the line cuts them. */
export function streamsOf(
  frame: fc.Arbitrary<Uint8Array>,
  special: readonly [number, ...number[]],
): fc.Arbitrary<readonly [Uint8Array, readonly number[]]> {
  const byte = byteOf(...special);
  const noise = fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
  const harm = fc.record({
    kind: fc.constantFrom('flip', 'set', 'lose', 'insert', 'double', 'cut'),
    at: fc.nat(0xffff),
    size: fc.nat(40),
    bytes: fc.array(byte, { minLength: 1, maxLength: 4 }),
  });
  const damaged = fc
    .tuple(frame, fc.array(harm, { minLength: 1, maxLength: 3 }))
    .map(([whole, harms]) => harms.reduce(harmed, whole));
  const morsel = fc.oneof(
    { weight: 2, arbitrary: noise },
    { weight: 1, arbitrary: frame },
    { weight: 3, arbitrary: damaged },
  );
  const stream = fc.array(morsel, { maxLength: 5 }).map((morsels) => Buffer.concat(morsels));
  return fc.tuple(stream, fc.array(fc.nat(0xffff), { maxLength: 8 }));
}

/** The stream in pieces that end at the cuts. */
export function piecesOf(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => stream.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}
