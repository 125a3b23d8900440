import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Command, Context } from '../../src/cli/command.ts';
import { read } from '../../src/cli/read.ts';
import { record } from '../../src/cli/record.ts';
import { scan } from '../../src/cli/scan.ts';
import { unconfigurable } from '../../src/control/configuring.ts';
import { openControl } from '../../src/control/server.ts';
import { sources } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { configOf, startVillage, type Village } from '../support/village.ts';

const HALL = `
gateway: { id: hall, owner: village }
buses:
  one: { kind: i2c, path: /dev/i2c-1 }
  station: { kind: serial, path: /dev/ttyUSB0 }
  p1: { kind: serial, path: /dev/ttyUSB1 }
devices:
  air: { driver: sht4x, bus: one, period: 60s }
  co2: { driver: scd4x, bus: one, period: 20s }
  feed: { driver: eastron-sdm, bus: station, address: 4, period: 10s, options: { model: sdm630 } }
  meter: { driver: dsmr-p1, bus: p1, period: 10s }
uplinks: { city: { url: 'mqtt://127.0.0.1' } }
`;

/** A village whose gateway answers at a socket, and what a command says that asks there; none may open a bus itself. */
async function village(yaml = HALL) {
  const started = await startVillage(configOf(yaml));
  const socket = join(temporaryDirectory(), 'control.sock');
  const control = await openControl(socket, { ...started.gateway, ...unconfigurable(), log: () => [] });
  onTestFinished(async () => {
    await control.close();
    await started.stop();
  });
  const said = async (command: Command, args: readonly string[]) => {
    const output = { out: '', err: '' };
    const noHal = () => {
      throw new Error('opened here');
    };
    const context = {
      stdout: { write: (text: string) => (output.out += text) },
      stderr: { write: (text: string) => (output.err += text) },
      drivers: sources,
      buses: async () => ({
        hal: { i2c: noHal, serial: noHal, onewire: noHal },
        clock: started.clock,
        end: async () => undefined,
      }),
      stop: new AbortController().signal,
    } as unknown as Context;
    let code: number | undefined;
    const running = command.run([...args, '--socket', socket], context).then((exit) => {
      code = exit;
    });
    running.catch(() => {
      code = -1;
    });
    while (code === undefined) await started.clock.advance(10);
    await running;
    return { ...output, code };
  };
  return { ...started, said };
}

const kept = ({ uplink }: Village, device: string) => {
  const topics = uplink.seen.filter(({ topic }) => topic.endsWith(`/${device}/obs`));
  return topics.map(({ payload }) => JSON.stringify(payload));
};

describe('dorpel read beside a gateway that runs', () => {
  it('takes one more sample of a part that may be asked, and nothing of it is kept', async () => {
    const all = await village();
    await all.clock.advance(30_000);
    const { code, out, err } = await all.said(read, ['air']);
    expect(code).toBe(0);
    expect(out).toMatch(/^air_temperature +-?\d+\.\d+ Cel +ok$/m);
    expect(err).toBe('');
    await all.clock.advance(20_000);
    expect(kept(all, 'air')).toHaveLength(1);
  });

  it('takes no measurement away from a part that measures by itself', async () => {
    const all = await village();
    // On one bus it comes after the other, by two seconds.
    await all.clock.advance(46_000);
    const { out, err } = await all.said(read, ['co2', '--json']);
    expect(JSON.parse(out)).toMatchObject({ device: 'co2', agoSeconds: 4 });
    expect(err).toMatch(/^taken 4 s ago/);
    await all.clock.advance(11_500);
    const before = all.clock.uptimeMs();
    await all.said(read, ['co2']);
    // The gateway's own is due in 4.5 s: that is waited for.
    expect(all.clock.uptimeMs() - before).toBeGreaterThan(4000);
    await all.clock.advance(60_000);
    expect(kept(all, 'co2').slice(1).join()).not.toContain('not-ready');
  });

  it('gives the next sample of a part that talks unasked', async () => {
    const all = await village();
    await all.clock.advance(15_000);
    const { out, code } = await all.said(read, ['meter']);
    expect(code).toBe(0);
    expect(out).toMatch(/^active_power_import /m);
  });

  it('says what is wrong with a device that is broken, and with a name', async () => {
    const all = await village();
    await all.clock.advance(5000);
    all.hal.i2cBuses.get('one')?.break(0x44, 'absent');
    const { code, err } = await all.said(read, ['air']);
    expect(code).toBe(1);
    expect(err).toMatch(/^air: .*\(no-acknowledge\)$/m);
    await expect(all.said(read, ['attic'])).rejects.toThrow('there is no device called attic');
  });
});

it('dorpel record is refused where a gateway has the bus open', async () => {
  const all = await village();
  const file = join(temporaryDirectory(), 'gateway.yaml');
  writeFileSync(file, HALL);
  const recording = all.said(record, ['air', '--config', file]);
  await expect(recording).rejects.toMatchObject({ message: 'one is open in the gateway that runs' });
});

describe('dorpel scan beside a gateway that runs', () => {
  it('finds what is new, names what the gateway has, and takes nothing from it', async () => {
    const all = await village();
    await all.clock.advance(15_000);
    const sht3x = configOf(HALL.replace('air: { driver: sht4x,', 'air: { driver: sht3x, address: 0x45,'));
    const simulation = await sht3x.devices[0]?.simulation?.();
    const world = {
      ...all.clock,
      truth: () => 20,
      now: () => 0,
      uptimeMs: () => all.clock.uptimeMs(),
      sleep: async () => undefined,
    };
    if (simulation?.bus !== 'i2c') throw new Error('no part');
    all.hal.i2cBuses.get('one')?.attach(0x45, simulation.build(world, {}));
    const { code, out, err } = await all.said(scan, ['one']);
    expect(code).toBe(0);
    expect(err).toMatch(/^one: 0x44 is air, of the gateway that runs$/m);
    expect(err).toMatch(/^one: 0x62 is co2, of the gateway that runs$/m);
    expect(out).toMatch(/^ {2}sht3x-one-45: \{ driver: sht3x, bus: one, address: 0x45 \}$/m);
    expect(out).not.toContain('scd4x');
    await all.clock.advance(60_000);
    expect((await all.gateway.status()).devices.filter(({ fault }) => fault)).toEqual([]);
    expect(kept(all, 'co2').slice(1).join()).not.toContain('not-ready');
  });

  it('asks a shared line as it stands between polls, and leaves a line alone that a part needs for itself', async () => {
    const all = await village();
    await all.clock.advance(15_000);
    const before = kept(all, 'feed').length;
    const startMs = all.clock.uptimeMs();
    const { err } = await all.said(scan, ['station']);
    const tookMs = all.clock.uptimeMs() - startMs;
    expect(err).toMatch(/^station: 4 is feed, of the gateway that runs$/m);
    expect(err).toMatch(/Modbus units 1 to 32 at 9600 8N1/);
    expect(err).not.toMatch(/19200/);
    await all.clock.advance(30_000);
    const polls = Math.floor((tookMs + 30_000) / 10_000);
    expect(kept(all, 'feed').length - before).toBeGreaterThanOrEqual(polls - 1);
    expect(kept(all, 'feed').join()).not.toContain('fault');
    const alone = await all.said(scan, ['p1']);
    expect(alone.err).toMatch(/^p1: the whole line is meter, of the gateway that runs$/m);
  });

  it('knows the meters of the gateway by their own numbers', async () => {
    const mbus = '{ driver: mbus, bus: station, address: 5, options: { meter: heat } }';
    const all = await village(HALL.replace(/feed: .*/, `feed: ${mbus}`));
    await all.clock.advance(15_000);
    const { out, err } = await all.said(scan, ['station']);
    expect(err).toMatch(/^station: 5 is feed/m);
    expect(out).toBe('buses: {}\n\ndevices: {}\n');
  });
});
