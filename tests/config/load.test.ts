import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, shown } from '../../src/config/problem.ts';
import type { Driver } from '../../src/driver-kit.ts';
import { drivers } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { BUSES, complaints, complaintsOf, GATEWAY, parsed } from './told.ts';

const AIR = 'devices:\n  air: { driver: sht4x, bus: hall }';

describe('a config', () => {
  it('needs no more than a gateway', () => {
    expect(parsed(GATEWAY)).toMatchObject({
      gateway: { id: 'village', owner: 'heihoek' },
      storage: { directory: '/var/lib/dorpel', commitMs: 5000, durability: 'commit', clockWaitMs: 600_000 },
      devices: [],
    });
  });

  it('measures itself every minute and opens no port, unless it says otherwise', () => {
    expect(parsed(GATEWAY)).toMatchObject({ health: { periodMs: 60_000 } });
    expect(parsed(GATEWAY)).not.toHaveProperty('metrics');
    const placed = 'gateway: { id: a, owner: b, health: 5min, location: { latitude: 51, longitude: 5 } }';
    expect(parsed(placed).health).toEqual({ periodMs: 300_000, location: { latitude: 51, longitude: 5 } });
    expect(parsed('gateway: { id: a, owner: b, health: false }')).not.toHaveProperty('health');
    expect(parsed(`${GATEWAY}\nmetrics: { port: 9464 }`).metrics).toEqual({ port: 9464 });
  });

  it('may tell a platform of the gateway itself, where that measures itself', () => {
    const uplinks = 'uplinks: { city: { url: mqtt://host, devices: [gateway] } }';
    expect(parsed(`${GATEWAY}\n${uplinks}`).uplinks[0]?.devices).toEqual(['gateway']);
    expect(complaints(() => parsed(`gateway: { id: a, owner: b, health: false }\n${uplinks}`))).toHaveLength(1);
  });

  it('has its amounts of room, time and speed in plain numbers', () => {
    const storage = (keys: string) => parsed(`${GATEWAY}\nstorage: { ${keys} }`).storage;
    expect(storage('quota: 64MiB, thinning: 4, durability: after-ack, clockWait: 0s')).toEqual({
      directory: '/var/lib/dorpel',
      commitMs: 5000,
      quotaBytes: 64 * 1024 * 1024,
      thinning: 4,
      durability: 'after-ack',
      clockWaitMs: 0,
    });
    const quotas = ['500MB', '1.5GiB', '8192KiB', '2GB'].map((quota) => storage(`quota: ${quota}`).quotaBytes);
    expect(quotas).toEqual([500_000_000, 1_610_612_736, 8_388_608, 2_000_000_000]);
    const uplink = (keys: string) =>
      parsed(`${BUSES}\n${AIR}\nuplinks:\n  city: { url: mqtt://host, ${keys} }`).uplinks[0];
    const rates = ['unlimited', '64kbit/s', '1.5Mbit/s', '2000readings/s'].map((rate) => uplink(`drainRate: ${rate}`));
    expect(rates.map((one) => one?.drainRate)).toEqual([
      { kind: 'unlimited' },
      { kind: 'bits', perSecond: 64_000 },
      { kind: 'bits', perSecond: 1_500_000 },
      { kind: 'readings', perSecond: 2000 },
    ]);
    const keys = 'devices: [air], quantities: [air_temperature], drainDelay: 0s, refusedFor: 5min, keepalive: 90s';
    expect(uplink(`${keys}, canary: false, batches: deflate`)).toMatchObject({
      devices: ['air'],
      quantities: ['air_temperature'],
      drainDelayMs: 0,
      refusedForMs: 300_000,
      keepaliveSeconds: 90,
      canary: false,
      batches: 'deflate',
    });
  });

  it('has for an uplink what is good for most where nothing is written', () => {
    const [uplink] = parsed(`${GATEWAY}\nuplinks:\n  city: { url: mqtt://host }`).uplinks;
    expect(uplink).toEqual({
      name: 'city',
      url: 'mqtt://host',
      protocol: 5,
      clientId: 'village',
      root: 'feed',
      maxInFlight: 20,
      batches: 'backlog',
      drainRate: { kind: 'bits', perSecond: 1_000_000 },
      drainDelayMs: 30_000,
      refusedForMs: 3_600_000,
      keepaliveSeconds: 60,
      canary: true,
    });
  });

  it('gives streams a priority of their own, or the device’s, and limits that are an alert', () => {
    const rules = '{ air_temperature: { priority: high, alert: { above: 35 } }, relative_humidity: { max: 90 } }';
    const [device] = parsed(`${BUSES}\n${AIR.replace(' }', `, priority: low, streams: ${rules} }`)}`).devices;
    expect(device?.priority).toBe('low');
    expect(device?.rules).toEqual({
      air_temperature: { min: -40, max: 85, priority: 'high', alert: { above: 35 } },
      relative_humidity: { min: 0, max: 90 },
    });
    expect(parsed(`${BUSES}\n${AIR}`).devices[0]?.priority).toBe('normal');
  });

  it('may have sections with nothing below them', () => {
    expect(parsed(`${GATEWAY}\nstorage:\nbuses:\ndevices:\nuplinks:\n`)).toEqual(parsed(GATEWAY));
    expect(
      parsed(
        `${BUSES}\n${AIR}\n  more:\n    driver: sht4x\n    bus: hall\n    address: 0x45\n    options:\n    streams:`,
      ),
    ).toMatchObject({ devices: [{ rules: {} }, { options: {}, rules: {} }] });
  });

  it('takes what the part brings where nothing is written', () => {
    const [device] = parsed(`${BUSES}\n${AIR}`).devices;
    expect(device).toMatchObject({ address: 0x44, periodMs: 60_000, part: 'SHT4X', placement: 'indoor', rules: {} });
    expect(device?.deadlineMs).toBe(10_000);
    const meter = 'meter: { driver: dsmr-p1, bus: rs485 }';
    expect(parsed(`${BUSES}\ndevices:\n  ${meter}`).devices[0]?.deadlineMs).toBe(60_000);
    expect(parsed(`${BUSES}\n${AIR.replace(' }', ', deadline: 2s }')}`).devices[0]?.deadlineMs).toBe(2000);
    const line = { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 };
    expect(parsed(`${BUSES}\ndevices:\n  ${meter}`).buses[1]).toMatchObject(line);
  });

  it('takes over a range from the quantity where a stream gives half of it', () => {
    const config = parsed(
      `${BUSES}\n${AIR.replace(' }', ', streams: { air_temperature: { max: 50, stuckAfter: 6h } } }')}`,
    );
    expect(config.devices[0]?.rules).toEqual({ air_temperature: { min: -40, max: 50, stuckAfterMs: 21_600_000 } });
  });

  it('may come from an editor that writes a byte order mark and carriage returns', () => {
    const text = `${BUSES}\n${AIR}\n`;
    expect(parsed(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(parsed(text));
    const broken = `\uFEFF${text.replaceAll('\n', '\r\n').replace('id:', 'Id:')}`;
    expect(complaints(() => parsed(broken))[1]).toBe('1:12 gateway.Id | "Id" is not a key here | did you mean id?');
  });

  it('may share text by anchors, aliases and merge keys', () => {
    const text = `${BUSES}
devices:
  air: &air { driver: sht4x, bus: hall, streams: &rules { air_temperature: { ratePerMinute: 5 } } }
  more: { <<: *air, address: 0x45 }
  last: { driver: sht4x, bus: hall, address: 0x46, streams: *rules }`;
    const { devices } = parsed(text);
    expect(devices.map(({ address }) => address)).toEqual([0x44, 0x45, 0x46]);
    expect(devices[1]?.rules).toEqual(devices[0]?.rules);
    expect(devices[2]?.rules).toEqual(devices[0]?.rules);
  });
});

describe('what is wrong in a config', () => {
  it('is told where it stands, also if an alias or a merge brought it', () => {
    const text = `${BUSES}
devices:
  air: &air { driver: sht4x, bus: hall, period: 10ms }
  more: { <<: *air, address: 0x45 }
  last: { driver: sds011, bus: rs485, options: &set { dutyCycle: 31 } }
  more-dust: { driver: sds011, bus: rs485, options: *set }`;
    expect(complaints(() => parsed(text)).map((line) => line.split(' | ')[0])).toEqual([
      '7:49 devices.air.period',
      '7:49 devices.more.period',
      '9:66 devices.last.options.dutyCycle',
      '9:66 devices.more-dust.options.dutyCycle',
    ]);
  });

  it('is told all at once and in the order of the file, also what shows only when the parts come together', () => {
    const text = `gateway: { id: Village }
buses:
  hall: { kind: i2c, path: /dev/i2c1 }
  pins: { kind: gpio, chip: pinctrl-rp1 }
devices:
  air: { driver: sht4x, bus: hall, perod: 5s, options: { heater: true } }
  motion: { driver: pir, bus: pin, line: 4 }
  water: { driver: pulse, bus: pins, line: many }
uplinks:
  city: { url: mqtts://mqtt.heihoek.example, protocl: 5, keyFile: /no/key.pem }`;
    expect(complaints(() => parsed(text)).map((line) => line.split(' | ').slice(0, 2).join(' '))).toEqual([
      '1:1 gateway "owner" is missing',
      '1:16 gateway.id should be a name of small letters, digits and hyphens, not "Village"',
      '3:28 buses.hall.path should be a path such as /dev/i2c-1, not "/dev/i2c1"',
      '6:36 devices.air.perod "perod" is not a key here',
      '6:58 devices.air.options.heater "heater" is not a key here',
      '7:31 devices.motion.bus there is no bus called "pin"',
      '8:44 devices.water.line should be a whole number between 0 and 511, not "many"',
      '10:46 uplinks.city.protocl "protocl" is not a key here',
      '10:58 uplinks.city.keyFile "keyFile" is of no use without "certificateFile"',
      '10:67 uplinks.city.keyFile there is no file /no/key.pem that may be read',
    ]);
  });

  it('never shows a password', () => {
    const text = `${GATEWAY}
uplinks:
  city: { url: 'mqtt://me:ge/heim@1@host:1883', password: "zeer geheim, echt" }
  region: { url: mqtt://me:geheim@host, passwordFile: no.txt, "password": 'geheim' }
  farm:
    url: localhost:1883
    Password: geheim, echt`;
    expect(complaints(() => parsed(text))).toHaveLength(6);
    try {
      parsed(text);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      expect(`${cause.problems.map(shown).join('\n')}${cause.message}`).not.toMatch(/heim|zeer|echt/);
    }
  });

  it('is said of a file that cannot be read', async () => {
    const directory = temporaryDirectory();
    const hint = 'name it with --config FILE; config/demo.yaml is an example';
    expect(await complaintsOf(join(directory, 'no.yaml'))).toEqual([`1:1 | there is no such file | ${hint}`]);
    expect(await complaintsOf(directory)).toEqual([`1:1 | this is a directory, not a file | ${hint}`]);
  });

  it('is told of parts that leave the factory with different baud rates, until the bus says which', () => {
    const sdm = drivers.find(({ driver }) => driver.part === 'eastron-sdm')?.driver;
    if (sdm?.bus !== 'serial') throw new Error('no driver shares a line');
    const slow: Driver = { ...sdm, part: 'slow-meter', line: { ...sdm.line, baudRate: 2400 } };
    const text = `${BUSES}
devices:
  one: { driver: eastron-sdm, bus: rs485, address: 1, options: { model: sdm630 } }
  two: { driver: slow-meter, bus: rs485, address: 2, options: { model: sdm120 } }`;
    const load = (text: string) => parsed(text, 'village.yaml', [...drivers, { driver: slow }]);
    expect(complaints(() => load(text))).toEqual([
      '4:3 buses.rs485 | its parts leave the factory with different baud rates: eastron-sdm 9600, slow-meter 2400 | set them all to one rate, and write it here as baudRate',
    ]);
    expect(load(text.replace('ttyUSB0', 'ttyUSB0, baudRate: 4800')).buses[1]).toMatchObject({ baudRate: 4800 });
  });
});

describe('a problem on a terminal', () => {
  const at = (text: string, column: number) =>
    shown({ file: 'f', line: 1, column, key: 'k', message: 'wrong', hint: 'right', text });

  it('shows its place, the line with a caret under the column, and the hint', () => {
    expect(at('id: Hall', 5)).toBe('f:1:5: k: wrong\n    id: Hall\n        ^\n    hint: right');
  });

  it.each([1, 40, 76, 77, 100, 199, 200])('cuts a long line so that the caret stays under column %i', (column) => {
    const text = Array.from({ length: 200 }, (_, index) => String.fromCharCode(0x4e00 + index)).join('');
    const [, line = '', caret = ''] = at(text, column).split('\n');
    expect(line.length).toBeLessThanOrEqual(80);
    expect(caret).toMatch(/^ +\^$/);
    expect(line[caret.length - 1]).toBe(text[column - 1]);
  });
});
