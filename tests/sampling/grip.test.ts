import { describe, expect, it } from 'vitest';
import { SimulatedSerialLine } from '../../src/hal/sim/simulated-serial.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { Grip, heldI2c, heldSerial } from '../../src/sampling/grip.ts';

const late = new SensorError('timeout', 'given up');

/** An I2C device whose transfers end when the test says so. */
function slowDevice() {
  const done: string[] = [];
  const ends: (() => void)[] = [];
  const transfer = async <T>(what: string, answer: T): Promise<T> => {
    done.push(what);
    await new Promise<void>((resolve) => ends.push(resolve));
    return answer;
  };
  const grip = new Grip();
  const device = heldI2c(
    {
      write: () => transfer('write', undefined),
      read: (length) => transfer('read', new Uint8Array(length)),
      writeRead: (_, length) => transfer('writeRead', new Uint8Array(length)),
      sleep: () => transfer('sleep', undefined),
      uptimeMs: () => 0,
    },
    grip,
  );
  return { device, grip, done, end: () => ends.shift()?.() };
}

describe('a grip on a device', () => {
  it('passes transfers and waits on while it is held', async () => {
    const { device, end } = slowDevice();
    const read = device.read(3);
    end();
    expect(await read).toHaveLength(3);
    const write = device.write(Uint8Array.of(1));
    end();
    await write;
  });

  it('ends whatever the driver waits for once it is let go, and lets nothing of it reach the bus after that', async () => {
    const { device, grip, done, end } = slowDevice();
    const conversation = (async () => {
      await device.write(Uint8Array.of(1)).catch(() => undefined);
      // A driver that goes on all the same.
      await device.sleep(1).catch(() => undefined);
      await device.write(Uint8Array.of(2)).catch(() => undefined);
      return device.read(1);
    })();
    const free = grip.letGo(late);
    await expect(conversation).rejects.toBe(late);
    expect(done).toEqual(['write']);
    end();
    await free;
  });

  it('is free when the transfer that is under way has come back, not before; a sleep holds nothing', async () => {
    const { device, grip, end } = slowDevice();
    const reading = device.read(1).catch(() => undefined);
    let isFree = false;
    const free = grip.letGo(late).then(() => {
      isFree = true;
    });
    await reading;
    expect(isFree).toBe(false);
    end();
    await free;

    const other = slowDevice();
    other.device.sleep(1_000_000).catch(() => undefined);
    await other.grip.letGo(late);
  });

  it('takes the ear from a serial line: the next one hears what comes', async () => {
    const clock = new VirtualClock();
    const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
    const line = new SimulatedSerialLine(clock, 'line', settings);
    const grip = new Grip();
    const before = heldSerial(line.device(1), grip).read(60_000);
    const told = expect(before).rejects.toBe(late);
    await grip.letGo(late);
    await told;
    const next = heldSerial(line.device(1), new Grip()).read(1000);
    line.hear(Uint8Array.of(7));
    expect(await next).toEqual(Uint8Array.of(7));
  });
});
