import { describe, expect, it } from 'vitest';
import { meterReader, SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import type { Register } from '../../src/protocol/modbus-registers.ts';
import { frame } from '../../src/protocol/modbus-rtu.ts';

/** Four values so far apart that each takes a request of its own. */
const REGISTERS: readonly Register[] = [
  { quantity: 'active_power', address: 0, type: 'uint16' },
  { quantity: 'voltage', address: 100, type: 'uint16' },
  { quantity: 'active_energy_import', address: 200, type: 'uint16' },
  { quantity: 'active_energy_export', address: 300, type: 'uint16' },
];
const POWER_EACH_TIME = { often: ['active_power'], restEvery: 60_000 } as const;

/** A meter that answers at once, read when the test says. */
function meter(share: { often: readonly Register['quantity'][]; restEvery: number }) {
  let uptimeMs = 0;
  let answer: Uint8Array = new Uint8Array();
  let asked: number[] = [];
  const line = { isDead: false };
  const device: SerialDevice = {
    address: 1,
    baudRate: 9600,
    write: async (request) => {
      const address = Buffer.from(request).readUInt16BE(2);
      asked.push(address);
      answer = frame(1, Uint8Array.of(4, 2, 0, address / 100));
    },
    read: async () => {
      if (line.isDead) throw new SensorError('timeout', 'silence');
      return answer;
    },
    discard: () => undefined,
    sleep: async () => undefined,
    uptimeMs: () => uptimeMs,
  };
  const read = meterReader(device, REGISTERS, { function: 4, most: 50, gap: 0, ...share });
  /** What is told, and which addresses were asked for, at this second. */
  const at = async (second: number) => {
    uptimeMs = second * 1000;
    asked = [];
    const sample = await read();
    return { asked, told: Object.keys(sample) };
  };
  return { at, line };
}

describe('a meter of which some values are wanted often', () => {
  it('is read whole at first, and then only what is wanted often until the rest is due', async () => {
    const { at } = meter(POWER_EACH_TIME);
    expect((await at(0)).told).toEqual(['active_power', 'voltage', 'active_energy_import', 'active_energy_export']);
    expect(await at(1)).toEqual({ asked: [0], told: ['active_power'] });
    expect(await at(19)).toEqual({ asked: [0], told: ['active_power'] });
  });

  it('spreads the requests of the rest, so that none of its polls is much longer than another', async () => {
    const { at } = meter(POWER_EACH_TIME);
    const more: Record<number, number[]> = {};
    for (let second = 0; second <= 120; second += 1) {
      const { asked } = await at(second);
      if (asked.length > 1) more[second] = asked.slice(1);
    }
    const [whole, third] = [{ 0: [100, 200, 300] }, { 20: [100], 40: [200], 60: [300] }];
    expect(more).toEqual({ ...whole, ...third, 80: [100], 100: [200], 120: [300] });
  });

  it('reads the rest once, however many of its times nobody polled at', async () => {
    const { at } = meter(POWER_EACH_TIME);
    await at(0);
    expect((await at(1000)).asked).toEqual([0, 100, 200, 300]);
    expect((await at(1001)).asked).toEqual([0]);
  });

  it('is read whole after a fault, for all of it was told as one', async () => {
    const { at, line } = meter(POWER_EACH_TIME);
    await at(0);
    line.isDead = true;
    await expect(at(1)).rejects.toThrow('does not answer');
    line.isDead = false;
    expect((await at(2)).asked).toEqual([0, 100, 200, 300]);
  });

  it('is read whole at every poll where nothing is named', async () => {
    const { at } = meter({ often: [], restEvery: 60_000 });
    await at(0);
    expect((await at(1)).asked).toEqual([0, 100, 200, 300]);
  });
});
