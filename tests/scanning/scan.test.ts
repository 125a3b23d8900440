import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import type { World } from '../../src/driver-kit.ts';
import type { Hal } from '../../src/hal/hal.ts';
import { SensorError } from '../../src/model/errors.ts';
import { hex } from '../../src/protocol/hex.ts';
import { yamlOf } from '../../src/scanning/yaml.ts';
import { sources } from '../support/every-driver.ts';
import { configOf, startVillage } from '../support/village.ts';
import { type Around, scanned } from './scanned.ts';

const TEN = `
gateway: { id: hall, owner: village }
buses:
  hall: { kind: i2c, path: /dev/i2c-1 }
  station: { kind: serial, path: /dev/ttyUSB0, baudRate: 19200, parity: even }
  probes: { kind: onewire }
devices:
  a: { driver: sht4x, bus: hall }
  b: { driver: sht3x, bus: hall, address: 0x45 }
  c: { driver: scd30, bus: hall }
  d: { driver: scd4x, bus: hall }
  e: { driver: sen5x, bus: hall, options: { part: sen54 } }
  f: { driver: bme280, bus: hall }
  g: { driver: bme280, bus: hall, address: 0x77, options: { part: bmp280 } }
  h: { driver: eastron-sdm, bus: station, address: 5, options: { model: sdm630 } }
  i: { driver: schneider-iem3000, bus: station, address: 7, options: { model: iem3155 } }
  j: { driver: ds18b20, bus: probes, id: 28-0316a2798dff }
`;

const HEAD = 'gateway: { id: hall, owner: village }\n';
const I2C = `${HEAD}buses: { hall: { kind: i2c, path: /dev/i2c-1 } }\n`;
const line = (settings = '') => `${HEAD}buses: { line: { kind: serial, path: /dev/ttyUSB0${settings} } }\n`;

/** The config that a scan wrote, read back, and what the scan said. */
async function roundTrip(yaml: string, around?: Around) {
  const config = configOf(yaml);
  const told = await scanned(config, around);
  const buses = config.buses.map((bus) => ({ ...bus, path: 'path' in bus ? bus.path : bus.chip }));
  const text = yamlOf(told.found, buses);
  return { ...told, config, text, again: await parseConfig('/test/again.yaml', `${HEAD}${text}`, sources) };
}

const placed = ({ devices }: Awaited<ReturnType<typeof roundTrip>>['config']) =>
  devices.map(({ driver, bus, address, id, options }) => ({ driver: driver.part, bus, address, id, options }));

describe('a scan', () => {
  it('finds ten parts of ten, names them right, and writes a config that holds them', async () => {
    const { config, again, found } = await roundTrip(TEN);
    expect(placed(again)).toEqual(placed(config));
    expect(again.buses).toEqual(config.buses);
    expect(again.devices.map(({ name }) => name)).toContain('sdm630-station-5');
    expect(new Set(again.devices.map(({ name }) => name)).size).toBe(found.length);
  });

  it('writes a config that runs: every part tells a value', async () => {
    const { again } = await roundTrip(TEN);
    const village = await startVillage(again);
    await village.clock.advance(5 * 60_000);
    const { devices } = await village.gateway.status();
    await village.stop();
    const silent = devices.filter(({ streams }) => !streams.some(({ quality }) => quality === 'ok'));
    expect(silent).toEqual([]);
    expect(devices).toHaveLength(10);
  });

  it('sets nothing that a part would keep', async () => {
    const sent = { i2c: [] as Uint8Array[], serial: [] as Uint8Array[] };
    const on = (hal: Hal) => overheard(hal, sent);
    const sps30 = TEN.replace('driver: sen5x, bus: hall, options: { part: sen54 }', 'driver: sps30, bus: hall');
    expect((await roundTrip(sps30, { on })).found.map(({ driver }) => driver)).toContain('sps30');
    await roundTrip(TEN, { on });
    for (const driver of ['senseair-s8', 'mh-z19']) {
      await roundTrip(`${line()}devices: { a: { driver: ${driver}, bus: line } }`, { on });
    }
    expect([sent.i2c.length > 40, sent.serial.length > 100]).toEqual([true, true]);
    // What an SHT3x takes for nothing comes before what heats an SHT4x.
    expect(sent.i2c[0]).toEqual(Uint8Array.of(0x89));
    // Each of these parts takes a setting as a command with its argument: more than two bytes.
    expect(sent.i2c.filter(({ length }) => length > 2)).toEqual([]);
    // Modbus functions that write, and Winsen's commands for self-calibration, zero, span and range.
    const settings = /^.. (05|06|0f|10) |^ff 01 (79|87|88|99) /;
    expect(sent.serial.map(hex).filter((bytes) => settings.test(bytes))).toEqual([]);
  });

  it('tells two parts of one kind apart by their address', async () => {
    const devices = 'devices: { a: { driver: sht4x, bus: hall }, b: { driver: sht4x, bus: hall, address: 0x46 } }';
    const { again } = await roundTrip(I2C + devices);
    expect(again.devices.map(({ name }) => name)).toEqual(['sht4x-hall-44', 'sht4x-hall-46']);
  });

  it('finds nothing on an empty bus, and writes a config all the same', async () => {
    const { events, again } = await roundTrip(I2C);
    expect(events.map(({ event }) => event)).toEqual(['step']);
    expect(again.devices).toEqual([]);
  });

  it('tells a clone that answers wrongly as unknown, with what it said', async () => {
    const altered = (world: World): World => ({ ...world, fault: () => 'a part that knows no reset' });
    const { events, found } = await roundTrip(`${I2C}devices: { a: { driver: sht3x, bus: hall } }`, { altered });
    expect(found).toEqual([]);
    expect(events).toContainEqual({
      event: 'unknown',
      bus: 'hall',
      place: '0x44',
      said: expect.stringMatching(/sht3x: its status after a reset and a clearing is not an SHT3x's/),
    });
  });

  it('leaves a part that hangs behind, and goes on', async () => {
    const on = (hal: Hal): Hal => ({
      ...wrapped(hal),
      i2c: (bus) => {
        const open = hal.i2c(bus);
        const hanging = { write: () => new Promise<void>(() => undefined) };
        const device = (address: number) => ({ ...open.device(address), ...(address === 0x44 ? hanging : {}) });
        return { device, close: () => open.close(), renew: async () => undefined };
      },
    });
    const devices = 'devices: { a: { driver: sht4x, bus: hall }, b: { driver: bme280, bus: hall } }';
    const { events, found } = await roundTrip(I2C + devices, { on });
    expect(found.map(({ driver }) => driver)).toEqual(['bme280']);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'unknown', place: '0x44', said: expect.stringMatching(/has not ended/) }),
    );
  });

  it('gives a bus up that is held low, and one that is not there', async () => {
    const failing = (kind: 'timeout' | 'bus', message: string) => (hal: Hal) => ({
      ...wrapped(hal),
      i2c: () => {
        const fail = () => Promise.reject(new SensorError(kind, message));
        const device = { write: fail, read: fail, writeRead: fail, sleep: async () => undefined, uptimeMs: () => 0 };
        return { device: () => device, close: async () => undefined, renew: async () => undefined };
      },
    });
    const held = await roundTrip(I2C, { on: failing('timeout', 'SDA') });
    expect(held.events.at(-1)).toMatchObject({ event: 'failed', why: expect.stringMatching(/holds a line low/) });
    const gone = await roundTrip(I2C, { on: failing('bus', 'there is no /dev/i2c-1') });
    expect(gone.events.at(-1)).toEqual({ event: 'failed', bus: 'hall', why: 'there is no /dev/i2c-1' });
  });

  it('asks nobody whose place is known, and names it', async () => {
    const known = new Map([[0x62, 'class-co2']]);
    const devices = 'devices: { a: { driver: scd4x, bus: hall } }';
    const { events, found } = await roundTrip(I2C + devices, { scanning: { known } });
    expect(found).toEqual([]);
    expect(events).toContainEqual({ event: 'known', bus: 'hall', place: '0x62', device: 'class-co2' });
  });

  it('says that GPIO lines cannot be asked', async () => {
    const { events } = await roundTrip(`${HEAD}buses: { pins: { kind: gpio, chip: pinctrl-bcm2711 } }\n`);
    expect(events).toMatchObject([{ event: 'failed', bus: 'pins', why: expect.stringMatching(/cannot be asked/) }]);
  });

  it('ends when it is told to, with what was found', async () => {
    const stop = new AbortController();
    const devices = 'devices: { a: { driver: sht4x, bus: hall }, b: { driver: bme280, bus: hall } }';
    const turn = async <T>(talk: () => Promise<T>) => {
      const answer = await talk();
      if (Object(answer).driver) stop.abort();
      return answer;
    };
    const { found } = await roundTrip(I2C + devices, { scanning: { signal: stop.signal, turn } });
    expect(found.map(({ driver }) => driver)).toEqual(['sht4x']);
  });
});

describe('a scan of a serial line', () => {
  it.each(['dsmr-p1', 'ld2410', 'mh-z19', 'pms5003', 'sds011', 'sps30-uart'])('finds an %s', async (driver) => {
    const { config, again } = await roundTrip(`${line()}devices: { a: { driver: ${driver}, bus: line } }`);
    expect(placed(again)).toEqual(placed(config));
    expect(again.buses).toEqual(config.buses);
  });

  it.each([
    ['abb-b', 'b23'],
    ['carlo-gavazzi-em', 'em24'],
    ['carlo-gavazzi-em', 'et340'],
    ['schneider-iem3000', 'iem3255'],
    ['eastron-sdm', 'sdm630'],
  ])('finds an %s and which it is: %s', async (driver, model) => {
    const device = `{ driver: ${driver}, bus: line, address: 9, options: { model: ${model} } }`;
    const { config, again } = await roundTrip(`${line(', baudRate: 38400, parity: none')}devices: { a: ${device} }`);
    expect(placed(again)).toEqual(placed(config));
    expect(again.buses).toEqual(config.buses);
  });

  it('leaves open which meter it is where the meter does not say', async () => {
    const device = '{ driver: eastron-sdm, bus: line, address: 9, options: { model: sdm120 } }';
    const { again, text } = await roundTrip(`${line()}devices: { a: ${device} }`);
    expect(again.devices).toEqual([]);
    expect(text).toMatch(/# it may be an sdm120, sdm220, sdm230.*\n {2}#sdm120-line-9: \{ driver: eastron-sdm/);
  });

  it('finds a Senseair S8 at the address at which any of them answers', async () => {
    const { config, again } = await roundTrip(`${line()}devices: { a: { driver: senseair-s8, bus: line } }`);
    expect(placed(again)).toEqual(placed(config));
  });

  it('finds M-Bus meters by their numbers, also where several answer at once, and by their addresses', async () => {
    const devices = `devices:
  a: { driver: mbus, bus: line, options: { meter: heat, secondary: "123456782D2C3504" } }
  b: { driver: mbus, bus: line, options: { meter: water, secondary: "123499992D2C3506" } }
  c: { driver: mbus, bus: line, options: { meter: electricity, secondary: "800000012D2C3502" } }
`;
    const { config, again, events } = await roundTrip(line() + devices);
    expect(placed(again)).toEqual(placed(config));
    expect(events.filter(({ event }) => event === 'unknown')).toEqual([]);
  });

  it('tells a unit that no driver knows, and speaks to nobody who talks unasked', async () => {
    const register = '{ quantity: co2, address: 0, function: 3, type: uint16 }';
    const device = `{ driver: modbus, bus: line, address: 3, options: { registers: [${register}] } }`;
    const { events } = await roundTrip(`${line()}devices: { a: ${device} }`);
    expect(events).toContainEqual(expect.objectContaining({ event: 'unknown', place: 'unit 3 at 9600 8N1' }));
    // Those on one line have one setting, and speak one way.
    const steps = events.flatMap((event) => (event.event === 'step' ? [event.what] : []));
    expect(steps.at(-1)).toBe('Modbus units 1 to 32 at 9600 8N1');
    const odd = await roundTrip(`${line(', baudRate: 4800')}devices: { a: { driver: dsmr-p1, bus: line } }`);
    expect(odd.events.at(-1)).toMatchObject({ event: 'unknown', said: expect.stringMatching(/^it talks unasked/) });
    expect(odd.events.some((event) => event.event === 'step' && /asking|units/.test(event.what))).toBe(false);
  });

  it('does not take garbled answers for the last word', async () => {
    const on = (hal: Hal): Hal => ({
      ...wrapped(hal),
      serial: (bus) => {
        const open = hal.serial(bus);
        if (bus.baudRate !== 9600 || bus.parity !== 'none') return open;
        let isAsked = false;
        const device = (address: number) => ({
          ...open.device(address),
          write: async () => {
            isAsked = true;
          },
          read: async (withinMs: number, signal?: AbortSignal) => {
            if (!isAsked) return open.device(address).read(withinMs, signal);
            isAsked = false;
            return new Uint8Array(12).fill(address === 9 ? 0x55 : 0x00);
          },
        });
        return { device, close: () => open.close() };
      },
    });
    const device = '{ driver: abb-b, bus: line, address: 9, options: { model: b23 } }';
    const settings = ', baudRate: 9600, parity: even';
    const { config, again, events } = await roundTrip(`${line(settings)}devices: { a: ${device} }`, { on });
    expect(placed(again)).toEqual(placed(config));
    expect(events.filter(({ event }) => event === 'unknown')).toEqual([]);
    const odd = await roundTrip(line(), { on });
    expect(odd.events.at(-1)).toMatchObject({ event: 'unknown', isGarbled: true });
  });

  it('says beforehand how long it takes at most', async () => {
    const { events, tookSeconds } = await roundTrip(line());
    const [first] = events;
    expect(first).toMatchObject({ event: 'step', bus: 'line' });
    expect(tookSeconds).toBeLessThanOrEqual(first?.event === 'step' ? first.atMostSeconds : 0);
    expect(tookSeconds).toBeGreaterThan(60);
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    stop.abort();
    const { events, tookSeconds } = await roundTrip(line(), { scanning: { signal: stop.signal } });
    expect(events.every(({ event }) => event === 'step')).toBe(true);
    expect(tookSeconds).toBeLessThan(1);
  });
});

/** The board, with all that is written to its parts noted. */
function overheard(hal: Hal, sent: Record<'i2c' | 'serial', Uint8Array[]>): Hal {
  const noted = <D extends { write(bytes: Uint8Array): Promise<void> }>(near: D, kind: 'i2c' | 'serial'): D => ({
    ...near,
    write: (bytes: Uint8Array) => {
      sent[kind].push(bytes);
      return near.write(bytes);
    },
  });
  return {
    ...wrapped(hal),
    i2c: (bus) => {
      const open = hal.i2c(bus);
      return {
        device: (address) => noted(open.device(address), 'i2c'),
        close: () => open.close(),
        renew: async () => undefined,
      };
    },
    serial: (bus) => {
      const open = hal.serial(bus);
      return { device: (address) => noted(open.device(address), 'serial'), close: () => open.close() };
    },
  };
}

/** The methods of a board of a class. */
function wrapped(hal: Hal): Hal {
  return {
    i2c: (bus) => hal.i2c(bus),
    serial: (bus) => hal.serial(bus),
    onewire: (bus) => hal.onewire(bus),
    gpio: (bus) => hal.gpio(bus),
  };
}
