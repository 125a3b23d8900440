import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Command, Context } from '../../src/cli/command.ts';
import { init } from '../../src/cli/init.ts';
import { scan } from '../../src/cli/scan.ts';
import { wrapped } from '../../src/cli/wrapped.ts';
import { loadConfig } from '../../src/config/load.ts';
import { boardBuses } from '../../src/hal/linux/board-buses.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { sources } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { configOf, simulatedHal } from '../support/village.ts';

// What is wired to the board, under the names that a scan gives to its buses.
const WIRED = `
gateway: { id: hall, owner: village }
buses: { i2c-1: { kind: i2c, path: /dev/i2c-1 }, ttyusb0: { kind: serial, path: /dev/ttyUSB0 } }
devices:
  air: { driver: sht4x, bus: i2c-1 }
  attic: { driver: sht4x, bus: i2c-1, address: 0x45 }
  dust: { driver: sds011, bus: ttyusb0 }
`;
const SHOWN = [{ path: '/dev/i2c-1' }, { path: '/dev/ttyUSB0' }];

interface Given {
  readonly stop?: AbortController;
  /** What is typed on the terminal; without it there is none. */
  readonly typed?: readonly string[];
  readonly shown?: readonly { readonly path: string }[];
}

/** What a command says on a board with simulated parts. */
async function said(command: Command, args: readonly string[], given: Given = {}) {
  const { stop = new AbortController(), typed, shown = SHOWN } = given;
  const clock = new VirtualClock();
  const hal = await simulatedHal(configOf(WIRED), clock);
  const output = { out: '', err: '' };
  const stdin = Object.assign(new PassThrough(), typed ? { isTTY: true } : {});
  const lines = [...(typed ?? [])];
  const context = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: Object.assign(new PassThrough(), {
      write: (text: string) => {
        output.err += text;
        if (/: $/.test(text)) stdin.push(`${lines.shift() ?? ''}\n`);
        return true;
      },
    }),
    stdin,
    drivers: sources,
    boardBuses: async () => shown,
    buses: async () => ({ hal, clock, end: () => hal.end() }),
    stop: stop.signal,
  } as unknown as Context;
  let isOver = false;
  const running = command.run([...args, '--socket', '/nowhere/control.sock'], context).finally(() => {
    isOver = true;
  });
  running.catch(() => undefined);
  while (!isOver) await clock.advance(100);
  return { code: await running, ...output };
}

describe('dorpel scan', () => {
  it('writes the YAML of what is on the buses of the board, and tells on the way what it does', async () => {
    const { code, out, err } = await said(scan, []);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}sht4x-i2c-1-44: \{ driver: sht4x, bus: i2c-1, address: 0x44 \}$/m);
    expect(out).toMatch(/^ {2}sds011-ttyusb0-a160: \{ driver: sds011, bus: ttyusb0 \}$/m);
    expect(err).toMatch(/^ttyusb0: every usual setting of the line \(at most \d+ min\)$/m);
    expect(err).toMatch(/^i2c-1: found sht4x \(0x45\)/m);
    expect(err.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('looks at the one bus that was named, and gives everything as JSON', async () => {
    const { out } = await said(scan, ['--i2c', '/dev/i2c-1', '--json']);
    const { events, yaml } = JSON.parse(out);
    expect(events.map(({ event, bus }: { event: string; bus: string }) => `${event} ${bus}`)).toEqual([
      'found i2c-1',
      'found i2c-1',
    ]);
    expect(yaml).toContain('address: 0x45');
    await expect(said(scan, ['attic'])).rejects.toThrow('there is no bus called attic');
  });

  it('writes into a file, and over none', async () => {
    const file = join(temporaryDirectory(), 'found.yaml');
    const { out } = await said(scan, ['/dev/i2c-1', '--out', file]);
    expect(out).toBe('');
    expect(readFileSync(file, 'utf8')).toContain('sht4x-i2c-1-45');
    await expect(said(scan, ['/dev/i2c-1', '--out', file])).rejects.toThrow('is there already');
  });

  it('ends with 1 where it found nothing, or was stopped', async () => {
    expect((await said(scan, ['--i2c', '/dev/i2c-7'])).code).toBe(1);
    const stop = new AbortController();
    stop.abort();
    const { code, err, out } = await said(scan, [], { stop });
    expect(code).toBe(1);
    expect(err).toContain('stopped early');
    expect(out).toContain('devices: {}');
  });
});

describe('dorpel init', () => {
  const needed = ['--id', 'hall', '--owner', 'heihoek'];

  it('writes a config that passes, without a terminal', async () => {
    const file = join(temporaryDirectory(), 'gateway.yaml');
    const place = ['--latitude=51.4', '--longitude=-0.5'];
    const { code } = await said(init, ['--out', file, ...needed, ...place, '--url', 'mqtts://broker.example:8883']);
    expect(code).toBe(0);
    const config = await loadConfig(file, sources);
    expect(config).toMatchObject({ gateway: { id: 'hall', owner: 'heihoek' }, uplinks: [{ name: 'platform' }] });
    const [first = ''] = readFileSync(file, 'utf8').split('\n');
    const schema = /^# yaml-language-server: \$schema=(.*)$/.exec(first)?.[1] ?? '';
    expect(schema).toMatch(/config\/dorpel\.schema\.json$/);
    await expect(said(init, ['--out', file, ...needed])).rejects.toThrow('is there already');
  });

  it('takes buses and devices from a scan', async () => {
    const file = join(temporaryDirectory(), 'gateway.yaml');
    const { out } = await said(init, ['--out', file, ...needed, '--from-scan', '--json']);
    const config = await loadConfig(file, sources);
    expect(JSON.parse(out)).toEqual({ file, devices: config.devices.map(({ name }) => name) });
    expect(config.devices.map(({ driver }) => driver.part)).toEqual(['sht4x', 'sht4x', 'sds011']);
    expect(config.buses.map((bus) => 'path' in bus && bus.path)).toEqual(['/dev/i2c-1', '/dev/ttyUSB0']);
  });

  it('asks on a terminal, and again where an answer cannot be', async () => {
    const file = join(temporaryDirectory(), 'gateway.yaml');
    const typed = ['Heer Lijk', 'heer-lijk', '500', '51', '4', 'sensors@village.example', ''];
    const { err } = await said(init, ['--out', file, '--id', 'hall'], { typed });
    expect(err).toMatch(/should be a name of small letters[^?]*did you\s+mean heer-lijk\?/);
    expect(err).toMatch(/should be a number between -90 and 90/);
    const config = await loadConfig(file, sources);
    expect(config.gateway).toEqual({ id: 'hall', owner: 'heer-lijk' });
    expect(readFileSync(file, 'utf8')).toContain('location: { latitude: 51, longitude: 4 }');
  });

  it('writes nothing where whoever is asked leaves', async () => {
    const file = join(temporaryDirectory(), 'gateway.yaml');
    const stop = new AbortController();
    const typed = ['heihoek'];
    stop.abort();
    const { code, err } = await said(init, ['--out', file, '--id', 'hall'], { typed, stop });
    expect([code, err.trim()]).toEqual([1, 'nothing was written']);
    expect(existsSync(file)).toBe(false);
  });

  it('says which option is missing or wrong where there is no terminal', async () => {
    const file = join(temporaryDirectory(), 'gateway.yaml');
    await expect(said(init, ['--out', file])).rejects.toThrow('give --owner');
    await expect(said(init, ['--out', file, ...needed, '--url', 'http://x'])).rejects.toThrow(/--url: .*mqtt:/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('the buses of a board', () => {
  it('are those that it shows, adapters by the names that stay', () => {
    const root = temporaryDirectory();
    for (const folder of ['dev/serial/by-id', 'sys/bus/w1/devices/w1_bus_master1']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    for (const name of ['i2c-10', 'i2c-2', 'ttyUSB0', 'ttyS0', 'sda']) writeFileSync(join(root, 'dev', name), '');
    const adapter = 'usb-FTDI_RS485-if00-port0';
    expect(boardBuses(root).map(({ path }) => path)).toContain('/dev/ttyUSB0');
    symlinkSync('../../ttyUSB0', join(root, 'dev/serial/by-id', adapter));
    expect(boardBuses(root)).toEqual([
      { kind: 'i2c', path: '/dev/i2c-2' },
      { kind: 'i2c', path: '/dev/i2c-10' },
      { kind: 'serial', path: `/dev/serial/by-id/${adapter}` },
      { kind: 'onewire', path: '/sys/bus/w1' },
    ]);
    expect(boardBuses(temporaryDirectory())).toEqual([]);
  });
});

it('text is wrapped at 80 columns, and long words stay whole', () => {
  const text = wrapped(`${'word '.repeat(30)}${'x'.repeat(90)}`);
  const lines = text.trimEnd().split('\n');
  expect(lines.at(-1)).toBe(`  ${'x'.repeat(90)}`);
  expect(lines.slice(0, -1).every((line) => line.length <= 80)).toBe(true);
  expect(text.replaceAll(/\n\s*/g, ' ').trim()).toBe(`${'word '.repeat(30)}${'x'.repeat(90)}`);
});
