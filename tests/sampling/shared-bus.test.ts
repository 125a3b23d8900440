import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Observation } from '../../src/model/observation.ts';
import { configOf, simulatedHal } from '../support/village.ts';
import { startedOn } from './started.ts';

const PERIOD_MS = 5000;
const METERS = [1, 2, 3, 4, 5] as const;

/** Five SDM630 on one RS-485 line at 9600 baud, whose bytes take their time, and a gateway that reads them. */
async function fiveMeters(periodMs = 5000, priorities: { readonly [unit: number]: string } = {}) {
  const devices = METERS.map((unit) => {
    const keys = `bus: line, address: ${unit}, period: 5s, priority: ${priorities[unit] ?? 'normal'}`;
    return `  m${unit}: { driver: eastron-sdm, ${keys}, options: { model: sdm630 } }`;
  });
  const checked = configOf(`
gateway: { id: gw, owner: heihoek }
buses:
  line: { kind: serial, path: /dev/ttyUSB0 }
devices:
${devices.join('\n')}
`);
  // Shorter periods than the line bears are no config: but nobody knows how long a part thinks.
  const config = { ...checked, devices: checked.devices.map((device) => ({ ...device, periodMs })) };
  const clock = new VirtualClock();
  const hal = await simulatedHal(config, clock);
  const site = startedOn(config, { hal, clock });
  const line = hal.serialLines.get('line');
  if (!line) throw new Error('no line');
  return { ...site, clock, line };
}

const isFault = ({ readings }: Observation) => readings.every(({ quality }) => quality === 'fault');

/** By how much the longest and the shortest interval between observations differ from the period, as a share of it. */
function worstDrift(observations: readonly Observation[], fromMs: number): number {
  const times = observations.map(({ instant }) => instant.uptimeMs).filter((atMs) => atMs >= fromMs);
  expect(times.length).toBeGreaterThan(20);
  const intervals = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
  return Math.max(...intervals.map((ms) => Math.abs(ms - PERIOD_MS))) / PERIOD_MS;
}

describe('five Modbus meters on one line', () => {
  it.each(['silent', 'corrupt'] as const)('keep their period within 5 % while the %s one is probed', async (fault) => {
    for (const broken of [1, 4]) {
      const { clock, line, of, events, stop } = await fiveMeters();
      await clock.advance(60_000);
      line.breakPart(broken, fault);
      await clock.advance(300_000);
      line.breakPart(broken, undefined);
      await clock.advance(300_000);
      const told = of(`m${broken}`);
      expect(told.filter(isFault).length, 'it is told broken at every period').toBeGreaterThan(50);
      expect(isFault(told.at(-1) as Observation), 'and it is read again').toBe(false);
      for (const unit of METERS.filter((candidate) => candidate !== broken)) {
        expect(worstDrift(of(`m${unit}`), 10_000), `m${unit} while m${broken} is ${fault}`).toBeLessThan(0.05);
        expect(of(`m${unit}`).filter(isFault)).toEqual([]);
      }
      expect(events.map(({ event }) => event).filter((event) => event !== 'identified')).toEqual(['fault', 'healed']);
      await stop();
    }
  });

  it('are not held up more and more by one that is gone: it is asked after one period, two, four …, five minutes', async () => {
    const { clock, line, of, stop } = await fiveMeters();
    await clock.advance(60_000);
    const asked: number[] = [];
    const far = line.farEnd(3);
    const listening = (async () => {
      for (;;) if ((await far.read(10_000_000))[0] === 3) asked.push(clock.uptimeMs());
    })();
    listening.catch(() => undefined);
    line.breakPart(3, 'silent');
    await clock.advance(600_000);
    const probes = asked.filter((atMs, index) => atMs - (asked[index - 1] ?? 0) > 1000);
    // 0, then after one period, two, four …, five minutes at most.
    expect(probes.length).toBeGreaterThanOrEqual(7);
    expect(probes.length).toBeLessThanOrEqual(9);
    expect(of('m3').length).toBeGreaterThan(120);
    await stop();
  });

  it('lose their adapter together: one event when it goes, one when it is back, and every period is told', async () => {
    const { clock, line, of, events, stop } = await fiveMeters();
    await clock.advance(60_000);
    line.break('unplugged');
    await clock.advance(300_000);
    line.break(undefined);
    await clock.advance(400_000);
    expect(events.filter(({ event }) => event !== 'identified')).toMatchObject([
      { event: 'bus-fault', bus: 'line', error: { kind: 'bus', message: 'the adapter was unplugged' } },
      { event: 'bus-healed', bus: 'line' },
    ]);
    for (const unit of METERS) {
      const told = of(`m${unit}`);
      expect(told.length, 'none is left out in 760 s').toBeGreaterThanOrEqual(151);
      expect(told.filter(isFault).length).toBeGreaterThan(50);
      expect(isFault(told.at(-1) as Observation)).toBe(false);
    }
    await stop();
  });
});

describe('a line on which more is asked than it can carry', () => {
  it('gives a high priority most of it, a low one the least, and nobody nothing', async () => {
    // Five times 0.7 s in every second.
    const { clock, of, stop } = await fiveMeters(1000, { 3: 'high', 5: 'low' });
    await clock.advance(300_000);
    await stop();
    const counts = METERS.map((unit) => of(`m${unit}`).length);
    const [first = 0, second = 0, high = 0, fourth = 0, low = 0] = counts;
    expect(high, `of ${counts}`).toBeGreaterThan(1.5 * Math.max(first, second, fourth));
    expect(low, `of ${counts}`).toBeLessThan(Math.min(first, second, fourth));
    expect(low, `of ${counts}`).toBeGreaterThan(20);
  });
});

/** Four parts on one I2C bus. */
async function fourParts(deadline = '10s') {
  const config = configOf(`
gateway: { id: gw, owner: heihoek }
buses:
  i2c: { kind: i2c, path: /dev/i2c-1 }
devices:
  north: { driver: sht4x, bus: i2c, address: 0x44, period: 5s, deadline: ${deadline} }
  south: { driver: sht4x, bus: i2c, address: 0x45, period: 5s }
  air: { driver: bme280, bus: i2c, period: 5s }
  west: { driver: sht4x, bus: i2c, address: 0x46, period: 5s }
`);
  const clock = new VirtualClock();
  const hal = await simulatedHal(config, clock);
  const site = startedOn(config, { hal, clock });
  const bus = hal.i2cBuses.get('i2c');
  if (!bus) throw new Error('no bus');
  return { ...site, clock, bus, faults: () => site.events.filter(({ event }) => event !== 'identified') };
}

const ALL = [0x44, 0x45, 0x76, 0x46];
const OTHERS = ['south', 'air', 'west'];

describe('four parts on one I2C bus', () => {
  it.each([
    ['absent', 'no-acknowledge'],
    ['corrupt', 'checksum'],
    ['stuck', 'timeout'],
  ] as const)('have the fault of the %s one told as its own, and keep their period', async (fault, kind) => {
    const { clock, bus, of, faults, stop } = await fourParts();
    await clock.advance(60_000);
    bus.break(0x44, fault);
    await clock.advance(300_000);
    bus.break(0x44, undefined);
    await clock.advance(300_000);
    expect(faults()).toMatchObject([
      { event: 'fault', device: 'north', error: { kind } },
      { event: 'healed', device: 'north' },
    ]);
    for (const device of OTHERS) {
      expect(worstDrift(of(device), 10_000), device).toBeLessThan(0.05);
      expect(of(device).filter(isFault)).toEqual([]);
    }
    expect(bus.renewals).toBe(0);
    await stop();
  });

  it('that all time out are one broken bus: told once, its adapter opened anew, told once when it is back', async () => {
    const { clock, bus, of, faults, stop } = await fourParts();
    await clock.advance(60_000);
    for (const address of ALL) bus.break(address, 'stuck');
    await clock.advance(300_000);
    for (const address of ALL) bus.break(address, undefined);
    await clock.advance(400_000);
    expect(faults()).toMatchObject([
      { event: 'bus-fault', bus: 'i2c', error: { message: expect.stringContaining('holds a line low') } },
      { event: 'bus-healed', bus: 'i2c' },
    ]);
    expect(bus.renewals).toBe(1);
    for (const device of ['north', ...OTHERS]) {
      expect(of(device).filter(isFault).length, 'every period is told').toBeGreaterThan(59);
      expect(isFault(of(device).at(-1) as Observation)).toBe(false);
    }
    await stop();
  });

  it('wait for a transfer that hangs no longer than its deadline and a moment: then the bus is told broken', async () => {
    const { clock, bus, of, faults, stop } = await fourParts('2s');
    await clock.advance(60_000);
    bus.break(0x44, 'hung');
    await clock.advance(120_000);
    expect(faults()).toMatchObject([
      { event: 'bus-fault', bus: 'i2c', error: { message: /^a transfer for north does not come back: take/ } },
    ]);
    for (const device of OTHERS) expect(of(device).filter(isFault).length, device).toBeGreaterThan(22);
    bus.break(0x44, undefined);
    await clock.advance(300_000);
    expect(faults().slice(1)).toMatchObject([{ event: 'bus-healed', bus: 'i2c' }]);
    for (const device of ['north', ...OTHERS]) expect(isFault(of(device).at(-1) as Observation), device).toBe(false);
    await stop();
  });

  it('are let go when the gateway stops, though a transfer hangs', async () => {
    const { clock, bus, stop } = await fourParts('2s');
    await clock.advance(60_000);
    bus.break(0x44, 'hung');
    await clock.advance(6000);
    await stop();
    expect(clock.uptimeMs()).toBeLessThan(80_000);
  });
});
