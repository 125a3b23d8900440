import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith, PYTHON } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const SOCKET = fileURLToPath(new URL('notify_socket.py', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../systemd/notified', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/src/dorpel.cjs', import.meta.url));

interface Heard {
  readonly pid: number;
  readonly lines: readonly string[];
}

const heardBy = (socket: Child): Heard[] =>
  socket.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Heard);

/** A gateway whose platform cannot be reached. */
function lonely(): string {
  return writeConfig(temporaryDirectory(), {
    buses: { one: { kind: 'i2c', path: '/dev/i2c-1' } },
    devices: { air: { driver: 'sht4x', bus: 'one', address: 0x44, period: '1s' } },
    uplinks: { city: { url: 'mqtt://127.0.0.1:1' } },
  });
}

describeWith(['perl', 'python3'], 'a gateway that systemd has started', () => {
  it('says that it is ready, lives and stops, as the very process that was started', { timeout: 120_000 }, async () => {
    const path = join(temporaryDirectory(), 'notify');
    const socket = startChild(PYTHON, [SOCKET, path]);
    await socket.line(/^listening$/);
    const env = { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000000' };
    const gateway = startChild(LAUNCHER, [process.execPath, MAIN, 'run', '--simulate', '--config', lonely()], { env });
    const signs = () => heardBy(socket).filter(({ lines }) => lines[0] === 'WATCHDOG=1');
    await until('it lives', () => signs().length >= 3);
    expect(signs().at(-1)?.lines[1]).toMatch(/^STATUS=1 devices, 0 at fault; city away, \d+ waiting$/);

    expect(await gateway.end('SIGTERM')).toBe(0);
    const heard = await until('its last words are heard', () => {
      const all = heardBy(socket);
      return all.at(-1)?.lines[0] === 'STOPPING=1' ? all : undefined;
    });
    expect(heard[0]?.lines).toEqual(['READY=1']);
    // One process alone: systemd believes no other (NotifyAccess=main), and what the program asks of others is silent.
    expect(heard.map(({ pid }) => pid)).toEqual(heard.map(() => gateway.pid));
  });

  it('does not start where it could never say so', { timeout: 60_000 }, async () => {
    const gateway = runGateway(lonely(), { WATCHDOG_USEC: '2000000' });
    expect(await gateway.exit).toBe(2);
    expect(gateway.output).toMatch(/^hint: put .*notified before the program/m);
  });
});
