import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { change } from '../../src/control/client.ts';
import { PATHS } from '../../src/control/control.ts';
import type { Status } from '../../src/health/status.ts';
import type { Child } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { dorpel, logged, runGateway, type Site, writeConfig } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const EMPTY: Site = { buses: {}, devices: {}, uplinks: {} };

async function statusOf(config: string): Promise<Status> {
  const asked = dorpel('status', '--json', '--config', config);
  await asked.exit;
  return JSON.parse(asked.output) as Status;
}

/** Addresses and ports, in hex, on which the program listens (proc_pid_net(5): state 0A, then the inode). */
function listeningOf({ pid }: Child): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((name) => {
    return readlinkSync(`/proc/${pid}/fd/${name}`, 'utf8');
  });
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && own.includes(`socket:[${fields[9]}]`))
      .map(([, local = '']) => local),
  );
}

const hexPort = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');

describe('a gateway on this machine', { timeout: 60_000 }, () => {
  it('measures itself, through the outbox, and says so in its status', async () => {
    const config = writeConfig(temporaryDirectory(), { ...EMPTY, health: '10s' });
    const gateway = runGateway(config);
    await gateway.line(/code=first-durable/);
    const { devices, outbox } = await statusOf(config);
    expect(outbox.heads).toEqual({ gateway: 1 });
    expect(listeningOf(gateway), 'no port is open by default').toEqual([]);
    const [own] = devices;
    expect(own?.state).toBe('well');
    const value = (name: string) => own?.streams.find(({ quantity }) => quantity === name)?.value ?? Number.NaN;
    expect(value('memory_available')).toBeGreaterThan(1);
    expect(value('disk_free')).toBeGreaterThan(1);
    expect(value('gateway_restarts')).toBe(0);
    expect(await gateway.end('SIGTERM')).toBe(0);
    const again = runGateway(config);
    await again.line(/code=first-durable/);
    const restarts = (await statusOf(config)).devices[0]?.streams.find(
      ({ quantity }) => quantity === 'gateway_restarts',
    );
    expect(restarts?.value).toBe(1);
    await again.end('SIGTERM');
  });

  it('counts in its log what repeats itself, and tells the rest when it stops', async () => {
    const folder = temporaryDirectory();
    const gateway = runGateway(writeConfig(folder, { ...EMPTY, health: '10s' }));
    await gateway.line(/code=first-durable/);
    for (let count = 0; count < 9; count += 1) await change(join(folder, 'data', 'control.sock'), PATHS.reload);
    expect(await gateway.end('SIGTERM')).toBe(0);
    const lines = logged(gateway, 'config-reloaded');
    expect(lines).toHaveLength(7);
    expect(lines[5]).toContain('only counted from now on');
    expect(lines[6]).toContain(' repeated=3 ');
  });

  it('answers Prometheus on loopback where the config says so', async () => {
    const port = await freePort();
    const config = writeConfig(temporaryDirectory(), { ...EMPTY, health: '10s', metrics: { port } });
    const gateway = runGateway(config);
    await gateway.line(/code=first-durable/);
    const answer = await until('it answers', () => fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined));
    expect(await answer.text()).toMatch(/^dorpel_reading\{device="gateway",quantity="memory_available"\} \d+$/m);
    // 127.0.0.1, as the kernel writes it.
    expect(listeningOf(gateway)).toEqual([`0100007F:${hexPort(port)}`]);
    await gateway.end('SIGTERM');
  });

  it('goes on where the port is taken, and says so', async () => {
    const port = await freePort();
    const first = runGateway(writeConfig(temporaryDirectory(), { ...EMPTY, health: '10s', metrics: { port } }));
    await until('it answers', () => fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined));
    const second = runGateway(writeConfig(temporaryDirectory(), { ...EMPTY, health: '10s', metrics: { port } }));
    await second.line(/code=metrics-closed/);
    await second.line(/code=first-durable/);
    expect(logged(second, 'metrics-closed')[0]).toContain('EADDRINUSE');
    await second.end('SIGTERM');
    await first.end('SIGTERM');
  });
});
