import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { answerFrame, answerIn, askShdlc, requestFrame, requestIn, unframed } from '../../src/protocol/shdlc.ts';
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

/** The rules of a frame, written down a second time: unescaped, does it end in its own checksum? */
function isSound(stuffed: readonly number[], content: readonly number[]): boolean {
  const plain: number[] = [];
  for (let at = 0; at < stuffed.length; at += 1) {
    const isEscape = stuffed[at] === 0x7d;
    if (isEscape) at += 1;
    plain.push((stuffed[at] ?? 0) ^ (isEscape ? 0x20 : 0));
  }
  const sum = content.reduce((total, byte) => total + byte, 0);
  return plain.at(-1) === 255 - (sum % 256) && plain.slice(0, -1).join() === content.join();
}

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

describe('SHDLC frames', () => {
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
    );
  });

  it('hold none of the bytes that mean something to the line', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const inner = [...answerFrame(given)].slice(1, -1);
        expect(inner.filter((one) => [0x7e, 0x11, 0x13].includes(one))).toEqual([]);
      }),
    );
  });

  it('are never found in random bytes whose checksum is wrong', () => {
    fc.assert(
      fc.property(garbage, cuts, (bytes, at) => {
        const between = bytes
          .map((one) => (one === 0x7e ? ',' : String.fromCharCode(one + 256)))
          .join('')
          .split(',')
          .slice(1)
          .map((text) => [...text].map((one) => one.charCodeAt(0) - 256));
        for (const content of heard(bytes, at)) {
          expect(between.some((stuffed) => isSound(stuffed, content))).toBe(true);
        }
      }),
    );
  });

  it('are not found with one byte altered', () => {
    const meansSomething = (one: number | undefined) => one === 0x7e || one === 0x7d;
    fc.assert(
      fc.property(answer, fc.nat(), fc.integer({ min: 1, max: 255 }), cuts, (given, where, flip, at) => {
        const bytes = [...answerFrame(given)];
        const place = 1 + (where % (bytes.length - 2));
        const altered = (bytes[place] ?? 0) ^ flip;
        // A false flag makes two pieces of the frame, a false escape makes one byte of two: those may fit by chance.
        fc.pre(![bytes[place - 1], bytes[place], altered].slice(place === 1 ? 1 : 0).some(meansSomething));
        bytes[place] = altered;
        expect(heard(bytes, at)).toEqual([]);
      }),
    );
  });

  it('are found again within two frames after any garbage', () => {
    fc.assert(
      fc.property(garbage, fc.array(answer, { minLength: 2, maxLength: 5 }), cuts, (noise, answers, at) => {
        const sent = answers.flatMap((one) => [...answerFrame(one)]);
        const found = heard([...noise, ...sent], at).map((content) => answerIn(Uint8Array.from(content)));
        expect(found.slice(-(answers.length - 1))).toEqual(answers.slice(1));
      }),
    );
  });

  it('do not depend on where the line cuts them', () => {
    fc.assert(
      fc.property(garbage, answer, garbage, cuts, (before, given, after, at) => {
        const bytes = [...before, ...answerFrame(given), ...after];
        expect(heard(bytes, at)).toEqual(heard(bytes, []));
      }),
    );
  });

  it('that never end take no more room than the longest one', () => {
    const endless = unframed(Uint8Array.from({ length: 600 }, (_, at) => (at === 0 ? 0x7e : 1)));
    expect(endless).toEqual({ found: [], damagedBytes: 600, rest: new Uint8Array() });
  });
});

describe('an SHDLC question', () => {
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
    );
  });
});
