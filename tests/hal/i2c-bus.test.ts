import type { PromisifiedBus } from 'i2c-bus';
import { describe, expect, it } from 'vitest';
import { linuxI2cBus, openLinuxI2c } from '../../src/hal/linux/i2c-bus.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { hex } from '../../src/protocol/hex.ts';

type Transfers = Pick<PromisifiedBus, 'i2cRead' | 'i2cWrite' | 'readI2cBlock' | 'close'>;

/** What i2c-bus opens, without a kernel: notes what goes out, answers what it is told to, fails as it is told to. */
class FakeBus implements Transfers {
  readonly calls: string[] = [];
  answer = Uint8Array.of();
  failure: Error | undefined;
  lostBytes = 0;
  isOpen = true;
  until: () => Promise<void> = async () => undefined;

  async i2cWrite(address: number, length: number, buffer: Buffer) {
    await this.#call(`write ${length} to ${address.toString(16)}: ${hex(buffer)}`);
    return { bytesWritten: length - this.lostBytes, buffer };
  }

  async i2cRead(address: number, length: number, buffer: Buffer) {
    await this.#call(`read ${length} from ${address.toString(16)}`);
    return this.#answered(buffer);
  }

  async readI2cBlock(address: number, command: number, length: number, buffer: Buffer) {
    await this.#call(`block ${length} from ${address.toString(16)} at ${command.toString(16)}`);
    return this.#answered(buffer);
  }

  async close() {
    this.isOpen = false;
  }

  async #call(what: string): Promise<void> {
    this.calls.push(what);
    await this.until();
    if (this.failure) throw this.failure;
  }

  #answered(buffer: Buffer) {
    buffer.set(this.answer);
    return { bytesRead: this.answer.length - this.lostBytes, buffer };
  }
}

const kernelError = (code: string) => Object.assign(new Error(`${code}: said the kernel`), { code });

function busWith(fake: FakeBus) {
  const opened: number[] = [];
  const bus = linuxI2cBus('/dev/i2c-1', new VirtualClock(), async (number) => {
    opened.push(number);
    return fake as Transfers as PromisifiedBus;
  });
  return { bus, opened, device: bus.device(0x44) };
}

describe('an I2C bus of the board', () => {
  it('is opened by its number, at the first transfer and once', async () => {
    const fake = new FakeBus();
    const { bus, opened, device } = busWith(fake);
    expect(opened).toEqual([]);
    await Promise.all([device.write(Uint8Array.of(1)), bus.device(0x76).write(Uint8Array.of(2))]);
    expect(opened).toEqual([1]);
  });

  it('carries bytes and addresses as they are given', async () => {
    const fake = new FakeBus();
    const { device } = busWith(fake);
    fake.answer = Uint8Array.of(0xbe, 0xef, 0x92);
    await device.write(Uint8Array.of(0xfd, 0x01));
    expect(hex(await device.read(3))).toBe('be ef 92');
    expect(hex(await device.writeRead(Uint8Array.of(0xd0), 3))).toBe('be ef 92');
    expect(fake.calls).toEqual(['write 2 to 44: fd 01', 'read 3 from 44', 'block 3 from 44 at d0']);
  });

  it.each([
    ['ENXIO', 'no-acknowledge', /nothing acknowledges that address: look at its wires, its supply and its address/],
    ['EREMOTEIO', 'no-acknowledge', /nothing acknowledges that address/],
    ['ETIMEDOUT', 'timeout', /holds SCL or SDA low, or stretches the clock; take its supply/],
    ['EAGAIN', 'timeout', /lost arbitration: something else drives the bus/],
    ['EBUSY', 'timeout', /never came free, or a driver of the kernel has the address/],
    ['EIO', 'bus', /noise, a short, weak pull-ups/],
    ['EPROTO', 'bus', /EPROTO$/],
  ])('tells %s as %s, with the bytes, the address, the bus, and what to look at', async (code, kind, hint) => {
    const fake = new FakeBus();
    fake.failure = kernelError(code);
    const { device } = busWith(fake);
    const told = await device.write(Uint8Array.of(0xfd)).catch((cause: unknown) => cause);
    expect(told).toMatchObject({ name: 'SensorError', kind, message: expect.stringMatching(hint) });
    expect((told as Error).message).toContain(`writing fd at 0x44 on /dev/i2c-1: ${code}`);
    await expect(device.read(6)).rejects.toMatchObject({ kind });
    await expect(device.writeRead(Uint8Array.of(0), 2)).rejects.toMatchObject({ kind });
  });

  it.each(['ENODEV', 'ESHUTDOWN'])('is opened anew after %s: its adapter was taken away', async (code) => {
    const fake = new FakeBus();
    const { opened, device } = busWith(fake);
    await device.write(Uint8Array.of(1));
    fake.failure = kernelError(code);
    const gone = { name: 'BusError', kind: 'bus', message: `/dev/i2c-1 is gone (${code}): its adapter was taken away` };
    await expect(device.write(Uint8Array.of(1))).rejects.toMatchObject(gone);
    expect(fake.isOpen).toBe(false);
    fake.failure = undefined;
    await device.write(Uint8Array.of(1));
    expect(opened).toEqual([1, 1]);
  });

  it('is opened anew when it is renewed, with descriptors of its own', async () => {
    const fake = new FakeBus();
    const { bus, opened, device } = busWith(fake);
    await device.write(Uint8Array.of(1));
    await bus.renew();
    expect(fake.isOpen).toBe(false);
    await device.write(Uint8Array.of(1));
    expect(opened).toEqual([1, 1]);
  });

  it('has one transfer under way at a time, so that one that hangs keeps one thread of the pool', async () => {
    const fake = new FakeBus();
    const { bus, device } = busWith(fake);
    let end: () => void = () => undefined;
    const hung = new Promise<void>((resolve) => {
      end = resolve;
    });
    fake.until = () => hung;
    const all = [device.read(0), bus.device(0x76).write(Uint8Array.of(1)), device.write(Uint8Array.of(2))];
    await Promise.resolve();
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    expect(fake.calls).toEqual(['read 0 from 44']);
    end();
    await Promise.all(all);
    expect(fake.calls).toEqual(['read 0 from 44', 'write 1 to 76: 01', 'write 1 to 44: 02']);
  });

  it('never passes on fewer bytes than were asked for', async () => {
    const fake = new FakeBus();
    const { device } = busWith(fake);
    fake.answer = Uint8Array.of(1, 2, 3, 4);
    const short = { kind: 'bus', message: 'reading 6 bytes at 0x44 on /dev/i2c-1: only 4 bytes came' };
    await expect(device.read(6)).rejects.toMatchObject(short);
    await expect(device.writeRead(Uint8Array.of(7), 6)).rejects.toThrow('reading 6 bytes from 07');
    fake.lostBytes = 1;
    await expect(device.write(Uint8Array.of(1, 2))).rejects.toThrow('only 1 bytes went out');
  });

  it('takes a transfer that no bus can do for a mistake in the driver, and sends nothing', async () => {
    const fake = new FakeBus();
    const { device } = busWith(fake);
    await expect(device.writeRead(Uint8Array.of(1, 2), 2)).rejects.toThrow(RangeError);
    await expect(device.writeRead(Uint8Array.of(1), 33)).rejects.toThrow(RangeError);
    expect(fake.calls).toEqual([]);
  });

  it('says what to do when it cannot be opened, and is opened again at the next transfer', async () => {
    const fake = new FakeBus();
    const failures = [kernelError('ENOENT'), kernelError('EACCES'), kernelError('EMFILE')];
    const device = linuxI2cBus('/dev/i2c-1', new VirtualClock(), async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      return fake as Transfers as PromisifiedBus;
    }).device(0x44);
    const write = () => device.write(Uint8Array.of(1));
    await expect(write()).rejects.toMatchObject({ kind: 'bus', message: /no \/dev\/i2c-1: .*dtparam=i2c_arm=on/ });
    await expect(write()).rejects.toMatchObject({ kind: 'bus', message: /must be in the group i2c/ });
    await expect(write()).rejects.toMatchObject({ kind: 'bus', message: '/dev/i2c-1: EMFILE: said the kernel' });
    await write();
    expect(fake.calls).toHaveLength(1);
  });

  it('says that there is none, through the real package', async () => {
    const bus = linuxI2cBus('/dev/i2c-250', new VirtualClock());
    await expect(bus.device(0x44).read(1)).rejects.toMatchObject({
      kind: 'bus',
      message: /there is no \/dev\/i2c-250/,
    });
  });

  it('names the package that is not installed', async () => {
    const open = openLinuxI2c(() => Promise.reject(new Error("Cannot find package 'i2c-bus'")));
    const { read } = linuxI2cBus('/dev/i2c-1', new VirtualClock(), open).device(0x44);
    await expect(read(1)).rejects.toMatchObject({ kind: 'bus', message: /i2c-bus is not installed: npm install/ });
  });

  it('is closed once, also if it never was open or could not be', async () => {
    const fake = new FakeBus();
    const { bus, opened, device } = busWith(fake);
    await bus.close();
    expect(opened).toEqual([]);
    await device.write(Uint8Array.of(1));
    await bus.close();
    expect(fake.isOpen).toBe(false);
    await bus.close();

    const broken = linuxI2cBus('/dev/i2c-1', new VirtualClock(), () => Promise.reject(kernelError('ENOENT')));
    await expect(broken.device(1).read(1)).rejects.toThrow();
    await broken.close();
  });

  it('waits by the clock', async () => {
    const clock = new VirtualClock();
    const bus = linuxI2cBus('/dev/i2c-1', clock, () => Promise.reject(new Error('not needed')));
    const slept = bus.device(0x44).sleep(9);
    await clock.advance(9);
    await slept;
    expect(bus.device(0x44).uptimeMs()).toBe(9);
  });
});
