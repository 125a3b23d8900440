import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { judged } from '../support/feed.ts';
import { logged, runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

const ID = '28-0316a2798dff';
const HUNG = Array.from({ length: 8 }, (_, index) => `w1-${index}`);

/** A 1-Wire bus whose kernel never answers: opening a pipe that nobody writes to keeps a thread as a hung transfer does. */
function hungBus(root: string): string {
  const folder = join(root, 'devices', ID);
  mkdirSync(folder, { recursive: true });
  const files = ['w1_slave', 'temperature', 'resolution', 'ext_power'].map((name) => join(folder, name));
  expect(spawnSync('mkfifo', files).status).toBe(0);
  return root;
}

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'a gateway with eight buses that hang in the kernel', () => {
  it('measures, keeps, looks up names and tells as ever, and ends when it is told', { timeout: 180_000 }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const [proxy, feed] = await Promise.all([TcpProxy.to(broker.port), subscribe(broker.port)]);
    const folder = temporaryDirectory();
    const [left, right] = meters.lines;
    const thermometer = (bus: string) => [bus, { driver: 'ds18b20', bus, id: ID, period: '1s' }] as const;
    const config = writeConfig(folder, {
      buses: {
        left: { kind: 'serial', path: left.near },
        right: { kind: 'serial', path: right.near },
        ...Object.fromEntries(HUNG.map((bus) => [bus, { kind: 'onewire', path: hungBus(join(folder, bus)) }])),
      },
      devices: {
        left: { driver: 'dsmr-p1', bus: 'left', period: '1s' },
        right: { driver: 'dsmr-p1', bus: 'right', period: '1s' },
        ...Object.fromEntries(HUNG.map(thermometer)),
      },
      // A name, which the thread pool looks up at every attempt to connect.
      uplinks: { city: { url: `mqtt://localhost:${proxy.port}` } },
    });
    const gateway = runGateway(config);
    await until('every bus hangs', () =>
      HUNG.every((bus) => logged(gateway, 'bus-fault').join().includes(`bus=${bus}`)),
    );
    proxy.cut();
    await gateway.line(/ code=uplink-lost /);
    await proxy.pass();
    const told = () => observationsIn(feed.received, 'left').length;
    const before = told();
    await until('the meters are told after another look-up', () => told() >= before + 5);
    for (const bus of HUNG)
      expect(logged(gateway, 'bus-fault').filter((line) => line.includes(`bus=${bus} `))).toHaveLength(1);
    gateway.signal('SIGTERM');
    expect(await gateway.exit, 'Node waits for its threads: it ends itself').toBe('SIGKILL');
    expect(judged(feed.received)).toEqual([]);
  });
});
