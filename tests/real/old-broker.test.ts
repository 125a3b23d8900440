import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { expect, it, onTestFinished } from 'vitest';
import { type Received, startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { judged } from '../support/feed.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { moreOf, runHall } from './hall.ts';

describeWith(['mosquitto', 'mosquitto_sub'], 'a broker of MQTT 3.1.1 whose access list refuses the feed', () => {
  it('settles nothing, though it acknowledges everything, until the list is put right', {
    timeout: 120_000,
  }, async () => {
    const acl = join(temporaryDirectory(), 'acl');
    // Everybody may read; the gateway may not write. This broker acknowledges what it drops.
    writeFileSync(acl, 'topic read feed/#\nuser gw\ntopic read feed/#\n');
    const broker = await startBroker(['allow_anonymous true', `acl_file ${acl}`]);
    const feed = await subscribe(broker.port);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const city = { url, protocol: '3.1.1', username: 'gw', keepalive: '5s' };
    const { gateway, endWhole } = runHall({ city });
    const lost = await gateway.line(/ code=uplink-lost /);
    expect(lost).toMatch(/did not show feed\/v1\/heihoek\/gw\/-\/state again: accepted, but not shown/);
    expect(lost).toMatch(/let it write feed\/v1\/heihoek\/gw\/# and read/);
    await gateway.line(/ code=first-durable /);
    expect(feed.received).toEqual([]);

    writeFileSync(acl, 'topic read feed/#\nuser gw\ntopic readwrite feed/#\n');
    broker.reload();
    await moreOf(feed, 6);
    await endWhole(feed);
    expect(judged(feed.received)).toEqual([]);
    const first = observationsIn(feed.received, 'hall').map(({ seq }) => seq);
    expect(Math.min(...first), 'from the very first').toBe(1);
  });
});

it('A broker that speaks MQTT 3.1.1 only is told everything once the config says so.', {
  timeout: 120_000,
}, async () => {
  const received: Received[] = [];
  const aedes = await Aedes.createBroker();
  aedes.on('publish', ({ topic, payload }) => {
    if (!topic.startsWith('$')) received.push({ topic, payload: payload.toString(), isRetained: false });
  });
  const server = createServer(aedes.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    server.close();
  });
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = temporaryDirectory();
  const { gateway: modern } = runHall({ city: { url } }, folder);
  expect(await modern.line(/ code=uplink-unreachable /)).toContain('set protocol: 3.1.1');
  await modern.line(/ code=first-durable /);
  await modern.end('SIGTERM');
  expect(received).toEqual([]);

  const { endWhole } = runHall({ city: { url, protocol: '3.1.1' } }, folder);
  await until('observations come', () => observationsIn(received).length >= 6);
  await endWhole({ received });
  expect(judged(received)).toEqual([]);
});
