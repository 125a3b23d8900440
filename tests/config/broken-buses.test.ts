import { describe, expect, it } from 'vitest';
import { complaints, GATEWAY, parsed } from './told.ts';

/**
 * Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`.
 * The YAML stands below a gateway in line 1.
 */
const table: readonly (readonly [string, string, ...string[]])[] = [
  ['an unknown section', 'device: {}', '2:1 device | "device" is not a key here | did you mean devices?'],
  [
    'a section that is a list',
    `devices:
  - { driver: sht4x, bus: hall }`,
    '3:3 devices | should be keys with values, not a list | write "name:" where "-" stands, and what belongs to it below',
  ],
  [
    'a device that is a list',
    `devices:
  air:
    - driver: sht4x`,
    '4:5 devices.air | should be keys with values, not a list | write "name:" where "-" stands, and what belongs to it below',
  ],
  [
    'two names for one bus',
    `buses:
  hall: { kind: i2c, path: /dev/i2c-1 }
  school: { kind: i2c, path: /dev/i2c-1 }`,
    '4:30 buses.school.path | hall is /dev/i2c-1 too | remove one, and write its devices with bus: hall',
  ],
  [
    'two names for one chip',
    `buses:
  hall: { kind: gpio, chip: pinctrl-rp1 }
  school: { kind: gpio, chip: pinctrl-rp1 }`,
    '4:31 buses.school.chip | hall is pinctrl-rp1 too | remove one, and write its devices with bus: hall',
  ],
  [
    'more meters than a line can carry',
    `buses:
  meters: { kind: serial, path: /dev/ttyUSB0 }
devices:
  load: { driver: eastron-sdm, bus: meters, address: 1, period: 1s, options: { model: sdm630 } }
  pump: { driver: eastron-sdm, bus: meters, address: 2, period: 1s, options: { model: sdm630 } }
  solar: { driver: eastron-sdm, bus: meters, address: 3, period: 1s, options: { model: sdm630, often: [active_power] } }
  lift: { driver: eastron-sdm, bus: meters, address: 4, period: 1s, options: { model: sdm120 } }`,
    '3:3 buses.meters | its devices need about 118 % of its time: load 39 %, pump 39 %, lift 32 %, solar 9 % | write longer periods, read less of each meter often (often, restEvery), raise baudRate, or use a second line',
  ],
  [
    'more M-Bus meters than a line can carry',
    `buses:
  meters: { kind: serial, path: /dev/ttyUSB0, baudRate: 300 }
devices:
${Array.from({ length: 8 }, (_, at) => `  heat-${at}: { driver: mbus, bus: meters, address: ${at + 1}, period: 10s, options: { meter: heat, readsPerDay: 9000 } }`).join('\n')}`,
    '3:3 buses.meters | its devices need about 112 % of its time: heat-0 14 %, heat-1 14 %, heat-2 14 %, heat-3 14 %, heat-4 14 %, and 3 more | write longer periods, read less of each meter often (often, restEvery), raise baudRate, or use a second line',
  ],
  [
    'more thermometers than one wire can carry',
    `buses:
  wire: { kind: onewire }
devices:
  flow: { driver: ds18b20, bus: wire, id: 28-0316a2798dff, period: 1s }
  return: { driver: ds18b20, bus: wire, id: 28-0316a2798dfe, period: 1s }`,
    '3:3 buses.wire | its devices need about 150 % of its time: flow 75 %, return 75 % | write longer periods',
  ],
  [
    'an unknown storage profile',
    'storage: { profile: sdcard }',
    '2:21 storage.profile | should be one of sd-card, ssd, not "sdcard" | did you mean sd-card?',
  ],
  [
    'a commit interval out of range',
    'storage: { commit: 2min }',
    `2:20 storage.commit | should be a duration between 50ms and 60s, not "2min" | Time between two commits. Default: the profile's.`,
  ],
  [
    'an unknown kind of bus',
    `buses:
  hall: { kind: I2C, path: /dev/i2c-1 }`,
    '3:17 buses.hall.kind | should be i2c, serial, onewire or gpio, not "I2C" | did you mean i2c?',
  ],
  [
    'a bus without a kind',
    `buses:
  hall: { path: /dev/i2c-1 }`,
    '3:3 buses.hall | "kind" is missing | kind: i2c, serial, onewire or gpio',
  ],
  [
    'a bus without a path',
    `buses:
  hall: { kind: i2c }`,
    '3:3 buses.hall | "path" is missing | path: The device file: /dev/i2c-1, or /dev/serial/by-id/…, which finds the same adapter in any socket.',
  ],
  [
    'an I2C path that is none',
    `buses:
  hall: { kind: i2c, path: /dev/i2c1 }`,
    '3:28 buses.hall.path | should be a path such as /dev/i2c-1, not "/dev/i2c1" | The device file: /dev/i2c-1, or /dev/serial/by-id/…, which finds the same adapter in any socket.',
  ],
  [
    'a serial path that is not absolute',
    `buses:
  meter: { kind: serial, path: ttyUSB0 }`,
    '3:32 buses.meter.path | should be an absolute path such as /dev/ttyUSB0, not "ttyUSB0" | The device file: /dev/i2c-1, or /dev/serial/by-id/…, which finds the same adapter in any socket.',
  ],
  [
    'a parity that is none',
    `buses:
  meter: { kind: serial, path: /dev/ttyUSB0, parity: evne }`,
    `3:54 buses.meter.parity | should be one of none, even, odd, not "evne" | Default: the part's own.`,
  ],
  [
    'stop bits that there are not',
    `buses:
  meter: { kind: serial, path: /dev/ttyUSB0, stopBits: 3 }`,
    `3:56 buses.meter.stopBits | should be 1 or 2, not 3 | Default: the part's own.`,
  ],
  [
    'a chip with nothing behind it',
    `buses:
  pins:
    kind: gpio
    chip:`,
    '5:5 buses.pins.chip | nothing stands behind "chip:" | chip: The label of the GPIO chip: pinctrl-bcm2835 (Pi 3, Zero 2), pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5).',
  ],
  [
    'a bus name with a dot',
    `buses:
  hall.i2c: { kind: i2c, path: /dev/i2c-1 }`,
    '3:3 buses.hall.i2c | "hall.i2c" should be a name of small letters, digits and hyphens | did you mean hall-i2c?',
  ],
  [
    'a bus name with an underscore',
    `buses:
  hall_i2c: { kind: i2c, path: /dev/i2c-1 }`,
    '3:3 buses.hall_i2c | "hall_i2c" should be a name of small letters, digits and hyphens | did you mean hall-i2c?',
  ],
];

describe('a config is refused for its sections and buses', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(`${GATEWAY}\n${yaml}\n`))).toEqual(told);
  });
});
