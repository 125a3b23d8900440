import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { type Child, startChild } from '../support/child.ts';
import { dorpel, writeConfig } from '../support/gateway.ts';
import { describeWith, pathOf } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const OBSERVATION = /^feed\/v1\/heihoek\/gw\/hall\/obs .*"seq":(\d+),/;

/** A gateway with one simulated part that tells every second. */
function runVillage(folder: string, port: number): Child {
  const config = writeConfig(folder, {
    buses: { 'i2c-1': { kind: 'i2c', path: '/dev/i2c-1' } },
    devices: { hall: { driver: 'sht4x', bus: 'i2c-1', address: 0x44, period: '1s' } },
    uplinks: { city: { url: `mqtt://127.0.0.1:${port}` } },
  });
  return dorpel('run', '--simulate', '--config', config);
}

/** mosquitto_sub as an operator calls it. */
async function watch(port: number, ...extra: readonly string[]): Promise<Child> {
  const args = ['-h', '127.0.0.1', '-p', `${port}`, '-q', '1', '-t', 'feed/v1/#', ...extra];
  return startChild('stdbuf', ['-oL', pathOf('mosquitto_sub'), ...args]);
}

/** What `dorpel verify` says of a capture with these lines, and its exit code. */
async function verified(lines: readonly string[], ...options: readonly string[]) {
  const file = join(temporaryDirectory(), 'capture');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const verify = dorpel('verify', '--capture', file, ...options);
  const exit = await verify.exit;
  return { exit, last: verify.lines.at(-1), lines: verify.lines };
}

describeWith(['mosquitto', 'mosquitto_sub'], 'dorpel verify', () => {
  it('says of a real feed that it is complete, and which number a capture lacks', { timeout: 120_000 }, async () => {
    const broker = await startBroker();
    const [plain, json] = await Promise.all([watch(broker.port, '-v'), watch(broker.port, '-F', '%j')]);
    const live = dorpel('verify', `mqtt://127.0.0.1:${broker.port}`, '--json');
    const folder = temporaryDirectory();
    const first = runVillage(folder, broker.port);
    const observations = () => plain.lines.filter((line) => OBSERVATION.test(line));
    await until('observations come', () => observations().length >= 5);
    expect(await first.end('SIGTERM')).toBe(0);
    const second = runVillage(folder, broker.port);
    const before = observations().length;
    await until('observations come again', () => observations().length >= before + 3);
    expect(await second.end('SIGTERM')).toBe(0);
    const left = (lines: readonly string[]) => lines.filter((line) => /online\\?":false/.test(line)).length === 2;
    await until('both captures are whole', () => left(plain.lines) && left(json.lines));

    const whole = await verified(plain.lines);
    expect(whole.last).toMatch(/^complete: every number is delivered or declared lost$/);
    expect(whole.exit).toBe(0);
    expect(await verified(json.lines)).toMatchObject({ exit: 0, last: whole.last });
    expect(await live.end('SIGINT'), live.output).toBe(0);
    expect(JSON.parse(live.output)).toMatchObject({ isComplete: true, accounts: [{ gateway: 'gw', device: 'hall' }] });

    const [, , third = '', fourth = ''] = observations();
    const hole = await verified(plain.lines.filter((line) => line !== third));
    expect(hole.exit).toBe(1);
    expect(hole.lines[1]).toMatch(/^gw\/hall [0-9a-f]{8} .* 3$/);
    expect(hole.last).toMatch(/^NOT complete: 1 missing$/);
    const middle = plain.lines.slice(plain.lines.indexOf(fourth));
    expect(await verified(middle)).toMatchObject({ exit: 1 });
    expect(await verified(middle, '--from-first-seen')).toMatchObject({ exit: 0 });
  });

  it('joins a feed in the middle, for as long as it is told', { timeout: 120_000 }, async () => {
    const broker = await startBroker();
    const plain = await watch(broker.port, '-v');
    runVillage(temporaryDirectory(), broker.port);
    await until('observations come', () => plain.lines.filter((line) => OBSERVATION.test(line)).length >= 3);
    for (const protocol of ['5', '3.1.1']) {
      const live = dorpel('verify', `mqtt://127.0.0.1:${broker.port}`, '--for', '2s', '--protocol', protocol);
      expect(await live.exit, live.output).toBe(0);
      expect(live.lines[1], live.output).toMatch(/^gw\/hall [0-9a-f]{8} .*\(from \d+\)$/);
      expect(live.lines.at(-1)).toMatch(/^complete: /);
    }
  });

  it('says when the broker goes away while it listens, and when there is none', { timeout: 120_000 }, async () => {
    const broker = await startBroker();
    const plain = await watch(broker.port, '-v');
    const live = dorpel('verify', `mqtt://127.0.0.1:${broker.port}`);
    runVillage(temporaryDirectory(), broker.port);
    await until('observations come', () => plain.lines.filter((line) => OBSERVATION.test(line)).length >= 3);
    await broker.end('SIGTERM');
    expect(await live.exit).toBe(1);
    expect(live.output).toMatch(/^connection: 1 the connection was lost/m);
    expect(live.lines.at(-1)).toMatch(/^NOT complete: /);
    const none = dorpel('verify', `mqtt://127.0.0.1:${broker.port}`);
    expect(await none.exit).toBe(2);
    expect(none.output).toMatch(/ECONNREFUSED.*\nhint: nothing listens there/);
  });
});

it('dorpel verify that is called wrongly, or has nothing to read, says so.', { timeout: 60_000 }, async () => {
  const calls = [[], ['--capture', 'x', 'mqtt://x'], ['http://x'], ['mqtt://u:p@x'], ['mqtt://x', '--for', '3 days']];
  for (const args of [...calls, ['mqtt://x', '--protocol', '4']]) {
    const verify = dorpel('verify', ...args);
    expect(await verify.exit, args.join(' ')).toBe(2);
    expect(verify.output).toContain('usage: dorpel verify --capture FILE');
  }
  for (const file of [join(temporaryDirectory(), 'none'), temporaryDirectory()]) {
    const verify = dorpel('verify', '--capture', file);
    expect(await verify.exit).toBe(2);
    expect(verify.output).toContain(`${file} cannot be read: `);
  }
  const nothing = await verified([]);
  expect(nothing.exit).toBe(1);
  expect(nothing.last).toMatch(/^NOT complete: no message/);
});
