import { describe, expect, it } from 'vitest';
import { writtenIn } from '../../src/config/includes.ts';
import type { KnownDriver } from '../../src/config/known-drivers.ts';
import { configIn } from '../../src/config/load.ts';
import type { I2cDriver, Memory, Sensor, SerialDriver, StreamingSensor } from '../../src/driver-kit.ts';
import { registered } from '../support/drivers.ts';
import { drivers, known } from '../support/every-driver.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { startVillage } from '../support/village.ts';

const good = { start: async () => ({}), poll: async () => ({ air_temperature: 20 }) };
const { driver: sht4x, simulation } = registered('sht4x');

/** What a driver may do wrong, as its JavaScript does it, and what must be said of it. */
const rogues: Readonly<Record<string, readonly [told: string, create: (memory: Memory) => unknown]>> = {
  'in-create': [
    'RangeError: no such register',
    () => {
      throw new RangeError('no such register');
    },
  ],
  'without-sensor': ['TypeError: create gives no object with start, and poll or samples', () => ({ poll: good.poll })],
  'in-start': ['TypeError: not a function', () => ({ ...good, start: failing })],
  'in-poll': ['TypeError: not a function', () => ({ ...good, poll: failing })],
  'throws-at-once': [
    'TypeError: not a function',
    () => ({
      ...good,
      poll: () => {
        throw new TypeError('not a function');
      },
    }),
  ],
  'tells-nothing': ['it gives undefined where a sample should be', () => ({ ...good, poll: async () => undefined })],
  'tells-null': [
    'what it tells of air_temperature is neither a number nor a Reading',
    () => ({ ...good, poll: async () => ({ air_temperature: null }) }),
  ],
  'tells-a-bigint': [
    'what it tells of air_temperature is neither a number nor a Reading',
    () => ({ ...good, poll: async () => ({ air_temperature: 20n }) }),
  ],
  'tells-a-quality-of-its-own': [
    'what it tells of air_temperature is neither a number nor a Reading',
    () => ({ ...good, poll: async () => ({ air_temperature: { value: 20, quality: 'fine' } }) }),
  ],
  'tells-what-nobody-knows': [
    'it tells "temp", which is no quantity',
    () => ({ ...good, poll: async () => ({ temp: 20 }) }),
  ],
  'has-no-identity': ['its start gives no identity', () => ({ ...good, start: async () => undefined })],
  'has-a-number-for-a-name': ['its start gives no identity', () => ({ ...good, start: async () => ({ part: 41 }) })],
  'remembers-an-object': [
    'what it wants to remember is no text',
    (memory) => ({ ...good, start: () => memory.save({ count: 1 } as never) }),
  ],
};

async function failing(): Promise<never> {
  throw new TypeError('not a function');
}

function rogueOf(part: string, create: (memory: Memory) => unknown): KnownDriver {
  const driver: I2cDriver = {
    ...(sht4x as I2cDriver),
    part,
    addresses: [0x44, ...Array.from(Object.keys(rogues), (_, index) => 0x10 + index)],
    period: { default: '2s', least: '1s' },
    create: (_device, _options, memory) => create(memory) as Sensor,
  };
  return { driver, simulation };
}

/** A serial part that talks unasked, as `samples` does. */
function talkingRogue(part: string, samples: StreamingSensor['samples']): KnownDriver {
  const { driver, simulation } = registered('sds011');
  const create = () => ({ start: async () => ({}), samples });
  return { driver: { ...(driver as SerialDriver), part, create }, simulation };
}

async function* talksNonsense() {
  yield 'PM2.5=7' as never;
}

async function* neverEnds() {
  yield { pm25: 7 };
  await new Promise(() => undefined);
}

async function villageWith(names: readonly string[], more: readonly KnownDriver[] = []) {
  const all = Object.entries(rogues).map(([part, [, create]]) => rogueOf(part, create));
  const lines = more.map((_, index) => `  line${index}: { kind: serial, path: /dev/ttyUSB${index} }`);
  const talking = more.map(
    ({ driver: { part } }, index) => `  ${part}: { driver: ${part}, bus: line${index}, period: 2s }`,
  );
  const asked = names.map((part, index) => `  ${part}: { driver: ${part}, bus: hall, address: ${0x10 + index} }`);
  const yaml = `gateway: { id: village, owner: heihoek }
buses:
  hall: { kind: i2c, path: /dev/i2c-1 }
${lines.join('\n')}
devices:
  air: { driver: sht4x, bus: hall, period: 2s }
${[...asked, ...talking].join('\n')}
uplinks: { city: { url: 'mqtt://127.0.0.1' } }
`;
  return startVillage(configIn(writtenIn('/test/gateway.yaml', yaml), known([...drivers, ...all, ...more])));
}

describe('a driver that fails as no driver should', () => {
  it('is a fault of its own device, told with its message and tried later and later; the others go on', async () => {
    const names = Object.keys(rogues);
    const village = await villageWith(names, [talkingRogue('talks-nonsense', talksNonsense)]);
    await village.clock.advance(60_000);
    const told = (name: string) =>
      village.logged.filter(({ code, fields }) => code === 'device-fault' && fields['device'] === name);
    for (const [name, [message]] of Object.entries(rogues)) {
      expect(told(name).map((line) => line.message)).toEqual([expect.stringContaining(message)]);
      expect(told(name)[0]?.fields).toMatchObject({ kind: 'driver' });
    }
    expect(told('talks-nonsense')[0]?.message).toContain('it gives PM2.5=7 where a sample should be');
    const all = village.uplink.seen.flatMap(single).filter(({ topic }) => topic.endsWith('/obs'));
    const heard = all.map(({ payload }) => JSON.parse(payload) as FeedObservation);
    for (const name of names) {
      const why = heard.filter(({ dev }) => dev === name).map(({ obs }) => obs.map(({ why }) => why));
      expect(why.length, name).toBeGreaterThan(25);
      expect(new Set(why.flat()), name).toEqual(new Set(['driver']));
    }
    const fine = heard.filter(({ dev, obs }) => dev === 'air' && obs.every(({ q }) => q === 'ok'));
    expect(fine.length).toBeGreaterThan(25);
    expect(judged(village.uplink.seen)).toEqual([]);
    await village.stop();
  });

  it('and never ends does not keep the gateway from ending in good order', async () => {
    const village = await villageWith([], [talkingRogue('never-ends', neverEnds)]);
    await village.clock.advance(5000);
    const begunMs = village.clock.uptimeMs();
    await village.stop();
    expect(village.clock.uptimeMs() - begunMs).toBeLessThan(15_000);
    expect(village.logged.filter(({ code }) => code === 'device-fault')).toEqual([]);
  });
});
