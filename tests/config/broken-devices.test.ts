import { describe, expect, it } from 'vitest';
import { drivers } from '../support/every-driver.ts';
import { BUSES, complaints, parsed } from './told.ts';

/**
 * Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`.
 * The YAML stands below the buses.
 */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'without driver and bus',
    `devices:
  air: {}`,
    '7:3 devices.air | "driver" is missing | driver: Which driver speaks with it: a folder of drivers/, or one of the files under drivers:.',
    '7:3 devices.air | "bus" is missing | bus: The name of the bus that it is on.',
  ],
  [
    'with nothing below it',
    `devices:
  air:`,
    '7:3 devices.air | nothing stands behind "air:" | it needs driver, bus',
  ],
  [
    'with a key misspelt',
    `devices:
  air: { driver: sht4x, bus: hall, perod: 10s }`,
    '7:36 devices.air.perod | "perod" is not a key here | did you mean period?',
  ],
  [
    'with a key that is like no other',
    `devices:
  air: { driver: sht4x, bus: hall, wibble: 1 }`,
    '7:36 devices.air.wibble | "wibble" is not a key here | known here: driver, bus, address, id, line, activeLow, period, deadline, part, placement, priority, location, governance, options, streams',
  ],
  [
    'with a driver that there is not',
    `devices:
  air: { driver: sht41, bus: hall }`,
    '7:18 devices.air.driver | there is no driver called "sht41" | did you mean sht4x?',
  ],
  [
    'with a driver that is like no other',
    `devices:
  air: { driver: wibble, bus: hall }`,
    `7:18 devices.air.driver | there is no driver called "wibble" | drivers: ${drivers.map(({ driver }) => driver.part).join(', ')}`,
  ],
  [
    'with a bus that there is not',
    `devices:
  air: { driver: sht4x, bus: halls }`,
    '7:30 devices.air.bus | there is no bus called "halls" | did you mean hall?',
  ],
  [
    'on a bus of another kind',
    `devices:
  air: { driver: sht4x, bus: rs485 }`,
    '7:30 devices.air.bus | sht4x needs a bus of kind i2c; rs485 is serial | of that kind: hall',
  ],
  [
    'on GPIO without a line',
    `devices:
  motion: { driver: pir, bus: pins }`,
    '7:3 devices.motion | "line" is missing | line: the offset in the chip, on a Raspberry Pi the BCM number',
  ],
  [
    'on GPIO with an address',
    `devices:
  motion: { driver: pir, bus: pins, line: 4, address: 4 }`,
    '7:46 devices.motion.address | pir has no address | it has a line instead: remove this',
  ],
  [
    'on I2C with a line',
    `devices:
  air: { driver: sht4x, bus: hall, line: 4, activeLow: true }`,
    '7:36 devices.air.line | "line" is for GPIO, and sht4x is not on GPIO | remove this',
    '7:45 devices.air.activeLow | "activeLow" is for GPIO, and sht4x is not on GPIO | remove this',
  ],
  [
    'with an address that its part cannot have',
    `devices:
  air: { driver: sht4x, bus: hall, address: 0x40 }`,
    '7:45 devices.air.address | sht4x cannot have address 0x40 | it can have 0x44, 0x45, 0x46',
  ],
  [
    'with a Modbus address that there is not',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, address: 0, options: { model: sdm630 } }`,
    '7:54 devices.meter.address | eastron-sdm cannot have address 0 | it can have 1 to 247',
  ],
  [
    'with an address between those that there are',
    `devices:
  air: { driver: senseair-s8, bus: rs485, address: 250 }`,
    '7:52 devices.air.address | senseair-s8 cannot have address 250 | it can have 254, 1 to 247',
  ],
  [
    'with an address where its part has none',
    `devices:
  dust: { driver: sds011, bus: rs485, address: 1 }`,
    '7:39 devices.dust.address | sds011 has no address | remove this',
  ],
  [
    'with an address in quotes',
    `devices:
  air: { driver: sht4x, bus: hall, address: '0x44' }`,
    '7:45 devices.air.address | should be a whole number between 0 and 254, not "0x44" | without quotes: 0x44',
  ],
  [
    'with a period without a unit',
    `devices:
  air: { driver: sht4x, bus: hall, period: 30 }`,
    '7:44 devices.air.period | should be a duration such as 500ms, 30s, 15min, 6h or 1d, not 30 | with its unit, such as 30s',
  ],
  [
    'with a period of another unit',
    `devices:
  air: { driver: sht4x, bus: hall, period: 5 m }`,
    '7:44 devices.air.period | should be a duration such as 500ms, 30s, 15min, 6h or 1d, not "5 m" | did you mean 5min?',
  ],
  [
    'with an SCD4x that is asked more often than it measures',
    `devices:
  air: { driver: scd4x, bus: hall, period: 4s }`,
    '7:44 devices.air.period | scd4x cannot be read so often: it measures every 5 s by itself | write a period of 10s or more',
  ],
  [
    'with an SCD4x that measures seldom, asked often',
    `devices:
  air: { driver: scd4x, bus: hall, period: 30s, options: { mode: low-power } }`,
    '7:44 devices.air.period | scd4x cannot be read so often: in low-power mode it measures every 30 s | write a period of 1min or more',
  ],
  [
    'with an SCD30 whose own interval is longer than half the period, the usual one',
    `devices:
  air: { driver: scd30, bus: hall, options: { interval: 60 } }`,
    '7:3 devices.air | scd30 cannot be read so often: with this interval it measures every 60 s | write a period of 2min or more',
  ],
  [
    'with a battery heat meter that is read more often than its budget allows',
    `devices:
  heat: { driver: mbus, bus: rs485, address: 1, period: 14min, options: { meter: heat } }`,
    '7:57 devices.heat.period | mbus cannot be read so often: readsPerDay is 100, some of them for restarts; raise it only for a meter that has no battery | write a period of 15min or more',
  ],
  [
    'with a battery meter that allows a reading an hour, and the usual period',
    `devices:
  heat: { driver: mbus, bus: rs485, address: 1, options: { meter: heat, readsPerDay: 25 } }`,
    '7:3 devices.heat | mbus cannot be read so often: readsPerDay is 25, some of them for restarts; raise it only for a meter that has no battery | write a period of 1h or more',
  ],
  [
    'with a period below the least of its driver',
    `devices:
  air: { driver: sht4x, bus: hall, period: 200ms }`,
    '7:44 devices.air.period | sht4x cannot be read so often | write a period of 1s or more',
  ],
  [
    'with a placement that is none',
    `devices:
  air: { driver: sht4x, bus: hall, placement: outside }`,
    '7:47 devices.air.placement | should be one of indoor, outdoor, not "outside" | Under a roof or not.',
  ],
  [
    'with a priority that only an alert has',
    `devices:
  air: { driver: sht4x, bus: hall, priority: alert }`,
    '7:46 devices.air.priority | should be one of low, normal, high, not "alert" | How much it matters when room is short: low goes first.',
  ],
  [
    'with a bad name',
    `devices:
  Hall Air: { driver: sht4x, bus: hall }`,
    '7:3 devices.Hall Air | "Hall Air" should be a name of small letters, digits and hyphens | did you mean hall-air?',
  ],
  [
    'on the default address of another',
    `devices:
  air: { driver: sht4x, bus: hall }
  more-air: { driver: sht4x, bus: hall }`,
    '8:3 devices.more-air.address | air is at address 0x44 of hall too | give each an address, or a bus, of its own',
  ],
  [
    'on the address of another',
    `devices:
  air: { driver: sht4x, bus: hall, address: 0x45 }
  more-air: { driver: sht4x, bus: hall, address: 0x45 }`,
    '8:50 devices.more-air.address | air is at address 0x45 of hall too | give each an address, or a bus, of its own',
  ],
  [
    'on the Modbus address of another',
    `devices:
  one: { driver: eastron-sdm, bus: rs485, address: 17, options: { model: sdm630 } }
  two: { driver: eastron-sdm, bus: rs485, address: 17, options: { model: sdm630 } }`,
    '8:52 devices.two.address | one is at address 17 of rs485 too | give each an address, or a bus, of its own',
  ],
  [
    'on the line of another',
    `devices:
  motion: { driver: pir, bus: pins, line: 17 }
  more-motion: { driver: pir, bus: pins, line: 17 }`,
    '8:48 devices.more-motion.line | motion is at line 17 of pins too | give each a line of its own',
  ],
  [
    'on a line that another names in its options',
    `devices:
  ways: { driver: beam-counter, bus: pins, line: 17, options: { innerLine: 27 } }
  motion: { driver: pir, bus: pins, line: 27 }`,
    '8:43 devices.motion.line | ways is at line 27 of pins too | give each a line of its own',
  ],
  [
    'that names the line of another in its options',
    `devices:
  motion: { driver: pir, bus: pins, line: 27 }
  ways: { driver: beam-counter, bus: pins, line: 17, options: { innerLine: 27 } }`,
    '8:63 devices.ways.options | motion is at line 27 of pins too | give each a line of its own',
  ],
  [
    'that names its own line twice',
    `devices:
  ways: { driver: beam-counter, bus: pins, line: 17, options: { innerLine: 17 } }`,
    '7:50 devices.ways.line | beam-counter needs different lines, and has 17 of pins twice | give each a line of its own',
  ],
  [
    'beside a part that needs the line for itself',
    `devices:
  dust: { driver: sds011, bus: rs485 }
  meter: { driver: eastron-sdm, bus: rs485, options: { model: sdm630 } }`,
    '8:38 devices.meter.bus | dust is on rs485 too, and sds011 needs a serial line for itself | give each a bus of its own',
  ],
  [
    'that needs for itself what another is on',
    `devices:
  meter: { driver: eastron-sdm, bus: rs485, options: { model: sdm630 } }
  dust: { driver: sds011, bus: rs485 }`,
    '8:32 devices.dust.bus | sds011 needs a serial line for itself, and meter is on rs485 too | give each a bus of its own',
  ],
];

describe('a config is refused for a device', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(`${BUSES}\n${yaml}\n`))).toEqual(told);
  });
});
