import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
  .map((frame) => ({ kind: 'long', ...frame }) as const);

describe('telegrams of M-Bus', { timeout: fuzzTimeoutMs }, () => {
  it('are read, or refused with a reason, and never tell a number that is none', () => {
    fc.assert(
      fc.property(long, (frame) => {
        try {
          const { records } = telegramIn(frame);
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
