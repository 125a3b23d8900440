import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { retainedState, startBroker, subscribe } from '../support/broker.ts';
import { isWhole, observationsIn, statesIn } from '../support/capture.ts';
import { judged } from '../support/feed.ts';
import { dorpel, runGateway, writeConfig } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

/** As configured by default. */
const IN_FLIGHT = 20;

describeWith(['socat', 'mosquitto', 'mosquitto_sub'], 'a gateway', () => {
  it('that is killed is told offline by its Will, goes on with its numbers, and owns up', {
    timeout: 180_000,
  }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const feed = await subscribe(broker.port);
    // What was told comes into the file two seconds later: a kill at once leaves it to the slate.
    const config = meters.config(temporaryDirectory(), { url: `mqtt://127.0.0.1:${broker.port}` }, { commit: '2s' });
    const told = () => observationsIn(feed.received);

    const first = runGateway(config);
    await until('observations come', () => told().length >= 6);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');
    const will = await retainedState(broker.port, ({ online }) => !online);
    expect(will.heads, 'a Will was written before anything was counted').toBeUndefined();
    const before = told().length;

    const second = runGateway(config);
    await until('observations come again', () => told().length >= before + 6);
    const online = await retainedState(broker.port, (state) => state.online);
    expect(online).toMatchObject({ clean: false, epoch: will.epoch });

    expect(await second.end('SIGTERM')).toBe(0);
    const left = await retainedState(broker.port, (state) => !state.online);
    expect(Object.keys(left.heads ?? {}).toSorted()).toEqual(['left', 'right']);

    runGateway(config);
    await until('every number up to the heads has come', () => isWhole(feed.received, left.heads ?? {}));
    await until('a clean stop is told', () => statesIn(feed.received).at(-1)?.clean);
    expect(judged(feed.received)).toEqual([]);
    const keys = new Set(told().map(({ dev, seq }) => `${dev} ${seq}`));
    expect(told().length - keys.size, 'what was in flight may be told twice').toBeLessThanOrEqual(IN_FLIGHT);
    expect(new Set(told().map(({ epoch }) => epoch))).toEqual(new Set([will.epoch]));
  });

  it('refuses to share its data with a second one', { timeout: 120_000 }, async () => {
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const config = meters.config(temporaryDirectory(), { url: `mqtt://127.0.0.1:${broker.port}` });
    const first = runGateway(config);
    await first.line(/ code=uplink-connected /);
    const second = runGateway(config);
    expect(await second.exit).toBe(1);
    expect(second.output).toMatch(/outbox\.db/);
    expect(second.output).toMatch(/another gateway/i);
    expect(second.output).toMatch(/^hint: /m);
    expect(first.hasExited).toBe(false);
  });
});

it('A gateway with a wrong config opens nothing and says where it is wrong.', { timeout: 60_000 }, async () => {
  const folder = temporaryDirectory();
  const config = writeConfig(folder, {
    buses: { left: { kind: 'serial', path: '/dev/null' } },
    devices: { left: { driver: 'dsmr-p9', bus: 'left' } },
    uplinks: {},
  });
  const gateway = dorpel('run', '--config', config);
  expect(await gateway.exit).toBe(2);
  expect(gateway.output).toMatch(/dorpel\.yaml:\d+:\d+/);
  expect(gateway.output).toContain('dsmr-p1');
  expect(existsSync(join(folder, 'data')), 'no data directory').toBe(false);
});
