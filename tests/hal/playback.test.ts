import { describe, expect, it } from 'vitest';
import { playGpio, playI2c, playSerial } from '../../src/hal/replay/playback.ts';
import type { Step } from '../../src/hal/replay/steps.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { played, registered } from '../support/drivers.ts';

const MEASUREMENT: readonly Step[] = [{ write: 'fd' }, { sleep: 9 }, { read: '6666 93 8000 a2' }];

describe('a played I2C conversation', () => {
  it('gives a driver that does as written its bytes', async () => {
    const { device, done } = playI2c([...MEASUREMENT, { writeRead: ['d0', '60 61'] }]);
    await device.write(bytes('fd'));
    await device.sleep(9);
    expect(hex(await device.read(6))).toBe('66 66 93 80 00 a2');
    expect(hex(await device.writeRead(bytes('d0'), 2))).toBe('60 61');
    done();
  });

  it('fails a real driver whose wait is another', async () => {
    const { driver } = registered('sht4x');
    const { sensor } = played(driver, [{ write: 'fd' }, { sleep: 8 }, { read: '6666 93 8000 a2' }]);
    if ('samples' in sensor) throw new Error('an SHT4x is polled');
    await expect(sensor.poll()).rejects.toThrow(/^step 2: expected \{"sleep":8\}, driver did \{"sleep":9\}$/);
  });

  it('names the step, what it holds and what the driver did, for every kind of mismatch', async () => {
    const mismatch = async (steps: readonly Step[], act: (device: ReturnType<typeof playI2c>['device']) => unknown) => {
      const { device } = playI2c([{ write: 'fd' }, ...steps]);
      await device.write(bytes('fd'));
      return expect(Promise.resolve(act(device))).rejects;
    };
    const expected = (step: string, did: string) => new Error(`step 2: expected ${step}, driver did ${did}`);
    await (await mismatch([{ sleep: 9 }], (d) => d.sleep(8))).toEqual(expected('{"sleep":9}', '{"sleep":8}'));
    await (await mismatch([{ write: '89' }], (d) => d.write(bytes('fd')))).toEqual(
      expected('{"write":"89"}', '{"write":"fd"}'),
    );
    await (await mismatch([{ read: 'be ef' }], (d) => d.read(3))).toEqual(
      expected('{"read":"be ef"}', '{"read":3 bytes}'),
    );
    await (await mismatch([{ read: 'be ef' }], (d) => d.write(bytes('01')))).toEqual(
      expected('{"read":"be ef"}', '{"write":"01"}'),
    );
    await (await mismatch([{ writeRead: ['d0', '60'] }], (d) => d.writeRead(bytes('d1'), 1))).toEqual(
      expected('{"writeRead":["d0","60"]}', '{"writeRead":["d1",1 bytes]}'),
    );
    await (await mismatch([{ writeRead: ['d0', '60'] }], (d) => d.writeRead(bytes('d0'), 2))).toEqual(
      expected('{"writeRead":["d0","60"]}', '{"writeRead":["d0",2 bytes]}'),
    );
    await (await mismatch([], (d) => d.read(1))).toEqual(expected('nothing more', '{"read":1 bytes}'));
  });

  it('fails the next transfer where an error is written, and goes on', async () => {
    const { device, done } = playI2c([{ error: 'no-acknowledge' }, { write: 'fd' }]);
    await expect(device.write(bytes('fd'))).rejects.toMatchObject({ kind: 'no-acknowledge' });
    await device.write(bytes('fd'));
    done();
  });

  it('tells the step before which a driver stopped', async () => {
    const { device, done } = playI2c(MEASUREMENT);
    await device.write(bytes('fd'));
    expect(done).toThrow('step 2: driver stopped before {"sleep":9}');
  });

  it('lets time pass in sleeps, and in nothing else', async () => {
    const { device } = playI2c(MEASUREMENT);
    await device.write(bytes('fd'));
    expect(device.uptimeMs()).toBe(0);
    await device.sleep(9);
    await device.read(6);
    expect(device.uptimeMs()).toBe(9);
  });
});

describe('a played serial conversation', () => {
  it('lets time pass in sleeps, in silences and until bytes come, and in nothing else', async () => {
    const { device } = playSerial([
      { write: '01' },
      { sleep: 60 },
      { read: 'aa' },
      { read: 'bb', after: 200 },
      { silence: 500 },
    ]);
    await device.write(bytes('01'));
    expect(device.uptimeMs()).toBe(0);
    await device.sleep(60);
    await device.read(1000);
    expect(device.uptimeMs()).toBe(60);
    expect(hex(await device.read(1000))).toBe('bb');
    expect(device.uptimeMs()).toBe(260);
    await expect(device.read(500)).rejects.toMatchObject({ kind: 'timeout' });
    expect(device.uptimeMs()).toBe(760);
  });

  it('fails a driver that listens for another time, or not long enough for the bytes', async () => {
    const silence = playSerial([{ silence: 2000 }]);
    await expect(silence.device.read(1000)).rejects.toThrow(
      'step 1: expected {"silence":2000}, driver did {"silence":1000}',
    );
    const late = playSerial([{ write: '01' }, { read: 'aa', after: 300 }]);
    await late.device.write(bytes('01'));
    await expect(late.device.read(299)).rejects.toThrow(
      'step 2: expected {"read":"aa","after":300}, driver did {"silence":299}',
    );
  });

  it('aborts its signal when a driver that listens for ever has heard all', async () => {
    const { device, signal } = playSerial([{ read: 'aa' }]);
    await device.read(1000);
    expect(signal.aborted).toBe(false);
    await expect(device.read(1000)).rejects.toThrow('the played conversation is over');
    expect(signal.aborted).toBe(true);
  });
});

describe('a played GPIO line', () => {
  it('gives the edges and levels of a further line as its own', async () => {
    const { device, done } = playGpio([
      { level: 1, line: 1 },
      { edge: 1, at: 100, line: 1 },
      { edge: 0, at: 120 },
    ]);
    expect(await device.level(1)).toBe(1);
    expect(await device.edge(1000)).toEqual({ level: 1, uptimeMs: 100, line: 1 });
    expect(await device.edge(1000)).toEqual({ level: 0, uptimeMs: 120 });
    done();
    await expect(playGpio([{ level: 1, line: 1 }]).device.level()).rejects.toThrow('a look at the level of line 0');
  });

  it('gives edges at their times, and lets others pass', async () => {
    const { device, done } = playGpio([{ level: 0 }, { edge: 1, at: 100 }, { quiet: 500 }]);
    expect(await device.level()).toBe(0);
    expect(await device.edge(50)).toBeUndefined();
    expect(await device.edge(100)).toEqual({ level: 1, uptimeMs: 100 });
    expect(await device.edge(400)).toBeUndefined();
    expect(device.uptimeMs()).toBe(500);
    done();
  });

  it('names the step where a driver waits for an edge instead of asking for the level, or the other way round', async () => {
    const { device } = playGpio([{ level: 0 }]);
    await expect(device.edge(50)).rejects.toThrow(
      'step 1: expected {"level":0}, driver did a wait of 50 ms for an edge',
    );
    const other = playGpio([{ edge: 1, at: 10 }]);
    await expect(other.device.level()).rejects.toThrow('step 1: expected {"edge":1,"at":10}, driver did a look');
  });
});
