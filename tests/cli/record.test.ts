import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { record } from '../../src/cli/record.ts';
import { replay } from '../../src/cli/replay.ts';
import type { Driver } from '../../src/driver-kit.ts';
import type { SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { commanded, type Happening } from '../support/commanded.ts';
import { drivers } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A config with one device of this driver, as YAML (of which JSON is a part), and where its recording is to go. */
function deviceOf({ part, bus, ...driver }: Driver, options: Record<string, unknown> = {}, period?: string) {
  const folder = temporaryDirectory();
  const { keyFile, ...plain } = options;
  if (typeof keyFile === 'string') writeFileSync(join(folder, 'key'), keyFile);
  const place = {
    ...(bus === 'gpio' ? { line: 17 } : {}),
    ...('families' in driver ? { id: `${driver.families[0]}-0316a2798dff` } : {}),
  };
  const buses = { one: { kind: bus, ...(bus === 'gpio' ? { chip: 'gpiochip0' } : { path: PATHS[bus] }) } };
  const hall = {
    ...{ driver: part, bus: 'one', ...place, ...(period ? { period } : {}) },
    options: { ...plain, ...(keyFile ? { keyFile: 'key' } : {}) },
  };
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, JSON.stringify({ gateway: { id: 'gw', owner: 'village' }, buses, devices: { hall } }));
  return { config, out: join(folder, 'hall.vectors.yaml'), key: join(folder, 'key') };
}

const PATHS = { i2c: '/dev/i2c-1', serial: '/dev/ttyUSB0', onewire: '/sys/bus/w1' } as const;

const driverCalled = (part: string) => {
  const found = drivers.find(({ driver }) => driver.part === part);
  if (!found) throw new Error(`no driver ${part}`);
  return found.driver;
};

const recorded = (
  { config, out }: { readonly config: string; readonly out: string },
  more: readonly string[] = [],
  happenings: readonly Happening[] = [],
) => commanded(record, ['hall', '--config', config, '--out', out, ...more], happenings);

it('tells a program in JSON what came of it, and how it was checked and played', async () => {
  const sht4x = deviceOf(driverCalled('sht4x'));
  const { code, out } = await recorded(sht4x, ['--simulate', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, { file: sht4x.out, isWhole: true }]);
  const played = await commanded(replay, [sht4x.out, '--json']);
  expect([played.code, JSON.parse(played.out)]).toEqual([0, { compared: expect.any(Number), wrong: 0 }]);
  const checked = await commanded(check, ['--config', sht4x.config, '--json']);
  expect([checked.code, JSON.parse(checked.out)]).toMatchObject([0, { canRun: true, devices: ['hall'] }]);
  writeFileSync(sht4x.config, 'gateway: { id: gw }\n');
  const wrong = await commanded(check, ['--config', sht4x.config, '--json']);
  expect([wrong.code, JSON.parse(wrong.out)]).toMatchObject([2, { canRun: false, problems: [{ line: 1 }] }]);
});

describe('what is recorded of a simulated part, and replayed, is the same', () => {
  it.each(drivers.map(({ driver, simulation }) => ({ part: driver.part, driver, simulation })))(
    '$part',
    async ({ driver, simulation }) => {
      for (const options of (await simulation()).variants ?? [{}]) {
        const place = deviceOf(driver, { ...options });
        const { code, out } = await recorded(place, ['--simulate', '--polls', '4']);
        expect(out).toMatch(/(poll|sample) 4/);
        expect(code, out).toBe(0);
        const secret = 'keyFile' in options ? ['--secret', `keyFile=${place.key}`] : [];
        const played = await commanded(replay, [place.out, ...secret]);
        expect(played.out).toMatch(/^(\d+) of \1 as written$/m);
        expect(played.code, played.out).toBe(0);
      }
    },
    60_000,
  );
});

const sht4x = driverCalled('sht4x');

describe('dorpel record', () => {
  it('writes every step with its waits, the time between polls, and where it was recorded', async () => {
    const place = deviceOf(sht4x, {}, '10s');
    expect((await recorded(place)).code).toBe(0);
    const text = readFileSync(place.out, 'utf8');
    const origin = /^ {2}origin: "(.*)"$/m.exec(text)?.[1];
    expect(origin).toMatch(/^recorded: sht4x, serialNumber [0-9a-f]{8}, 2026-11-23, Test Board 3$/);
    expect(text).toMatch(/^ {4}- at: 1\n {6}poll:\n {8}- \{ write: "fd" \}\n {8}- \{ sleep: 9 \}\n {8}- \{ read: "/m);
    expect([...text.matchAll(/at: (\d+)/g)].map(([, at]) => Number(at))).toEqual([1, 10_001, 20_001]);
    expect(statSync(place.out).mode & 0o077, 'readable by others').toBe(0);
  });

  it('says that a simulated part is one, and gives it no date and no board', async () => {
    const place = deviceOf(sht4x);
    await recorded(place, ['--simulate', '--polls', '1']);
    expect(readFileSync(place.out, 'utf8')).toMatch(/^ {2}origin: "simulated part"$/m);
  });

  it('records a fault, starts the part again as the gateway does, and goes on', async () => {
    const place = deviceOf(sht4x, {}, '10s');
    const { code, out } = await recorded(
      place,
      ['--polls', '4'],
      [
        { atMs: 5000, does: (hal) => hal.i2cBuses.get('one')?.break(0x44, 'corrupt') },
        { atMs: 15_000, does: (hal) => hal.i2cBuses.get('one')?.break(0x44, 'absent') },
        { atMs: 25_000, does: (hal) => hal.i2cBuses.get('one')?.break(0x44, undefined) },
      ],
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^poll 2 +error checksum \(.+\)\npoll 3 +error no-acknowledge \(.+\)\npoll 4 +air_temp/m);
    const text = readFileSync(place.out, 'utf8');
    expect(text).toContain('- { error: "no-acknowledge" }\n      error: "no-acknowledge"');
    expect(text).not.toContain('nothing answers'); // the words of an error are not part of the conversation
    expect(await commanded(replay, [place.out])).toMatchObject({ code: 0, out: expect.stringContaining('5 of 5 as') });
  });

  it('records what a line says that falls silent, and that time passes meanwhile', async () => {
    const place = deviceOf(driverCalled('sds011'), { dutyCycle: 0 });
    const { code, out } = await recorded(
      place,
      ['--polls', '9'],
      [{ atMs: 8000, does: (hal) => hal.serialLines.get('one')?.break('silent') }],
    );
    expect(code).toBe(1);
    expect(out).toMatch(/error timeout/);
    expect(readFileSync(place.out, 'utf8')).toMatch(/^ {4}- \{ silence: \d+ \}\n {2}expect:/m);
    expect((await commanded(replay, [place.out])).code).toBe(0);
  });

  it('keeps what came until Ctrl-C, and says so', async () => {
    const stop = [{ atMs: 15_000, does: (_: SimulatedHal, stop: AbortController) => stop.abort() }];
    const asked = deviceOf(sht4x, {}, '10s');
    const listened = deviceOf(driverCalled('dsmr-p1'));
    for (const [place, what] of [
      [asked, '2 polls'],
      [listened, '14 samples'],
    ] as const) {
      const { code, out } = await recorded(place, ['--polls', '1000'], stop);
      expect(out).toContain(`stopped early; ${place.out} holds the start and ${what}`);
      expect(code).toBe(0);
      expect((await commanded(replay, [place.out])).code).toBe(0);
    }
  });

  it('writes over no file, and nothing where no bus could be opened', async () => {
    const place = deviceOf(driverCalled('mh-z19'));
    const gone = [{ atMs: 0, does: (hal: SimulatedHal) => hal.serialLines.get('one')?.break('unplugged') }];
    const { code, out, err } = await recorded(place, [], gone);
    expect({ code, out, err }).toEqual({
      code: 1,
      out: 'start      error bus (the adapter was unplugged)\n',
      err: `nothing went over the wire: ${place.out} was not written\n`,
    });
    expect(existsSync(place.out)).toBe(false);
    writeFileSync(place.out, 'precious');
    await expect(recorded(place)).rejects.toThrow(`${place.out} is there already: --force writes over it`);
    expect(readFileSync(place.out, 'utf8')).toBe('precious');
    await recorded(place, ['--force'], gone);
    expect(readFileSync(place.out, 'utf8'), 'nothing was heard').toBe('precious');
    expect((await recorded(place, ['--force', '--polls', '1'])).code).toBe(0);
    expect(readFileSync(place.out, 'utf8')).toMatch(/^# Recorded/);
    const nowhere = recorded({ ...place, out: '/no/such/folder/file' });
    await expect(nowhere).rejects.toThrow('/no/such/folder/file cannot be written: ENOENT');
  });

  it('leaves secrets out, and warns of what a meter tells', async () => {
    const key = '00112233445566778899aabbccddeeff';
    const place = deviceOf(driverCalled('dsmr-p1'), { keyFile: key });
    const { err } = await recorded(place, ['--polls', '1']);
    expect(err).toMatch(/^hall: this recording holds what the meter says, its number/);
    const text = readFileSync(place.out, 'utf8');
    expect(text).toContain('withheld: ["keyFile"]');
    expect(text).not.toContain(key);
    expect(text).not.toContain(place.key);
    await expect(commanded(replay, [place.out])).rejects.toThrow('keyFile was left out of the file');
    expect((await recorded(deviceOf(sht4x), ['--polls', '1'])).err).toBe('');
  });

  it('names a device that there is not', async () => {
    const { config } = deviceOf(sht4x);
    await expect(commanded(record, ['hal', '--config', config])).rejects.toThrow('did you mean hall?');
    await expect(commanded(record, ['hall', '--config', config, '--polls', '0'])).rejects.toThrow('whole number');
  });
});
