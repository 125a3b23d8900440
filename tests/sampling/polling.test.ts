import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { Grip } from '../../src/sampling/grip.ts';
import { busOf, FakeSensor, shown, supervised } from './supervised.ts';

const silent = new SensorError('timeout', 'no answer');

function polled() {
  const clock = new VirtualClock();
  const sensor = new FakeSensor(clock);
  return { clock, sensor };
}

describe('a device that is asked', () => {
  it('is started once and then asked every period', async () => {
    const { clock, sensor } = polled();
    const { taken, events, stop } = supervised(clock, sensor);
    await clock.advance(2500);
    expect(sensor.calls).toEqual(['start 0', 'poll 0', 'poll 1000', 'poll 2000']);
    expect(shown(taken)).toEqual(['0: air_temperature=20', '1000: air_temperature=20', '2000: air_temperature=20']);
    expect(events).toEqual([{ event: 'identified', device: 'a', identity: { serialNumber: '1' } }]);
    await stop();
  });

  it('is asked less often if it answers slowly; questions never pile up', async () => {
    const { clock, sensor } = polled();
    sensor.takesMs = 2200;
    const { taken, stop } = supervised(clock, sensor);
    await clock.advance(6500);
    expect(sensor.calls).toEqual(['start 0', 'poll 0', 'poll 3000', 'poll 6000']);
    expect(taken).toHaveLength(2);
    const stopped = stop();
    await clock.advance(2200);
    await stopped;
  });

  it('tells a fault once when it begins and once when it ends, with the count between', async () => {
    const { clock, sensor } = polled();
    const { events } = supervised(clock, sensor);
    await clock.advance(500);
    sensor.failure = silent;
    await clock.advance(9000);
    sensor.failure = undefined;
    await clock.advance(10_000);
    expect(events).toEqual([
      { event: 'identified', device: 'a', identity: { serialNumber: '1' } },
      { event: 'fault', device: 'a', error: silent },
      { event: 'healed', device: 'a', failures: 5, forMs: 16_000 },
    ]);
  });

  it('tells a fault of all that it has told, though not each sample holds all of it', async () => {
    const { clock, sensor } = polled();
    const { taken } = supervised(clock, sensor, { streams: ['air_temperature', 'relative_humidity', 'co2'] });
    sensor.answer = { air_temperature: 20, relative_humidity: 50 };
    await clock.advance(500);
    sensor.answer = { air_temperature: 21 };
    await clock.advance(1000);
    sensor.failure = silent;
    await clock.advance(1000);
    expect(shown(taken).at(-1)).toBe('2000: air_temperature=timeout relative_humidity=timeout');
  });

  it('gives a sample of faults every period while it is broken, and leaves the bus alone in between', async () => {
    const { clock, sensor } = polled();
    sensor.failure = silent;
    const { taken } = supervised(clock, sensor);
    await clock.advance(20_000);
    expect(taken.map(({ instant }) => instant.uptimeMs)).toEqual(Array.from({ length: 21 }, (_, n) => n * 1000));
    const why = { value: null, quality: 'fault', why: 'timeout' };
    for (const { sample } of taken) expect(sample).toEqual({ air_temperature: why, relative_humidity: why });
    const polls = sensor.calls.filter((call) => call.startsWith('poll'));
    expect(polls).toEqual(['poll 0', 'poll 1000', 'poll 2000', 'poll 4000', 'poll 8000', 'poll 16000']);
  });

  it('is left alone for five minutes at most', async () => {
    const { clock, sensor } = polled();
    sensor.failure = silent;
    supervised(clock, sensor, { periodMs: 60_000 });
    await clock.advance(3_600_000);
    const minutes = sensor.calls.filter((c) => c.startsWith('poll')).map((call) => Number(call.slice(5)) / 60_000);
    expect(minutes.slice(0, 5)).toEqual([0, 1, 2, 4, 8]);
    const pauses = minutes.slice(5).map((minute, index) => minute - (minutes[index + 4] ?? 0));
    expect(new Set(pauses)).toEqual(new Set([5]));
  });

  it('is not asked again at once after a timeout: the late answer would be taken for the next', async () => {
    const { clock, sensor } = polled();
    sensor.failure = silent;
    sensor.takesMs = 900;
    supervised(clock, sensor);
    await clock.advance(2500);
    expect(sensor.calls).toEqual(['start 0', 'poll 0', 'start 2000', 'poll 2000']);
  });

  it('is started again after every fault, also one of its start', async () => {
    const { clock, sensor } = polled();
    sensor.startFailure = new SensorError('wrong-device', 'another part answers');
    const { events, taken } = supervised(clock, sensor);
    await clock.advance(500);
    sensor.startFailure = undefined;
    await clock.advance(1000);
    expect(sensor.calls).toEqual(['start 0', 'start 1000', 'poll 1000']);
    expect(events.map(({ event }) => event)).toEqual(['fault', 'identified', 'healed']);
    expect(shown(taken)[0]).toBe('0: air_temperature=wrong-device relative_humidity=wrong-device');
  });

  it('tells who answers once, and again only if it is another', async () => {
    const { clock, sensor } = polled();
    const { events } = supervised(clock, sensor);
    await clock.advance(500);
    for (const serialNumber of ['1', '2']) {
      sensor.failure = silent;
      await clock.advance(1000);
      sensor.failure = undefined;
      sensor.identity = { serialNumber };
      await clock.advance(5000);
    }
    const identities = events.flatMap((event) => (event.event === 'identified' ? [event.identity.serialNumber] : []));
    expect(identities).toEqual(['1', '2']);
  });

  it('warms up after each start', async () => {
    const { clock, sensor } = polled();
    const { taken } = supervised(clock, sensor, { warmUpMs: 2000 });
    await clock.advance(2500);
    sensor.failure = silent;
    await clock.advance(1000);
    sensor.failure = undefined;
    await clock.advance(4000);
    const warming = taken.filter(({ isWarmingUp }) => isWarmingUp).map(({ instant }) => instant.uptimeMs);
    expect(warming).toEqual([0, 1000, 4000, 5000]);
  });

  it('has a fault of its driver if that throws anything else, and nobody else is harmed', async () => {
    const { clock, sensor } = polled();
    const bus = busOf(clock);
    const cause = new TypeError('undefined is not a function');
    sensor.failure = cause;
    const other = new FakeSensor(clock);
    const broken = supervised(clock, sensor, { bus });
    const fine = supervised(clock, other, { device: 'b', bus });
    await clock.advance(3500);
    expect(broken.events).toMatchObject([
      { event: 'identified' },
      { event: 'fault', error: { kind: 'driver', message: 'TypeError: undefined is not a function', cause } },
    ]);
    expect(shown(broken.taken)[3]).toBe('3000: air_temperature=driver relative_humidity=driver');
    expect(fine.taken).toHaveLength(4);
  });

  it('has a fault if it answers without any value: nothing would be told, and nobody would know why', async () => {
    const { clock, sensor } = polled();
    sensor.answer = {};
    const { events, taken } = supervised(clock, sensor);
    await clock.advance(500);
    expect(events.at(-1)).toMatchObject({ event: 'fault', error: { kind: 'implausible' } });
    expect(shown(taken)).toEqual(['0: air_temperature=implausible relative_humidity=implausible']);
  });

  it('has faults of what it last told, once it has told anything', async () => {
    const { clock, sensor } = polled();
    sensor.failure = silent;
    sensor.answer = { heat_energy: 1, flow_temperature: 60 };
    const { taken } = supervised(clock, sensor);
    await clock.advance(500);
    sensor.failure = undefined;
    await clock.advance(1000);
    sensor.failure = silent;
    await clock.advance(1000);
    expect(shown(taken)).toEqual([
      '0: air_temperature=timeout relative_humidity=timeout',
      '1000: heat_energy=1 flow_temperature=60',
      '2000: heat_energy=timeout flow_temperature=timeout',
    ]);
  });

  it('ends when told, without another question, and is told to stop', async () => {
    const { clock, sensor } = polled();
    const { stop } = supervised(clock, sensor);
    await clock.advance(1500);
    await stop();
    expect(sensor.calls).toEqual(['start 0', 'poll 0', 'poll 1000', 'stop 1500']);
  });

  it('is not asked any more if its turn on the bus comes after the end', async () => {
    const { clock, sensor } = polled();
    const bus = busOf(clock);
    const slow = new FakeSensor(clock);
    slow.takesMs = 5000;
    const first = supervised(clock, slow, { device: 'slow', bus });
    const second = supervised(clock, sensor, { bus });
    await clock.advance(100);
    const stopped = Promise.all([first.stop(), second.stop()]);
    await clock.advance(5000);
    await stopped;
    expect(sensor.calls).toEqual(['stop 5000']);
    expect(second.events).toEqual([]);
  });
});

describe('a device that hangs', () => {
  it('is given up at its deadline, told as a timeout, and asked again, later and later', async () => {
    const { clock, sensor } = polled();
    sensor.takesMs = 1_000_000;
    const { taken, events } = supervised(clock, sensor, { deadlineMs: 400 });
    await clock.advance(9000);
    const polls = sensor.calls.filter((call) => call.startsWith('poll'));
    expect(polls).toEqual(['poll 0', 'poll 1000', 'poll 3000', 'poll 6000']);
    expect(shown(taken)[0]).toBe('400: air_temperature=timeout relative_humidity=timeout');
    const message = 'given up: it took longer than its deadline of 400 ms';
    expect(events.at(-1)).toMatchObject({ event: 'fault', error: { kind: 'timeout', message } });
  });

  it('costs its neighbours one deadline each time that it is tried, and nothing in between', async () => {
    const { clock, sensor } = polled();
    const bus = busOf(clock, { devices: () => 2 });
    sensor.takesMs = 1_000_000;
    const neighbour = new FakeSensor(clock);
    supervised(clock, sensor, { device: 'hangs', deadlineMs: 400, bus });
    const { taken } = supervised(clock, neighbour, { device: 'neighbour', bus });
    await clock.advance(16_500);
    const late = taken.map(({ instant }) => instant.uptimeMs).filter((atMs) => atMs % 1000 !== 0);
    // Here both ask at the same moments, as devices of a gateway do not.
    expect(late).toEqual([400, 1400, 3400, 6400, 11_400]);
    expect(taken).toHaveLength(17);
  });

  it('has its late answer thrown away, with the sensor that was given up', async () => {
    const { clock } = polled();
    const sensors: FakeSensor[] = [];
    const create = () => {
      const sensor = new FakeSensor(clock);
      sensor.identity = { serialNumber: String(sensors.length) };
      if (sensors.length === 0) sensor.takesMs = 1500;
      sensors.push(sensor);
      return { sensor, grip: new Grip() };
    };
    const { taken, events } = supervised(clock, new FakeSensor(clock), { create, deadlineMs: 600 });
    await clock.advance(5500);
    expect(sensors[0]?.calls).toEqual(['start 0', 'poll 0']);
    expect(sensors[1]?.calls.slice(0, 2)).toEqual(['start 1000', 'poll 1000']);
    expect(taken.map(({ instant }) => instant.uptimeMs)).toEqual([600, 1000, 2000, 3000, 4000, 5000]);
    const told = events.map((one) => (one.event === 'identified' ? one.identity.serialNumber : one.event));
    expect(told).toEqual(['0', 'fault', '1', 'healed']);
  });

  it('does not count as started by a start that was given up and ended later', async () => {
    const { clock, sensor } = polled();
    const starting = sensor.start.bind(sensor);
    sensor.start = async () => {
      const identity = await starting();
      await clock.sleep(900);
      return identity;
    };
    const { events } = supervised(clock, sensor, { create: () => ({ sensor, grip: new Grip() }), deadlineMs: 600 });
    await clock.advance(3000);
    expect(events.map(({ event }) => event)).toEqual(['fault']);
    expect(sensor.calls.filter((call) => call.startsWith('poll'))).toEqual([]);
  });
});

describe('devices on buses', () => {
  it('never interleave on one bus', async () => {
    const clock = new VirtualClock();
    const bus = busOf(clock);
    const heard: string[] = [];
    const talker = (name: string, ms: number) => {
      const sensor = new FakeSensor(clock);
      sensor.poll = async () => {
        heard.push(`${name} asks`);
        await clock.sleep(ms);
        heard.push(`${name} has its answer`);
        return { air_temperature: 1 };
      };
      return sensor;
    };
    supervised(clock, talker('a', 70), { device: 'a', bus });
    supervised(clock, talker('b', 30), { device: 'b', bus });
    await clock.advance(60_000);
    expect(heard.length).toBeGreaterThan(200);
    for (let at = 0; at + 1 < heard.length; at += 2) {
      expect(heard[at + 1]).toBe(heard[at]?.replace('asks', 'has its answer'));
    }
  });

  it('do not wait for a dead device on another bus', async () => {
    const clock = new VirtualClock();
    const dead = new FakeSensor(clock);
    dead.failure = silent;
    dead.takesMs = 900_000;
    const alive = new FakeSensor(clock);
    const neighbour = new FakeSensor(clock);
    const bus = busOf(clock);
    supervised(clock, dead, { device: 'dead', bus });
    const waits = supervised(clock, neighbour, { device: 'neighbour', bus });
    const goesOn = supervised(clock, alive, { device: 'alive' });
    await clock.advance(10_500);
    expect(goesOn.taken).toHaveLength(11);
    expect(waits.taken).toHaveLength(0);
  });
});
