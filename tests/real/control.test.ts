import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/health/status.ts';
import type { Child } from '../support/child.ts';
import { dorpel, logged, writeConfig } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const HALL = {
  buses: { one: { kind: 'i2c', path: '/dev/i2c-1' } },
  devices: {
    hall: { driver: 'sht4x', bus: 'one', period: '1s' },
    attic: { driver: 'sht4x', bus: 'one', address: 0x45, period: '1s' },
  },
  uplinks: {},
};

/** A gateway on simulated parts, asked as a person asks it. */
async function startHall() {
  const config = writeConfig(temporaryDirectory(), HALL);
  const gateway = dorpel('run', '--simulate', '--config', config);
  await gateway.line(/code=first-durable/);
  const ask = async (...args: readonly string[]): Promise<Child> => {
    const asked = dorpel(...args, '--config', config);
    await asked.exit;
    return asked;
  };
  const status = async () => JSON.parse((await ask('status', '--json')).output) as Status;
  return { config, gateway, ask, status };
}

describe('a gateway that runs', { timeout: 120_000 }, () => {
  it('says how it is, what it keeps and what a stream has said', async () => {
    const { gateway, ask, status } = await startHall();
    await until('both are well', async () => (await status()).devices.every(({ state }) => state === 'well'));
    const text = await ask('status');
    expect(text.output).toContain('heihoek/gw   Dorpel');
    expect(text.output).toMatch(/attic +well/);
    expect((await ask('queue')).output).toMatch(/^outbox +\d+ rows/);
    expect((await ask('history', 'hall/air_temperature')).output).toContain('hall/air_temperature, °C: now');
    const wrong = await ask('history', 'hall/pm25');
    expect([await wrong.exit, wrong.output]).toEqual([
      1,
      'nothing has been heard of hall/pm25\nhint: dorpel status shows what there is\n',
    ]);
    expect(await gateway.end('SIGTERM')).toBe(0);
  });

  it('shows what it keeps until it is asked to stop that', async () => {
    const { config, gateway } = await startHall();
    const tail = dorpel('tail', 'attic', '--config', config);
    await tail.line(/^\d\d:\d\d:\d\d attic {2}air_temperature/);
    expect(await tail.end('SIGINT')).toBe(0);
    const other = dorpel('tail', '--config', config);
    await other.line(/ hall {2}/);
    await gateway.end('SIGTERM');
    expect(await other.exit).toBe(1);
    expect(other.output).toContain('the gateway has gone');
  });

  it('takes over a changed config at SIGHUP and when asked; a wrong one changes nothing', async () => {
    const { config, gateway, ask, status } = await startHall();
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('attic:', 'loft:'));
    gateway.signal('SIGHUP');
    await gateway.line(/code=config-reloaded .*\+ device loft/);
    writeFileSync(config, text.replace('sht4x', 'sht4y'));
    const refused = dorpel('reload', '--socket', join(dirname(config), 'data', 'control.sock'));
    expect(await refused.exit).toBe(1);
    expect(refused.output).toMatch(/dorpel\.yaml:\d+:\d+: devices\.hall\.driver: .*sht4y/);
    writeFileSync(config, text);
    const reloaded = await ask('reload');
    expect(reloaded.output).toBe('+ device attic\n- device loft\n');
    expect((await status()).devices.map(({ device }) => device)).toEqual(['hall', 'attic']);
    expect(logged(gateway, 'device-fault')).toEqual([]);
  });

  it('goes back to its config when nobody confirms another, and keeps it when somebody does', async () => {
    const { config, gateway, ask, status } = await startHall();
    const text = readFileSync(config, 'utf8');
    const next = `${config}.mine`;
    writeFileSync(next, text.replace('attic:', 'loft:'));
    const applied = await ask('apply', next, '--confirm', '3s');
    expect(applied.output).toContain('+ device loft\n- device attic\non trial for 3 s: dorpel confirm keeps it');
    await gateway.line(/code=config-returned/);
    expect((await status()).devices.map(({ device }) => device)).toEqual(['hall', 'attic']);
    expect((await ask('confirm')).output).toBe('nothing is on trial\n');

    await ask('apply', next);
    const confirmed = await ask('confirm');
    expect(confirmed.output).toBe(`confirmed\n${config} is written; before: ${config}.before\n`);
    expect([readFileSync(config, 'utf8'), readFileSync(`${config}.before`, 'utf8')]).toEqual([
      readFileSync(next, 'utf8'),
      text,
    ]);
    expect((await ask('reload')).output).toBe('nothing has changed\n');
  });

  it('leaves a socket behind when killed, in the place of which the next one opens its own', async () => {
    const { config, gateway, status } = await startHall();
    await gateway.end('SIGKILL');
    const next = dorpel('run', '--simulate', '--config', config);
    await next.line(/code=first-durable/);
    expect((await status()).gateway.id).toBe('gw');
    expect(logged(next, 'control-closed')).toEqual([]);
  });
});
