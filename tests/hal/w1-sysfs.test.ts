import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { w1SysfsBus } from '../../src/hal/linux/w1-sysfs.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ID = '28-0316a2798dff';
const TEXT = '72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n';

/** A tree as the kernel shows it, with one part. */
function sysfs(): { readonly root: string; readonly folder: string } {
  const root = temporaryDirectory();
  const folder = join(root, 'devices', ID);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'w1_slave'), TEXT);
  return { root, folder };
}

describe('a 1-Wire bus of the board', () => {
  it('gives what the kernel says of a part, anew each time', async () => {
    const { root, folder } = sysfs();
    const device = w1SysfsBus(root, new VirtualClock()).device(ID);
    expect(await device.read('w1_slave')).toBe(TEXT);
    writeFileSync(join(folder, 'w1_slave'), 'other');
    expect(await device.read('w1_slave')).toBe('other');
  });

  it('lists the parts that the kernel has found, and not its bus masters', async () => {
    const { root } = sysfs();
    mkdirSync(join(root, 'devices', 'w1_bus_master1'));
    expect(await w1SysfsBus(root, new VirtualClock()).list()).toEqual([ID]);
    await expect(w1SysfsBus(join(root, 'none'), new VirtualClock()).list()).rejects.toMatchObject({ kind: 'bus' });
  });

  it('tells a file that this kernel lacks from a part that is gone and a bus that was never switched on', async () => {
    const { root, folder } = sysfs();
    const device = w1SysfsBus(root, new VirtualClock()).device(ID);
    expect(await device.read('resolution')).toBeUndefined();
    rmSync(folder, { recursive: true });
    await expect(device.read('w1_slave')).rejects.toMatchObject({ kind: 'no-acknowledge' });
    rmSync(join(root, 'devices'), { recursive: true });
    await expect(device.read('w1_slave')).rejects.toMatchObject({
      kind: 'bus',
      message: expect.stringContaining('dtoverlay=w1-gpio'),
    });
  });

  it.each([
    ['EIO', 'checksum'],
    ['ENODEV', 'no-acknowledge'],
    ['EACCES', 'bus'],
  ])('calls the kernel’s %s %s', async (code, kind) => {
    const failing = async () => Promise.reject(Object.assign(new Error(code), { code }));
    const device = w1SysfsBus('/nowhere', new VirtualClock(), failing).device(ID);
    await expect(device.read('w1_slave')).rejects.toMatchObject({ kind });
  });

  it('gives up on a read that hangs, and asks nothing of any part until it has ended: threads are few', async () => {
    const clock = new VirtualClock();
    const asked: ((text: string) => void)[] = [];
    const bus = w1SysfsBus('/nowhere', clock, () => new Promise((resolve) => asked.push(resolve)));
    const device = bus.device(ID);
    const first = expect(device.read('w1_slave')).rejects.toMatchObject({ kind: 'timeout' });
    await clock.advance(5000);
    await first;
    const owed = { name: 'BusError', message: expect.stringContaining(`${ID}/w1_slave has still not been read`) };
    await expect(device.read('w1_slave')).rejects.toMatchObject(owed);
    await expect(bus.device('28-000000000001').read('resolution')).rejects.toMatchObject(owed);
    expect(asked).toHaveLength(1);
    asked[0]?.('late');
    await clock.advance(1);
    const again = device.read('w1_slave');
    asked[1]?.('in time');
    expect(await again).toBe('in time');
  });
});
