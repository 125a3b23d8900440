import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/problem.ts';
import { configuring } from '../../src/control/configuring.ts';
import type { Trial } from '../../src/control/control.ts';
import type { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { configOf, startVillage, type Village } from '../support/village.ts';

const HALL = `
gateway: { id: hall, owner: village }
buses: { one: { kind: i2c, path: /dev/i2c-1 }, pins: { kind: gpio, chip: pinctrl-bcm2711 } }
devices:
  air: { driver: sht4x, bus: one, period: 10s }
  attic: { driver: sht4x, bus: one, address: 0x45, period: 10s }
  motion: { driver: pir, bus: pins, line: 17 }
uplinks: { city: { url: 'mqtt://127.0.0.1' } }
`;
const FASTER = HALL.replace('address: 0x45, period: 10s', 'address: 0x45, period: 5s');
const WRONG = HALL.replace('period: 10s', 'perod: 10s');

/** What comes of something that takes time, which passes meanwhile: a device ends what it is about. */
async function passing<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  while (!isDone) await clock.advance(10);
  return done;
}

/** A village whose config file holds `file.text`. */
async function village() {
  const file = { text: HALL };
  const started = await startVillage(configOf(HALL));
  const { gateway, clock } = started;
  const source = {
    file: '/test/gateway.yaml',
    load: async () => configOf(file.text),
    parse: async (text: string) => configOf(text),
  };
  const said: string[] = [];
  const config = configuring({ gateway, source, clock, log: (_, code) => said.push(code) });
  return {
    ...started,
    file,
    said,
    trial: config.trial,
    confirm: config.confirm,
    reload: () => passing(clock, config.reload()),
    try: (trial: Trial) => passing(clock, config.try(trial)),
  };
}

function observations({ uplink }: Pick<Village, 'uplink'>, device: string): FeedObservation[] {
  return uplink.seen
    .flatMap(single)
    .filter(({ topic }) => topic.endsWith(`/${device}/obs`))
    .map(({ payload }) => JSON.parse(payload) as FeedObservation);
}

/** In seconds, between one observation and the next. */
function periods(told: readonly FeedObservation[]): number[] {
  const times = told.map(({ t }) => Date.parse(t) / 1000);
  return times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)));
}

describe('reading the config again', () => {
  it('restarts what has changed and nothing else, and loses nothing', async () => {
    const all = await village();
    await all.clock.advance(60_000);
    all.file.text = FASTER.replace('  motion:', '  cellar: { driver: bme280, bus: one, period: 10s }\n  motion:');
    expect(await all.reload()).toEqual({ isDone: true, lines: ['+ device cellar', '~ device attic: periodMs'] });
    await all.clock.advance(60_000);
    all.file.text = FASTER.replace(/ {2}motion: .*\n/, '');
    expect((await all.reload()).lines).toEqual(['- device cellar', '- device motion']);
    await all.clock.advance(60_000);
    const status = await all.gateway.status();
    await all.stop();
    expect(status.devices.map(({ device }) => device)).toEqual(['air', 'attic']);
    expect(new Set(periods(observations(all, 'air')))).toEqual(new Set([10]));
    expect(periods(observations(all, 'attic')).slice(8)).toContain(5);
    expect(observations(all, 'cellar').length).toBeGreaterThan(5);
    expect(judged(all.uplink.seen)).toEqual([]);
  });

  it('changes nothing where the config is wrong, and says what is', async () => {
    const all = await village();
    all.file.text = WRONG;
    const { isDone, lines } = await all.reload();
    expect(isDone).toBe(false);
    expect(lines.join('\n')).toMatch(
      /gateway\.yaml:5:\d+: devices\.air\.perod.*[\s\S]*did you mean[\s\S]*nothing was changed/,
    );
    expect(all.gateway.config().devices).toHaveLength(3);
    await all.stop();
  });

  it('changes nothing where something takes a restart, and says what', async () => {
    const all = await village();
    all.file.text = FASTER.replace('id: hall', 'id: barn');
    expect(await all.reload()).toEqual({
      isDone: false,
      lines: [
        '~ device attic: periodMs',
        '~ uplink city: clientId',
        '! gateway.id takes a restart',
        'nothing was changed: systemctl restart dorpel takes it over',
      ],
    });
    expect(all.gateway.config().devices[1]?.periodMs).toBe(10_000);
    await all.stop();
  });

  it('opens a chip anew when one of its lines is another', async () => {
    const all = await village();
    await all.clock.advance(10_000);
    const before = all.hal.gpioChips.get('pins');
    all.file.text = HALL.replace('line: 17', 'line: 18');
    await all.reload();
    await all.clock.advance(10_000);
    expect(all.hal.gpioChips.get('pins')).not.toBe(before);
    await all.stop();
  });

  it('reaches a platform anew where its uplink is another, and tells it everything', async () => {
    const all = await village();
    await all.clock.advance(30_000);
    all.file.text = HALL.replace('127.0.0.1', '127.0.0.2');
    expect((await all.reload()).lines).toEqual(['~ uplink city: url']);
    await all.clock.advance(60_000);
    await all.stop();
    expect(all.uplink.connects).toBe(2);
    expect(judged(all.uplink.seen)).toEqual([]);
  });
});

describe('a config on trial', () => {
  it('goes back by itself when nobody confirms', async () => {
    const all = await village();
    expect(await all.try({ text: FASTER, seconds: 300 })).toEqual({
      isDone: true,
      lines: ['~ device attic: periodMs'],
    });
    await all.clock.advance(60_000);
    expect(all.trial()).toMatchObject({ secondsLeft: 240, file: '/test/gateway.yaml', text: FASTER, lost: [] });
    expect(all.gateway.config().devices[1]?.periodMs).toBe(5000);
    await all.clock.advance(245_000);
    expect(all.trial()).toBeUndefined();
    expect(all.gateway.config().devices[1]?.periodMs).toBe(10_000);
    expect(all.said).toEqual(['config-trial', 'config-returned']);
    await all.stop();
  });

  it('stays when confirmed', async () => {
    const all = await village();
    await all.try({ text: FASTER, seconds: 300 });
    expect(all.confirm()).toEqual({ isDone: true, lines: ['confirmed'] });
    await all.clock.advance(600_000);
    expect(all.gateway.config().devices[1]?.periodMs).toBe(5000);
    expect(all.confirm().isDone).toBe(false);
    await all.stop();
  });

  it('tells which platforms are gone', async () => {
    const all = await village();
    await all.clock.advance(10_000);
    await all.try({ text: HALL.replace('127.0.0.1', '127.0.0.2'), seconds: 300 });
    all.uplink.isAway = true;
    all.uplink.cut();
    await all.clock.advance(10_000);
    expect(all.trial()?.lost).toEqual(['city']);
    await all.stop();
  });

  it('is refused where it is wrong, where it takes a restart, and while another is on trial', async () => {
    const all = await village();
    expect((await all.try({ text: WRONG, seconds: 300 })).isDone).toBe(false);
    const strange = await all.try({ text: HALL.replace('id: hall', 'id: barn'), seconds: 300 });
    expect(strange).toMatchObject({ isDone: false });
    expect(strange.lines).toContain('! gateway.id takes a restart');
    expect((await all.try({ text: FASTER, seconds: 300 })).isDone).toBe(true);
    expect((await all.try({ text: HALL, seconds: 300 })).lines[0]).toContain('a config is on trial');
    expect((await all.reload()).lines[0]).toContain('a config is on trial');
    await all.stop();
  });

  it('does not hide an error that is no mistake in the config', async () => {
    const all = await village();
    const broken = configuring({
      gateway: all.gateway,
      clock: all.clock,
      log: () => undefined,
      source: {
        file: 'x',
        load: () => Promise.reject(new RangeError('a bug')),
        parse: () => Promise.reject(new ConfigError([])),
      },
    });
    await expect(broken.reload()).rejects.toThrow('a bug');
    expect(await broken.try({ text: '', seconds: 1 })).toEqual({ isDone: false, lines: ['nothing was changed'] });
    await all.stop();
  });
});
