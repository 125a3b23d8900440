import { expect, it } from 'vitest';
import { startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

const ENERGY = 'active_energy_import_t1';
/** The meter has counted this, in kWh, after some ten seconds. */
const LIMIT = 0.04;

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'what the config says', () => {
  it('of alerts and of who is told what, holds for the program: an alert does not wait for the commit', {
    timeout: 120_000,
  }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const feed = await subscribe(broker.port, ['-t', 'region/#']);
    const [left, right] = meters.lines;
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const streams = { [ENERGY]: { alert: { above: LIMIT } } };
    const config = writeConfig(temporaryDirectory(), {
      buses: { left: { kind: 'serial', path: left.near }, right: { kind: 'serial', path: right.near } },
      devices: {
        left: { driver: 'dsmr-p1', bus: 'left', period: '1s', streams },
        right: { driver: 'dsmr-p1', bus: 'right', period: '1s' },
      },
      uplinks: {
        city: { url },
        region: { url, root: 'region', clientId: 'for-the-region', devices: ['left'], quantities: [ENERGY] },
      },
      // Longer than the patience of this test: only an alert comes through, and the very first row.
      storage: { commit: '60s' },
    });
    const startedAt = performance.now();
    const gateway = runGateway(config);
    const beyond = (told: ReturnType<typeof observationsIn>) =>
      told.flatMap(({ obs }) => obs).filter(({ n, v }) => n === ENERGY && Number(v) > LIMIT);
    const city = () =>
      observationsIn(
        feed.received.filter(({ topic }) => topic.startsWith('feed/')),
        'left',
      );
    await until('the alert comes', () => beyond(city()).length > 0);
    expect(performance.now() - startedAt).toBeLessThan(45_000);

    const region = () => observationsIn(feed.received.filter(({ topic }) => topic.startsWith('region/')));
    await until('the region hears of it, too', () => region().length > 0);
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(new Set(region().map(({ dev }) => dev))).toEqual(new Set(['left']));
    expect(new Set(region().flatMap(({ obs }) => obs.map(({ n }) => n)))).toEqual(new Set([ENERGY]));
  });
});
