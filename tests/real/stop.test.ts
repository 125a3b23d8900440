import { expect, it } from 'vitest';
import { startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { runGateway } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

/** systemd waits 90 s; a person at a terminal does not. Far more than it takes, for a busy machine. */
const SOON_MS = 15_000;

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'a gateway that is asked to stop', () => {
  it('does so soon, in good order, though its broker has stopped answering', { timeout: 120_000 }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const feed = await subscribe(broker.port);
    const gateway = runGateway(meters.config(temporaryDirectory(), { url: `mqtt://127.0.0.1:${broker.port}` }));
    await until('observations come', () => observationsIn(feed.received).length >= 4);
    broker.freeze();
    const [line] = meters.lines;
    const since = line.spoken;
    await until('rows are on their way', () => line.spoken >= since + 12);

    const askedMs = performance.now();
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(SOON_MS);
    // Some of it was never answered for: it goes out at the next start.
    expect(await gateway.line(/ code=stopped /)).toMatch(/ waiting=[1-9]/);
  });

  it('does so at once where all is well, also before it has begun', { timeout: 120_000 }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const gateway = runGateway(meters.config(temporaryDirectory(), { url }));
    await gateway.line(/ code=first-durable /);
    const askedMs = performance.now();
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(SOON_MS);
    await gateway.line(/ code=stopped /);

    const early = runGateway(meters.config(temporaryDirectory(), { url: 'mqtt://127.0.0.1:1' }));
    await early.line(/ code=uplink-unreachable /);
    const earlyMs = performance.now();
    expect(await early.end('SIGTERM')).toBe(0);
    expect(performance.now() - earlyMs).toBeLessThan(SOON_MS);
  });
});
