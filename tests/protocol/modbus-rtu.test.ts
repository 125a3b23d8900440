import { describe, expect, it } from 'vitest';
import { bytes, hex } from '../../src/driver-kit.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { frame, frameGapMs, readRegisters } from '../../src/protocol/modbus-rtu.ts';
import { lineThatSays } from './modbus-line.ts';

// The example of Eastron's documents: "Volts 1" of unit 1 is 230.2.
const REQUEST = { function: 4, address: 0, count: 2 } as const;
const QUESTION = bytes('01 04 00 00 00 02 71 cb');
const ANSWER = bytes('01 04 04 43 66 33 34 1b 38');
const DATA = '43 66 33 34';

const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

interface Outcome {
  readonly data?: string;
  readonly kind?: string;
  readonly message?: string;
}

/** Asks on a line where `events` happen: bytes that the gateway hears so many milliseconds after it began. */
async function asking(events: readonly { readonly at: number; readonly hears: Uint8Array }[]) {
  const clock = new VirtualClock();
  const line = new SimulatedSerialLine(clock, 'line', settings);
  const far = line.farEnd(1);
  for (const { at, hears } of events) void clock.sleep(at).then(() => line.hear(hears));
  const ended = readRegisters(line.device(1), REQUEST)
    .then(
      (data): Outcome => ({ data: hex(data) }),
      ({ kind, message }: { kind: string; message: string }): Outcome => ({ kind, message }),
    )
    .then((outcome) => ({ ...outcome, afterMs: clock.uptimeMs() }));
  await clock.advance(20_000);
  return { ...(await ended), asked: hex(await far.read(0)) };
}

const hearing = async (...pieces: readonly Uint8Array[]) => readRegisters(lineThatSays(pieces).device, REQUEST);

describe('a Modbus RTU client', () => {
  it('looks seldom at a long answer that comes in many pieces, and has it with its last byte', async () => {
    const clock = new VirtualClock();
    const line = new SimulatedSerialLine(clock, 'line', settings);
    const answer = frame(1, Uint8Array.of(4, 100, ...Array.from({ length: 100 }, (_, at) => at)));
    const characterMs = 10_000 / 9600;
    for (const at of answer.keys()) {
      void clock.sleep(50 + (at + 1) * characterMs).then(() => line.hear(answer.subarray(at, at + 1)));
    }
    const device = line.device(1);
    let looks = 0;
    const watched = {
      ...device,
      read: (withinMs: number) => {
        looks += 1;
        return device.read(withinMs);
      },
    };
    const ended = readRegisters(watched, { ...REQUEST, count: 50 }).then(() => clock.uptimeMs());
    await clock.advance(2000);
    expect(await ended).toBe(Math.floor(50 + answer.length * characterMs));
    expect(looks).toBeLessThanOrEqual(8);
  });

  it('asks as the specification says, after a silence of 3.5 characters', async () => {
    const { asked, data, afterMs } = await asking([{ at: 40, hears: ANSWER }]);
    expect(asked).toBe(hex(QUESTION));
    expect(data).toBe(DATA);
    expect(afterMs).toBe(40);
    expect([2400, 9600, 19_200, 38_400, 115_200].map(frameGapMs)).toEqual([17, 5, 3, 2, 2]);
  });

  it('joins an answer that comes in pieces', async () => {
    const split = [...ANSWER].map((byte, index) => ({ at: 40 + 16 * index, hears: Uint8Array.of(byte) }));
    expect(await asking(split)).toMatchObject({ data: DATA });
  });

  it('forgets the late answer of an earlier request', async () => {
    const late = frame(1, bytes('04 04 3f 80 00 00'));
    const { data } = await asking([
      { at: 2, hears: late },
      { at: 40, hears: ANSWER },
    ]);
    expect(data).toBe(DATA);
  });

  it('sets a late answer of another length aside, and waits on', async () => {
    const late = frame(1, bytes('04 08 3f 80 00 00 3f 80 00 00'));
    const { data } = await asking([
      { at: 20, hears: late },
      { at: 450, hears: ANSWER },
    ]);
    expect(data).toBe(DATA);
  });

  it('sets the answer of another unit aside, and waits on', async () => {
    const { data } = await asking([
      { at: 100, hears: frame(2, bytes('04 04 43 66 33 34')) },
      { at: 550, hears: ANSWER },
    ]);
    expect(data).toBe(DATA);
  });

  it('hears its own request back and waits on, even for an answer that follows at once', async () => {
    const echoed = await asking([
      { at: 13, hears: QUESTION.subarray(0, 3) },
      { at: 14, hears: QUESTION.subarray(3) },
      { at: 400, hears: ANSWER },
    ]);
    expect(echoed.data).toBe(DATA);
    expect(hex(await hearing(Uint8Array.of(...QUESTION, ...ANSWER)))).toBe(DATA);
  });

  it('finds the answer behind what the line’s turnaround leaves', async () => {
    const { data } = await asking([
      { at: 14, hears: bytes('00') },
      { at: 15, hears: bytes('ff') },
      { at: 110, hears: ANSWER },
    ]);
    expect(data).toBe(DATA);
    expect(hex(await hearing(Uint8Array.of(0x01, ...ANSWER, 0x00)))).toBe(DATA);
    expect(hex(await hearing(Uint8Array.of(0x01, 0x04, 0x04, ...ANSWER)))).toBe(DATA);
  });

  it('names an exception', async () => {
    await expect(hearing(frame(1, bytes('84 02')))).rejects.toMatchObject({
      kind: 'refused',
      message: 'unit 1 refuses 2 registers from 0x0000 by function 4: illegal data address (exception 2)',
    });
    await expect(hearing(frame(1, bytes('84 06')))).rejects.toMatchObject({ kind: 'not-ready' });
    await expect(hearing(frame(1, bytes('84 63')))).rejects.toThrow('unknown (exception 99)');
  });

  it('shows the bytes of a damaged answer', async () => {
    const damaged = ANSWER.map((byte, index) => (index === 5 ? byte ^ 0x10 : byte));
    expect(await asking([{ at: 40, hears: damaged }])).toMatchObject({
      kind: 'checksum',
      message: 'no intact answer of unit 1 in 01 04 04 43 66 23 34 1b 38',
    });
    await expect(hearing(ANSWER.subarray(0, 7))).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('believes no answer to another function or of another length', async () => {
    await expect(hearing(frame(1, bytes('03 04 43 66 33 34')))).rejects.toMatchObject({ kind: 'timeout' });
    await expect(hearing(frame(1, bytes('04 02 43 66')))).rejects.toMatchObject({ kind: 'timeout' });
    await expect(hearing(frame(1, bytes('83 02')))).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('says so when nobody answers, after the time-out and the time that the bytes take', async () => {
    const silence = await asking([]);
    expect(silence).toMatchObject({ kind: 'timeout', message: 'unit 1 does not answer' });
    expect(silence.afterMs).toBeGreaterThan(500);
    expect(silence.afterMs).toBeLessThan(550);
    const echoOnly = await asking([{ at: 14, hears: QUESTION }]);
    expect(echoOnly).toMatchObject({ kind: 'timeout', message: `unit 1 does not answer, but heard ${hex(QUESTION)}` });
  });

  it('gives up on a line that only chatters', async () => {
    const chatter = Array.from({ length: 300 }, (_, index) => ({ at: 30 * index, hears: bytes('a5') }));
    const sparse = Array.from({ length: 60 }, (_, index) => ({ at: 300 * index, hears: bytes('00') }));
    const chattered = await asking(chatter);
    expect(chattered).toMatchObject({ kind: 'checksum' });
    expect(chattered.afterMs).toBeLessThan(650);
    expect((await asking(sparse)).afterMs).toBeLessThan(650);
    await expect(hearing(new Uint8Array(600).fill(0xa5), ANSWER)).rejects.toMatchObject({ kind: 'checksum' });
  });

  it('waits for as long as it may, whatever noise comes before the answer', async () => {
    const noise = [20, 40, 80, 160, 320].map((at) => ({ at, hears: bytes('ff') }));
    expect(await asking([...noise, { at: 500, hears: ANSWER }])).toMatchObject({ data: DATA });
    expect(await asking([...noise, { at: 700, hears: ANSWER }])).toMatchObject({ kind: 'checksum' });
  });

  it('takes an answer that is there when it comes to look, even if the time is over by then', async () => {
    const { device } = lineThatSays([ANSWER]);
    let looks = 0;
    const uptimeMs = () => {
      looks += 1;
      return looks * 5000;
    };
    const asked = readRegisters({ ...device, uptimeMs }, REQUEST);
    expect(hex(await asked)).toBe(DATA);
  });

  it('asks for 1 to 125 registers', async () => {
    const ask = (count: number) => readRegisters(lineThatSays([]).device, { ...REQUEST, count });
    await expect(ask(0)).rejects.toThrow(RangeError);
    await expect(ask(126)).rejects.toThrow(RangeError);
    await expect(ask(125)).rejects.toMatchObject({ kind: 'timeout' });
  });
});
