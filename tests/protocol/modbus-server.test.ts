import { describe, expect, it } from 'vitest';
import { bytes, hex, readRegisters, serveRegisters } from '../../src/driver-kit.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { frame } from '../../src/protocol/modbus-rtu.ts';
import { answerTo } from '../../src/protocol/modbus-server.ts';

const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

const words = new Map([
  [0x10, 0x4366],
  [0x11, 0x3334],
]);
const unit = {
  responseMs: 20,
  words: (functionCode: number) => (functionCode === 4 ? words : undefined),
};

const answered = (pdu: string) => {
  const answer = answerTo(frame(7, bytes(pdu)), 7, unit);
  return answer && hex(answer.subarray(1, -2));
};

describe('a simulated Modbus unit', () => {
  it('answers with its registers', () => {
    expect(answered('04 00 10 00 02')).toBe('04 04 43 66 33 34');
  });

  it('refuses a function, an address or a count that it does not have', () => {
    expect(answered('03 00 10 00 02')).toBe('83 01');
    expect(answered('06 00 10 00 02')).toBe('86 01');
    expect(answered('04 00 11 00 02')).toBe('84 02');
    expect(answered('04 00 10 00 00')).toBe('84 03');
    expect(answered('04 00 10 00 7e')).toBe('84 03');
    expect(answered('04 00 10')).toBe('84 03');
  });

  it('keeps silent to a damaged frame, to another unit’s and to a broadcast', () => {
    const damaged = frame(7, bytes('04 00 10 00 02')).map((byte, index) => (index === 3 ? byte ^ 1 : byte));
    expect(answerTo(damaged, 7, unit)).toBeUndefined();
    expect(answerTo(frame(8, bytes('04 00 10 00 02')), 7, unit)).toBeUndefined();
    expect(answerTo(frame(0, bytes('04 00 10 00 02')), 7, unit)).toBeUndefined();
  });

  it('shares a line with others, and ends when told', async () => {
    const { clock, line, end } = lineOfTwo();
    const request = { function: 4, address: 0x10, count: 2 } as const;
    const both = (async () => [
      hex(await readRegisters(line.device(7), request)),
      hex(await readRegisters(line.device(8), request)),
    ])();
    await clock.advance(1000);
    expect(await both).toEqual(['43 66 33 34', '43 66 33 34']);
    await end();
  });

  it('takes pieces for one request unless 3.5 characters of silence part them', async () => {
    const { clock, line, end } = lineOfTwo();
    const near = line.device(7);
    const question = frame(7, bytes('04 00 10 00 01'));
    const asked = async (pauseMs: number) => {
      await near.write(question.subarray(0, 6));
      await near.sleep(pauseMs);
      await near.write(question.subarray(6));
      return near.read(500).then(hex, (error: { kind: string }) => error.kind);
    };
    const outcomes = (async () => [await asked(1), await asked(10), await asked(0)])();
    await clock.advance(2000);
    const answer = hex(frame(7, bytes('04 02 43 66')));
    expect(await outcomes).toEqual([answer, 'timeout', answer]);
    await end();
  });
});

function lineOfTwo() {
  const clock = new VirtualClock();
  const line = new SimulatedSerialLine(clock, 'line', settings);
  const over = new AbortController();
  const served = Promise.all([7, 8].map((address) => serveRegisters(line.farEnd(address), unit, over.signal)));
  const end = async () => {
    over.abort(new Error('over'));
    await expect(served).rejects.toThrow('over');
  };
  return { clock, line, end };
}
