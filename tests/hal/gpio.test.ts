import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sysfsGpioNumber } from '../../src/hal/linux/gpio-base.ts';
import { type GpioLine, linuxGpioChip, openLinuxGpioLine } from '../../src/hal/linux/onoff.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

interface FakeChip {
  readonly label?: string;
  readonly base: number;
  readonly lines: number;
}

/** A sysfs tree with these chips, beside what else the kernel keeps there. */
function sysfsWith(...chips: readonly FakeChip[]): string {
  const root = temporaryDirectory();
  writeFileSync(join(root, 'export'), '');
  for (const { label, base, lines } of chips) {
    const folder = join(root, `gpiochip${base}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'base'), `${base}\n`);
    writeFileSync(join(folder, 'ngpio'), `${lines}\n`);
    if (label) writeFileSync(join(folder, 'label'), `${label}\n`);
  }
  return root;
}

describe('the number of a GPIO line in sysfs', () => {
  it.each([0, 512, 571])('counts from the base of the chip, here %i', (base) => {
    const root = sysfsWith({ label: 'pinctrl-bcm2711', base, lines: 58 });
    expect(sysfsGpioNumber('pinctrl-bcm2711', 17, root)).toBe(base + 17);
  });

  it('finds the chip by its label among others', () => {
    const root = sysfsWith(
      { label: 'raspberrypi-exp-gpio', base: 504, lines: 8 },
      { label: 'pinctrl-rp1', base: 571, lines: 54 },
    );
    expect(sysfsGpioNumber('pinctrl-rp1', 4, root)).toBe(575);
    expect(sysfsGpioNumber('raspberrypi-exp-gpio', 7, root)).toBe(511);
  });

  it('names the chips that there are, where the one asked for is missing', () => {
    const root = sysfsWith({ label: 'pinctrl-bcm2711', base: 512, lines: 58 }, { base: 600, lines: 4 });
    expect(() => sysfsGpioNumber('pinctrl-rp1', 4, root)).toThrow(
      `there is no GPIO chip labelled pinctrl-rp1 in ${root}; chips here: pinctrl-bcm2711`,
    );
    expect(() => sysfsGpioNumber('pinctrl-rp1', 4, sysfsWith())).toThrow('chips here: none');
  });

  it('is none beyond the last line', () => {
    const root = sysfsWith({ label: 'pinctrl-rp1', base: 571, lines: 54 });
    expect(sysfsGpioNumber('pinctrl-rp1', 53, root)).toBe(624);
    expect(() => sysfsGpioNumber('pinctrl-rp1', 54, root)).toThrow(
      'pinctrl-rp1 has lines 0 to 53; there is no line 54',
    );
  });

  it('is none where the kernel has no GPIO in sysfs', () => {
    const failing = () => sysfsGpioNumber('pinctrl-rp1', 4, join(temporaryDirectory(), 'gpio'));
    expect(failing).toThrow(/is missing: this kernel has no GPIO in sysfs/);
    expect(failing).toThrow(expect.objectContaining({ kind: 'bus' }));
  });
});

type Watcher = Parameters<GpioLine['watch']>[0];

/** A line as onoff gives it, which the test drives. */
class FakeLine {
  level: 0 | 1 = 0;
  failure: Error | undefined;
  isTaken = true;
  #watcher: Watcher | undefined;

  async read(): Promise<0 | 1> {
    if (this.failure) throw this.failure;
    return this.level;
  }

  watch(watcher: Watcher): void {
    this.#watcher = watcher;
  }

  unexport(): void {
    if (!this.isTaken) throw new Error('EBADF');
    this.isTaken = false;
  }

  change(level: 0 | 1): void {
    this.level = level;
    this.#watcher?.(null, level);
  }

  fail(message: string): void {
    this.#watcher?.(new Error(message), this.level);
  }
}

function chipWith(...failures: readonly Error[]) {
  const clock = new VirtualClock();
  const left = [...failures];
  const taken: { readonly number: number; readonly activeLow: boolean; readonly line: FakeLine }[] = [];
  const root = sysfsWith({ label: 'pinctrl-rp1', base: 571, lines: 54 });
  const chip = linuxGpioChip('pinctrl-rp1', clock, {
    root,
    open: async (number, activeLow) => {
      const failure = left.shift();
      if (failure) throw failure;
      const line = new FakeLine();
      taken.push({ number, activeLow, line });
      return line as object as GpioLine;
    },
  });
  const line = (index = 0): FakeLine => {
    const found = taken[index]?.line;
    if (!found) throw new Error('no line was taken');
    return found;
  };
  return { clock, chip, taken, line, device: chip.device(4, { activeLow: false }) };
}

describe('a GPIO chip of the board', () => {
  it('takes a line at its first use, once, by its number in sysfs', async () => {
    const { device, taken } = chipWith();
    expect(taken).toEqual([]);
    await Promise.all([device.level(), device.edge(0)]);
    expect(taken).toMatchObject([{ number: 575, activeLow: false }]);
  });

  it('gives each edge with the moment at which it was seen', async () => {
    const { device, clock, line } = chipWith();
    await device.level();
    await clock.advance(100);
    line().change(1);
    await clock.advance(40);
    line().change(0);
    await clock.advance(1000);
    expect(await device.edge(0)).toEqual({ level: 1, uptimeMs: 100 });
    expect(await device.edge(0)).toEqual({ level: 0, uptimeMs: 140 });
    expect(await device.edge(0)).toBeUndefined();
    expect(device.uptimeMs()).toBe(1140);
  });

  it('takes the further lines of a part with it, and says on which of them an edge was', async () => {
    const { chip, clock, line, taken } = chipWith();
    const device = chip.device(5, { activeLow: false, further: [6] });
    await device.edge(0);
    expect(taken.map(({ number }) => number)).toEqual([576, 577]);
    line(1).change(1);
    await clock.advance(30);
    line(0).change(1);
    expect(await device.level(1)).toBe(1);
    expect(await device.edge(0)).toEqual({ level: 1, uptimeMs: 0, line: 1 });
    expect(await device.edge(0)).toEqual({ level: 1, uptimeMs: 30 });
    await expect(device.level(2)).rejects.toThrow(RangeError);
  });

  it('wakes whoever waits for an edge', async () => {
    const { device, clock, line } = chipWith();
    const waited = device.edge(5000);
    await clock.advance(1000);
    line().change(1);
    expect(await waited).toEqual({ level: 1, uptimeMs: 1000 });
  });

  it('leaves it to onoff to invert an active-low line', async () => {
    const { chip, taken, line } = chipWith();
    const device = chip.device(5, { activeLow: true });
    await device.level();
    expect(taken).toMatchObject([{ number: 576, activeLow: true }]);
    line().change(1);
    expect(await device.level()).toBe(1);
    expect(await device.edge(0)).toMatchObject({ level: 1 });
  });

  it('tells an error of the watch once, after the edges before it, and takes the line anew', async () => {
    const { device, taken, line } = chipWith();
    await device.level();
    line().change(1);
    line().fail('EPERM: epoll');
    expect(await device.edge(0)).toMatchObject({ level: 1 });
    const told = { kind: 'bus', message: 'line 4 of pinctrl-rp1: EPERM: epoll' };
    await expect(device.edge(0)).rejects.toMatchObject(told);
    expect(line().isTaken).toBe(false);
    expect(await device.edge(0)).toBeUndefined();
    expect(taken).toHaveLength(2);
    line(1).change(1);
    expect(await device.edge(0)).toMatchObject({ level: 1 });
  });

  it('wakes whoever waits for an edge when the watch fails', async () => {
    const { device, clock, line } = chipWith();
    const waited = device.edge(5000);
    await clock.advance(10);
    line().fail('EBADF');
    await expect(waited).rejects.toMatchObject({ kind: 'bus' });
  });

  it('takes a line anew whose level could not be read', async () => {
    const { device, taken, line } = chipWith();
    await device.level();
    line().failure = new Error('EIO');
    await expect(device.level()).rejects.toMatchObject({ kind: 'bus', message: 'line 4 of pinctrl-rp1: EIO' });
    expect(await device.level()).toBe(0);
    expect(taken).toHaveLength(2);
  });

  it('says why a line cannot be taken, and takes it later', async () => {
    const kernelError = (code: string) => Object.assign(new Error(`${code}: said the kernel`), { code });
    const { device } = chipWith(kernelError('EACCES'), kernelError('EBUSY'), kernelError('EINVAL'));
    await expect(device.level()).rejects.toMatchObject({ kind: 'bus', message: /must be in the group gpio/ });
    await expect(device.edge(0)).rejects.toMatchObject({ kind: 'bus', message: /in use by a kernel driver/ });
    await expect(device.level()).rejects.toThrow('line 4 of pinctrl-rp1: EINVAL: said the kernel');
    expect(await device.level()).toBe(0);
  });

  it('tells a line that the chip does not have', async () => {
    const { chip } = chipWith();
    await expect(chip.device(54, { activeLow: false }).level()).rejects.toMatchObject({ kind: 'bus' });
  });

  it('gives every line back when it is closed, whatever one of them says', async () => {
    const { chip, device, line } = chipWith();
    const other = chip.device(5, { activeLow: false });
    chip.device(6, { activeLow: false });
    await device.level();
    await other.level();
    line(0).unexport();
    await chip.close();
    expect(line(1).isTaken).toBe(false);
  });

  it('names the package that is not installed', async () => {
    const root = sysfsWith({ label: 'pinctrl-rp1', base: 571, lines: 54 });
    const open = openLinuxGpioLine(() => Promise.reject(new Error("Cannot find package 'onoff'")));
    const chip = linuxGpioChip('pinctrl-rp1', new VirtualClock(), { root, open });
    await expect(chip.device(4, { activeLow: false }).level()).rejects.toMatchObject({
      kind: 'bus',
      message: 'the package onoff is not installed: npm install --include=optional',
    });
  });
});
