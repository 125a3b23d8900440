import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { describeWith } from '../support/programs.ts';
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

  it('tells a second opener that it is in use, and leaks nothing by trying', async () => {
    const { adapter, path } = await pluggedIn();
    const second = lineAt(path);
    for (let times = 0; times < 3; times += 1) {
      const inUse = { kind: 'bus', message: expect.stringMatching(/ is in use by another program: .*systemctl stop/) };
      await expect(second.device.write(bytes('00'))).rejects.toMatchObject(inUse);
    }
    expect(descriptorsOn(adapter.terminal)).toBe(1);
  });

  it('gives its descriptor back when it is closed, also if it was never opened', async () => {
    const { adapter, line, path } = await pluggedIn();
    await line.close();
    expect(descriptorsOn(adapter.terminal)).toBe(0);
    await line.close();
    await lineAt(`${path}-other`).line.close();
  });
});
