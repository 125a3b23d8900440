import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { startChild } from '../support/child.ts';
import { describeWith, pathOf } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { Adapter, descriptorsOn } from './adapter.ts';

const clock = systemClock(() => 'ntp');
const settings = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;
/** Long enough that only a failure waits for so long. */
const LONG_MS = 15_000;

function lineAt(path: string) {
  const line = linuxSerialLine(path, settings, clock);
  onTestFinished(() => line.close());
  return { line, device: line.device(1) };
}

async function pluggedIn() {
  const path = join(temporaryDirectory(), 'ttyUSB0');
  const adapter = await Adapter.plugIn(path);
  const open = lineAt(path);
  // Opening throws away what came in before: the far end is to speak after it.
  const heard = adapter.heard();
  await open.device.write(bytes('00'));
  await heard;
  return { path, adapter, ...open };
}

describeWith(['socat'], 'a serial line of the board', () => {
  it('carries bytes both ways', async () => {
    const { adapter, device } = await pluggedIn();
    const heard = adapter.heard();
    await device.write(bytes('01 04 00 ff'));
    expect(hex(await heard)).toBe('01 04 00 ff');
    adapter.say(bytes('aa 0d 0a 11 13 00'));
    expect(hex(await device.read(LONG_MS))).toBe('aa 0d 0a 11 13 00');
  });

  it('calls silence a timeout, and stays open', async () => {
    const { adapter, device, path } = await pluggedIn();
    const from = device.uptimeMs();
    const silence = { kind: 'timeout', message: `silence on ${path} for 40 ms` };
    await expect(device.read(40)).rejects.toMatchObject(silence);
    expect(device.uptimeMs() - from).toBeGreaterThanOrEqual(39);
    adapter.say(bytes('aa'));
    expect(hex(await device.read(LONG_MS))).toBe('aa');
    expect(descriptorsOn(adapter.terminal)).toBe(1);
  });

  it('ends a read that is aborted, and loses nothing by it', async () => {
    const { adapter, device } = await pluggedIn();
    const stop = new AbortController();
    const reading = device.read(LONG_MS, stop.signal);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    adapter.say(bytes('aa'));
    expect(hex(await device.read(LONG_MS))).toBe('aa');
  });

  it('tells whoever reads that the adapter was unplugged, and holds no descriptor of it', async () => {
    const { adapter, device, path } = await pluggedIn();
    const reading = device.read(LONG_MS);
    const told = expect(reading).rejects.toMatchObject({
      kind: 'bus',
      message: expect.stringContaining(`${path} is gone`),
    });
    await adapter.unplug();
    await told;
    expect(descriptorsOn(adapter.terminal)).toBe(0);
    const missing = { kind: 'bus', message: /there is no .*ttyUSB0: is the adapter plugged in\? \(ls \/dev\/serial/ };
    await expect(device.read(LONG_MS)).rejects.toMatchObject(missing);
    await expect(device.write(bytes('00'))).rejects.toMatchObject(missing);
  });

  it('opens an adapter again that came back under its name', async () => {
    const { adapter, device, path } = await pluggedIn();
    for (let times = 0, plugged = adapter; times < 5; times += 1) {
      const reading = expect(device.read(LONG_MS)).rejects.toMatchObject({ kind: 'bus' });
      await plugged.unplug();
      await reading;
      plugged = await Adapter.plugIn(path);
      const heard = plugged.heard();
      await device.write(bytes('c0 de'));
      expect(hex(await heard)).toBe('c0 de');
      plugged.say(Uint8Array.of(times));
      expect(hex(await device.read(LONG_MS))).toBe(hex(Uint8Array.of(times)));
      expect(descriptorsOn(plugged.terminal)).toBe(1);
    }
  });

  it('tells whoever writes that the adapter was unplugged, and never leaves him waiting', async () => {
    const { adapter, device } = await pluggedIn();
    const unplugged = adapter.unplug();
    const writing = async () => {
      for (;;) await device.write(bytes('ff'));
    };
    await expect(writing()).rejects.toMatchObject({ kind: 'bus' });
    await unplugged;
  });

  it('notices after a silence that its name leads to another adapter by now', async () => {
    const { adapter, device, path } = await pluggedIn();
    // The first is still there, as for a kernel that did not tell; but the name belongs to another.
    renameSync(path, `${path}-before`);
    const second = await Adapter.plugIn(path);
    await expect(device.read(20)).rejects.toMatchObject({ kind: 'bus', message: expect.stringContaining('unplugged') });
    expect(descriptorsOn(adapter.terminal)).toBe(0);
    const heard = second.heard();
    await device.write(bytes('11'));
    expect(hex(await heard)).toBe('11');
  });

  it('says that there is no such line, each time it is asked for', async () => {
    const { device } = lineAt(join(temporaryDirectory(), 'ttyUSB0'));
    for (let times = 0; times < 2; times += 1) {
      await expect(device.read(LONG_MS)).rejects.toMatchObject({ kind: 'bus', message: /is the adapter plugged in\?/ });
    }
  });

  it('tells a second opener who has locked it, leaks nothing by trying, and is his once it is free', async () => {
    const { adapter, line, path } = await pluggedIn();
    const second = lineAt(path);
    for (let times = 0; times < 3; times += 1) {
      const message = expect.stringMatching(`${path} is in use by .*process ${process.pid}`);
      await expect(second.device.write(bytes('00'))).rejects.toMatchObject({ name: 'BusError', kind: 'bus', message });
    }
    expect(descriptorsOn(adapter.terminal)).toBe(1);
    await line.close();
    const heard = adapter.heard();
    await second.device.write(bytes('c0 de'));
    expect(hex(await heard)).toBe('c0 de');
    expect(descriptorsOn(adapter.terminal)).toBe(1);
  });

  it('finds an adapter by its id that came back as another terminal, while the old one was still held', async () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'usb-FTDI_RS485-if00-port0');
    const first = await Adapter.plugIn(join(folder, 'ttyUSB0'));
    symlinkSync(first.terminal, path);
    const { device } = lineAt(path);
    await device.write(bytes('00'));
    for (let times = 1; times <= 3; times += 1) {
      // udev takes the link away, and makes it anew for the name that the adapter got this time.
      unlinkSync(path);
      await expect(device.read(20)).rejects.toMatchObject({ name: 'BusError', message: expect.stringContaining(path) });
      await expect(device.write(bytes('00'))).rejects.toMatchObject({ message: expect.stringContaining('by-id') });
      const next = await Adapter.plugIn(join(folder, `ttyUSB${times}`));
      symlinkSync(next.terminal, path);
      const heard = next.heard();
      await device.write(Uint8Array.of(times));
      expect(hex(await heard)).toBe(hex(Uint8Array.of(times)));
      next.say(bytes('aa'));
      expect(hex(await device.read(LONG_MS))).toBe('aa');
      expect(descriptorsOn(first.terminal)).toBe(0);
    }
  });

  it('gives its descriptor back when it is closed, also if it was never opened', async () => {
    const { adapter, line, path } = await pluggedIn();
    await line.close();
    expect(descriptorsOn(adapter.terminal)).toBe(0);
    await line.close();
    await lineAt(`${path}-other`).line.close();
  });
});

const OPENER = fileURLToPath(new URL('../../dist/tests/hal/open-line.js', import.meta.url));

describeWith(['socat', 'strace'], 'the kernel, asked to open a serial line', () => {
  // A pseudo-terminal takes 8 bits without parity, whatever it is told: so what it is told is looked at.
  it.each([
    [
      '7E1 at 9600',
      { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 },
      /B9600/,
      /CS7\|(?=.*PARENB)(?!.*PARODD)(?!.*CSTOPB)/,
    ],
    ['7O1 at 300', { baudRate: 300, dataBits: 7, parity: 'odd', stopBits: 1 }, /B300/, /CS7\|(?=.*PARENB)(?=.*PARODD)/],
    [
      '8N1 at 115200',
      { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
      /B115200/,
      /CS8\|(?!.*PARENB)(?!.*CSTOPB)/,
    ],
    [
      '8E1 at 2400',
      { baudRate: 2400, dataBits: 8, parity: 'even', stopBits: 1 },
      /B2400/,
      /CS8\|(?=.*PARENB)(?!.*PARODD)/,
    ],
    [
      '8N2 at 19200',
      { baudRate: 19_200, dataBits: 8, parity: 'none', stopBits: 2 },
      /B19200/,
      /CS8\|(?=.*CSTOPB)(?!.*PARENB)/,
    ],
  ] as const)('is told %s', async (_, settings, rate, form) => {
    const path = join(temporaryDirectory(), 'ttyUSB0');
    await Adapter.plugIn(path);
    const traced = ['-f', '-v', '-e', 'trace=ioctl', process.execPath, OPENER];
    const child = startChild(pathOf('strace'), [...traced, path, JSON.stringify(settings)]);
    expect(await child.exit, child.output).toBe(0);
    const flags = [...child.output.matchAll(/TCSETSW?, .*?c_cflag=([^,]*),/g)].map(([, set = '']) => set);
    // The form is set first, then the rate; between the two the kernel gives back what it took of the form.
    expect(flags[0]).toMatch(form);
    expect(flags.at(-1)).toMatch(rate);
  });
});
