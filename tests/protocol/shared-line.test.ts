import { describe, expect, it, onTestFinished } from 'vitest';
import { bytes, hex, readRegisters, type SensorError } from '../../src/driver-kit.ts';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { frame } from '../../src/protocol/modbus-rtu.ts';
import { supervised } from '../sampling/supervised.ts';

const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
const REQUEST = { function: 4, address: 0, count: 1 } as const;

/** A line with units that answer each request with how many they have heard, after a while that the test sets. */
function lineWith(units: readonly number[]) {
  const clock = new VirtualClock();
  const line = new SimulatedSerialLine(clock, 'line', settings);
  const responseMs = new Map(units.map((unit) => [unit, 20]));
  const asked: string[] = [];
  const over = new AbortController();
  onTestFinished(() => over.abort());
  for (const unit of units) {
    const far = line.farEnd(unit);
    const serve = async () => {
      for (let heard = 0; ; ) {
        const request = await far.read(3_600_000, over.signal);
        if (request[0] !== unit) continue;
        heard += 1;
        asked.push(`${unit} at ${clock.uptimeMs()}`);
        const answer = frame(unit, Uint8Array.of(4, 2, unit, heard));
        void clock.sleep(responseMs.get(unit) ?? 0).then(() => line.hear(answer));
      }
    };
    serve().catch(() => undefined);
  }
  const read = (unit: number) => readRegisters(line.device(unit), REQUEST).then(hex, (e: SensorError) => e.kind);
  return { clock, line, responseMs, asked, read };
}

describe('a shared line after a timeout', () => {
  it('gives the next unit its own answer, whenever the late one comes', async () => {
    for (let lateMs = 500; lateMs < 700; lateMs += 1) {
      const { clock, responseMs, read } = lineWith([7, 8]);
      responseMs.set(7, lateMs);
      const both = (async () => [await read(7), await read(8)])();
      await clock.advance(2000);
      const [first, second] = await both;
      expect(['timeout', '07 01'], `late by ${lateMs} ms`).toContain(first);
      expect(second, `late by ${lateMs} ms`).toBe('08 01');
    }
  });

  it('begins the next conversation with a silence, and forgets what came in until its end', async () => {
    const { clock, line } = lineWith([]);
    const done: string[] = [];
    const device = line.device(7);
    const watched = {
      ...device,
      sleep: (ms: number) => device.sleep(ms).then(() => void done.push(`silence of ${ms} ms`)),
      discard: () => {
        done.push('discard');
        device.discard();
      },
      write: (sent: Uint8Array) => device.write(sent).then(() => void done.push(`write ${hex(sent)}`)),
    };
    const asking = readRegisters(watched, REQUEST).catch(() => undefined);
    await clock.advance(1000);
    await asking;
    expect(done).toEqual(['silence of 5 ms', 'discard', `write ${hex(frame(7, bytes('04 00 00 00 01')))}`]);
  });

  it('is not used for the same unit at once: its late answer would pass for the answer to the next request', async () => {
    const { clock, line, asked, responseMs } = lineWith([7]);
    // The second of two blocks of one shape is answered so late that the period is over by then.
    responseMs.set(7, 700);
    const device = line.device(7);
    const values: string[] = [];
    const sensor = {
      start: async () => {
        await device.sleep(450);
        return {};
      },
      poll: async () => {
        const answer = readRegisters(device, REQUEST).finally(() => responseMs.set(7, 20));
        values.push(hex(await answer));
        return { voltage: 230 };
      },
    };
    const { events, stop } = supervised(clock, sensor, { streams: ['voltage'] });
    await clock.advance(5500);
    await stop();
    // Asked at 463, given up at 980: the tick at 1000 is left out, and the answer of 1163 is never taken for another.
    expect(asked.slice(0, 2)).toEqual(['7 at 463', '7 at 2463']);
    expect(values[0]).toBe('07 02');
    expect(events.map(({ event }) => event)).toEqual(['identified', 'fault', 'healed']);
  });
});
