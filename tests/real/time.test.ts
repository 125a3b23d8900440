import { describe, expect, it } from 'vitest';
import { prepareBroker, type Subscriber, startBroker, subscribe } from '../support/broker.ts';
import { isWhole, observationsIn, statesIn } from '../support/capture.ts';
import { certificateAuthority } from '../support/certificates.ts';
import type { Child } from '../support/child.ts';
import { falseTime } from '../support/false-time.ts';
import { type FeedObservation, judged } from '../support/feed.ts';
import { logged, runGateway } from '../support/gateway.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { type Meters, startMeters } from './meters.ts';

const HOUR_MS = 3_600_000;
/** The gateway keeps one sample a second; a busy machine keeps it late. */
const LEAST_BEAT_MS = 100;
const LONGEST_BEAT_MS = 5000;

const timeOf = ({ t }: FeedObservation) => Date.parse(t);

/** As long as it takes until the meters have spoken so often that the gateway has kept so many samples more. */
async function samples({ lines: [line] }: Meters, count: number): Promise<void> {
  const since = line.spoken;
  await until(`${count} samples`, () => line.spoken >= since + 4 * count);
}

/** Stops the gateway, and lets it tell the rest in a second run: what had been counted when it stopped. */
async function wholeFeed(feed: Subscriber, { gateway, again }: { gateway: Child; again(): Child }) {
  expect(await gateway.end('SIGTERM')).toBe(0);
  const heads = await until('it says what it has counted', () => {
    return statesIn(feed.received).findLast(({ online }) => !online)?.heads;
  });
  again();
  await until('every number up to the heads has come', () => isWhole(feed.received, heads));
  expect(judged(feed.received)).toEqual([]);
  return observationsIn(feed.received).filter(({ dev, seq }) => seq <= (heads[dev] ?? 0));
}

/** The times between one sample of a device and the next. */
function beats(told: readonly FeedObservation[], device: string): number[] {
  const ofDevice = told.filter(({ dev }) => dev === device);
  const times = ofDevice.toSorted((a, b) => a.seq - b.seq).map(timeOf);
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

function expectRegular(told: readonly FeedObservation[]): void {
  for (const beat of [...beats(told, 'left'), ...beats(told, 'right')]) {
    expect(beat).toBeGreaterThan(LEAST_BEAT_MS);
    expect(beat).toBeLessThan(LONGEST_BEAT_MS);
  }
}

describeWith(['socat', 'mosquitto', 'mosquitto_sub', 'openssl', 'faketime'], 'a gateway without a clock chip', () => {
  describe.each([
    ['1970', Date.UTC(1970, 0, 2), /not yet valid/],
    ['2035', Date.UTC(2035, 0, 2), /expired/],
  ])('that starts in %s', (_, wrong, complaint) => {
    it('keeps what it measures, trusts no certificate the less, and tells all with right times once it knows them', {
      timeout: 180_000,
    }, async () => {
      const beganAt = Date.now();
      const [meters, { broker, uplink, feed }] = await Promise.all([startMeters(), startTlsBroker()]);
      const board = falseTime(wrong - beganAt);
      const url = `mqtts://127.0.0.1:${broker.port}`;
      const storage = { clockWait: '1h' };
      const config = meters.config(temporaryDirectory(), { url, ...uplink }, storage);
      const gateway = runGateway(config, board.env);

      expect(await gateway.line(/ code=uplink-unreachable /)).toMatch(complaint);
      await gateway.line(/ code=first-durable /);
      expect(gateway.output).toContain('is the clock right');
      await samples(meters, 4);
      expect(logged(gateway, 'uplink-connected')).toEqual([]);
      expect(feed.received).toEqual([]);

      board.set(0);
      board.synchronised(true);
      await gateway.line(/ code=clock-stepped /);
      await gateway.line(/ code=clock-ntp /);
      await until('what was kept is told', () => observationsIn(feed.received).length >= 8);
      const told = await wholeFeed(feed, { gateway, again: () => runGateway(config, board.env) });
      expect(new Set(told.map(({ clk }) => clk))).toEqual(new Set(['ntp']));
      expect(Math.min(...told.map(timeOf))).toBeGreaterThan(beganAt);
      expect(Math.max(...told.map(timeOf))).toBeLessThanOrEqual(Date.now());
      expectRegular(told);
      const started = statesIn(feed.received).map((state) => Date.parse(state.started));
      expect(Math.min(...started)).toBeGreaterThan(beganAt - 1000);
    });
  });

  it('whose clock is set wrong, and right again, tells no wrong time, and never leaves its beat', {
    timeout: 180_000,
  }, async () => {
    const beganAt = Date.now();
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const feed = await subscribe(broker.port);
    const board = falseTime(0);
    board.synchronised(true);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const config = meters.config(temporaryDirectory(), { url }, { clockWait: '1h' });
    const gateway = runGateway(config, board.env);
    await until('observations come', () => observationsIn(feed.received).length >= 4);
    const steps = () => logged(gateway, 'clock-stepped').length;

    for (const [times, offsetMs] of [HOUR_MS, -HOUR_MS].entries()) {
      // The kernel forgets that it was synchronised when somebody sets its clock.
      board.synchronised(false);
      board.set(offsetMs);
      await until('the step is seen', () => steps() > 2 * times);
      await samples(meters, 3);
      board.set(0);
      board.synchronised(true);
      await until('the step back is seen', () => steps() > 2 * times + 1);
      await samples(meters, 3);
    }
    const told = await wholeFeed(feed, { gateway, again: () => runGateway(config, board.env) });

    expect(Math.max(...told.map(timeOf))).toBeLessThanOrEqual(Date.now());
    expect(Math.min(...told.map(timeOf))).toBeGreaterThan(beganAt);
    expect(new Set(told.map(({ clk }) => clk))).toEqual(new Set(['ntp']));
    const keys = new Set(told.map(({ dev, seq }) => `${dev} ${seq}`));
    expect(told.length, 'no number twice').toBe(keys.size);
    expectRegular(told);
  });

  it('that never hears of a time server tells all the same, after a while, and says so', {
    timeout: 120_000,
  }, async () => {
    const wrong = Date.UTC(1990, 5, 1);
    const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
    const feed = await subscribe(broker.port);
    const board = falseTime(wrong - Date.now());
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const gateway = runGateway(meters.config(temporaryDirectory(), { url }, { clockWait: '4s' }), board.env);
    await gateway.line(/ code=first-durable /);
    const firstAt = performance.now();
    await until('observations come', () => observationsIn(feed.received).length >= 1);
    expect(performance.now() - firstAt).toBeGreaterThan(3000);
    await until('more come', () => observationsIn(feed.received).length >= 4);
    const told = observationsIn(feed.received);
    expect(new Set(told.map(({ clk }) => clk))).toEqual(new Set(['unsynced']));
    expect(Math.max(...told.map(timeOf))).toBeLessThan(wrong + HOUR_MS);
    expect(judged(feed.received)).toEqual([]);
  });
});

/** A broker with a certificate that is valid today, a subscriber, and the files of a gateway. */
async function startTlsBroker() {
  const authority = certificateAuthority();
  const server = authority.sign('server');
  const broker = await prepareBroker([
    'allow_anonymous true',
    `cafile ${authority.certificate}`,
    `certfile ${server.certificate}`,
    `keyfile ${server.key}`,
  ]);
  await broker.start();
  const feed = await subscribe(broker.port, ['--cafile', authority.certificate]);
  return { broker, feed, uplink: { caFile: authority.certificate } };
}
