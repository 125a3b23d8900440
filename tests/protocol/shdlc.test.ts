import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { answerFrame, answerIn, askShdlc, requestFrame, requestIn, unframed } from '../../src/protocol/shdlc.ts';
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.ts';
import { lineThatSays } from './modbus-line.ts';

/** What is found in `bytes` when they come in chunks that end at `cuts`. */
function heard(bytes: readonly number[], cuts: readonly number[]): number[][] {
  const found: number[][] = [];
  let rest: Uint8Array = new Uint8Array();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    const parsed = unframed(Uint8Array.from([...rest, ...bytes.slice(from, end)]));
    found.push(...parsed.found.map((content) => [...content]));
    rest = parsed.rest;
    from = end;
  }
  return found;
}

const runs = { numRuns: fuzzRuns };

// Flags, escapes and what is escaped far more often than chance would have them.
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x7e, 0x7d, 0x5e, 0x5d, 0x11, 0x13, 0x00));
const garbage = fc.array(byte, { maxLength: 300, size: 'max' });
const cuts = fc.array(fc.nat(), { maxLength: 20 });
const answer = fc.record({
  address: byte,
  command: byte,
  state: byte,
  data: fc.uint8Array({ maxLength: 255, size: 'max' }),
});

describe('SHDLC frames', { timeout: fuzzTimeoutMs }, () => {
  it('give back what was put into them, whatever the bytes and wherever the line cuts them', () => {
    fc.assert(
      fc.property(answer, cuts, (given, at) => {
        const [content = [], ...more] = heard([...answerFrame(given)], at);
        expect(answerIn(Uint8Array.from(content))).toEqual(given);
        expect(more).toEqual([]);
        const { state: _, ...request } = given;
        const [asked = []] = heard([...requestFrame(request)], at);
        expect(requestIn(Uint8Array.from(asked))).toEqual(request);
      }),
      runs,
    );
  });

  it('hold none of the bytes that mean something to the line', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const inner = [...answerFrame(given)].slice(1, -1);
        expect(inner.filter((one) => [0x7e, 0x11, 0x13].includes(one))).toEqual([]);
      }),
      runs,
    );
  });

  it('that never end take no more room than the longest one', () => {
    const endless = unframed(Uint8Array.from({ length: 600 }, (_, at) => (at === 0 ? 0x7e : 1)));
    expect(endless).toEqual({ found: [], damagedBytes: 600, rest: new Uint8Array() });
  });
});

describe('an SHDLC question', { timeout: fuzzTimeoutMs }, () => {
  const request = { address: 0, command: 3, data: new Uint8Array() };
  const reply = { ...request, state: 0, data: Uint8Array.of(1, 2, 3) };

  it('is answered though other answers, an echo and noise come first', async () => {
    const { device, written } = lineThatSays([
      Uint8Array.of(0, 0xff),
      requestFrame(request),
      answerFrame({ ...reply, command: 1 }),
      answerFrame({ ...reply, address: 7 }),
      answerFrame(reply),
    ]);
    expect(await askShdlc(device, request)).toEqual(reply);
    expect(written).toEqual([requestFrame(request)]);
  });

  it('tells silence from damage', async () => {
    const silent = lineThatSays([]).device;
    await expect(askShdlc(silent, request)).rejects.toMatchObject({ kind: 'timeout' });
    const others = lineThatSays([answerFrame({ ...reply, command: 1 })]).device;
    await expect(askShdlc(others, request)).rejects.toMatchObject({ kind: 'timeout' });
    const damaged = answerFrame(reply).with(6, 9);
    await expect(askShdlc(lineThatSays([damaged]).device, request)).rejects.toMatchObject({ kind: 'checksum' });
    const half = answerFrame(reply).subarray(0, 5);
    await expect(askShdlc(lineThatSays([half]).device, request)).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('is given up on a line that never ceases to chatter', async () => {
    let reads = 0;
    const { device } = lineThatSays([]);
    const chatter: SerialDevice = {
      ...device,
      read: async () => {
        reads += 1;
        if (reads > 1000) throw new Error('it would go on for ever');
        return Uint8Array.of(0x7e, 1, 2, 3);
      },
    };
    await expect(askShdlc(chatter, request)).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('passes on what is wrong with the line itself', async () => {
    const { device } = lineThatSays([]);
    const broken: SerialDevice = {
      ...device,
      read: async () => {
        throw new SensorError('bus', 'the adapter was unplugged');
      },
    };
    await expect(askShdlc(broken, request)).rejects.toMatchObject({ kind: 'bus' });
  });

  it('ends with an answer, a kind of fault or nothing else, whatever the line says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { maxLength: 8 }), async (pieces) => {
        const said = pieces.filter((piece) => piece.length > 0).map((piece) => Uint8Array.from(piece));
        const outcome = await askShdlc(lineThatSays(said).device, request).catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({ kind: expect.stringMatching(/checksum|timeout/) });
        else expect(outcome).toMatchObject({ address: 0, command: 3 });
      }),
      runs,
    );
  });
});
