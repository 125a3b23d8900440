import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { logged, runGateway } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

/** Long enough for several rounds of the storm that this test is about: its period would be a second or two. */
const WATCH_MS = 8000;

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'two gateways with one identity', () => {
  it('do not take the session from each other for ever: one says why, and leaves the broker alone', {
    timeout: 120_000,
  }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const config = () => meters.config(temporaryDirectory(), { url: `mqtt://127.0.0.1:${broker.port}` });
    const first = runGateway(config());
    await first.line(/ code=uplink-connected /);
    // The lines are the first one's: the second has no meters, but it has the same name, as a copied SD card has.
    const second = runGateway(config());
    await second.line(/ code=uplink-connected /);
    // This broker does not say why it closes a session; each gateway has to be closed a few times to see it.
    const twins = [first, second];
    await until('one of them sees what goes on', () => twins.some((twin) => /duplicate identity/.test(twin.output)));
    const connects = () => twins.reduce((sum, twin) => sum + logged(twin, 'uplink-connected').length, 0);
    expect(connects()).toBeLessThanOrEqual(7);
    await wait(WATCH_MS);
    expect(connects()).toBeLessThanOrEqual(7);
  });
});
