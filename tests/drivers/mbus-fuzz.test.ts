import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, framesIn, longFrame, shortFrame } from '../../drivers/mbus/frames.ts';
import { recordsIn } from '../../drivers/mbus/records.ts';
import { telegramIn } from '../../drivers/mbus/telegram.ts';
import { SensorError } from '../../src/driver-kit.ts';
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.ts';

const runs = { numRuns: fuzzRuns };

const anyBytes = fc.uint8Array({ maxLength: 300 });

/** Bytes that look like records: the codes that lead somewhere come more often. */
const recordBytes = fc
  .array(
    fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x0c, 0x04, 0x84, 0x0d, 0x0f, 0x1f, 0x2f, 0x13, 0xfd, 0xfb, 0xfc, 0xff, 0x6d, 0x6c, 0x80),
    ),
    { maxLength: 240 },
  )
  .map((bytes) => Uint8Array.from(bytes));

const long = fc
  .record({
    control: fc.constant(0x08),
    address: fc.nat(255),
    information: fc.oneof(fc.constantFrom(0x70, 0x72, 0x73, 0x76, 0x77, 0x78, 0x7a), fc.nat(255)),
    data: fc.oneof(anyBytes, recordBytes).map((bytes) => bytes.slice(0, 252)),
  })
  .map((frame) => ({ frame, bytes: longFrame(frame) }));

/** The stream given in pieces that are cut anywhere, as a line gives it; what is left is tried at the end. */
function heardInPieces(stream: Uint8Array, cuts: readonly number[]): Frame[] {
  const found: Frame[] = [];
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b);
  let rest: Uint8Array = new Uint8Array();
  let at = 0;
  for (const end of ends) {
    const parsed = framesIn(Uint8Array.of(...rest, ...stream.subarray(at, end)));
    found.push(...parsed.found);
    rest = parsed.rest;
    at = end;
  }
  return [...found, ...framesIn(rest, true).found];
}

/** Every frame as it would stand on the line, looked for in the stream: what was found must have been there whole. */
function stoodThere(frame: Frame, stream: Uint8Array): boolean {
  if (frame.kind === 'acknowledge') return stream.includes(0xe5);
  const bytes = frame.kind === 'short' ? shortFrame(frame.control, frame.address) : longFrame(frame);
  return Buffer.from(stream).includes(Buffer.from(bytes));
}

const cuts = fc.array(fc.nat(2000), { maxLength: 12 });

describe('frames of M-Bus', { timeout: fuzzTimeoutMs }, () => {
  it('are found only where they stood whole, with their checksum, in any bytes cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyBytes,
            long.map(({ bytes }) => bytes),
          ),
          { maxLength: 4 },
        ),
        cuts,
        (parts, cut) => {
          const stream = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
          for (const frame of heardInPieces(stream, cut)) expect(stoodThere(frame, stream)).toBe(true);
        },
      ),
      runs,
    );
  });

  it('give the same frames whole and in pieces', () => {
    fc.assert(
      fc.property(fc.array(long, { maxLength: 4 }), cuts, (frames, cut) => {
        const stream = Uint8Array.from(frames.flatMap(({ bytes }) => Array.from(bytes)));
        expect(heardInPieces(stream, cut)).toEqual(frames.map(({ frame }) => ({ kind: 'long', ...frame })));
      }),
      runs,
    );
  });

  it('give no frame whose checksum was broken, and the second one after it at the latest', () => {
    fc.assert(
      fc.property(long, fc.nat(5000), fc.integer({ min: 1, max: 255 }), cuts, (damaged, where, flip, cut) => {
        // Frames that the damage cannot have in its data by chance.
        const good = [1, 2].map((id) =>
          longFrame({ control: 0x08, address: id, information: 0x78, data: Uint8Array.of(0x0c, 0x13, id, 7, 7, 7) }),
        );
        const at = where % damaged.bytes.length;
        const broken = damaged.bytes.map((byte, index) => (index === at ? byte ^ flip : byte));
        const stream = Uint8Array.of(...broken, ...good.flatMap((bytes) => Array.from(bytes)));
        const found = heardInPieces(stream, cut).map((frame) => JSON.stringify(frame));
        expect(found).not.toContain(JSON.stringify({ kind: 'long', ...damaged.frame }));
        expect(found.some((frame) => frame.includes('"address":2'))).toBe(true);
      }),
      runs,
    );
  });
});

describe('telegrams of M-Bus', { timeout: fuzzTimeoutMs }, () => {
  it('are read, or refused with a reason, and never tell a number that is none', () => {
    fc.assert(
      fc.property(long, ({ frame }) => {
        try {
          const { records } = telegramIn({ kind: 'long', ...frame });
          for (const { value } of records) if (value.type === 'number') expect(Number.isFinite(value.value)).toBe(true);
        } catch (cause) {
          expect(cause).toBeInstanceOf(SensorError);
        }
      }),
      runs,
    );
  });

  it('hold no more records than bytes allow: nothing is read twice', () => {
    fc.assert(
      fc.property(recordBytes, fc.boolean(), (bytes, isHighFirst) => {
        try {
          expect(recordsIn(bytes, isHighFirst).records.length).toBeLessThanOrEqual(bytes.length / 2);
        } catch (cause) {
          expect(String(cause)).toMatch(/record|reserved|extensions|characters/);
        }
      }),
      runs,
    );
  });
});
