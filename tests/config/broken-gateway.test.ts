import { describe, expect, it } from 'vitest';
import { complaints, parsed } from './told.ts';

/** Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`. */
const table: readonly (readonly [string, string, ...string[]])[] = [
  ['no gateway', 'buses: {}', '1:1 | "gateway" is missing | gateway: Which gateway this is; id and owner.'],
  [
    'a gateway with nothing below it',
    `gateway:
buses: {}`,
    '1:1 gateway | nothing stands behind "gateway:" | it needs id, owner',
  ],
  [
    'no id',
    `gateway:
  owner: heihoek`,
    '1:1 gateway | "id" is missing | id: The name of this gateway, unique with its owner.',
  ],
  [
    'a name with a capital and a space',
    'gateway: { id: Hall Air, owner: heihoek }',
    '1:16 gateway.id | should be a name of small letters, digits and hyphens, not "Hall Air" | did you mean hall-air?',
  ],
  [
    'a name that YAML takes for a number',
    'gateway: { id: 112, owner: heihoek }',
    `1:16 gateway.id | should be a name of small letters, digits and hyphens, not 112 | in quotes: '112'`,
  ],
  [
    'a name that is too long',
    'gateway: { id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, owner: heihoek }',
    '1:16 gateway.id | should be a name of at most 40 letters, not "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | The name of this gateway, unique with its owner.',
  ],
  [
    'a device that is called as the gateway itself',
    `gateway: { id: village, owner: heihoek, health: false }
buses: { one: { kind: i2c, path: /dev/i2c-1 } }
devices:
  gateway: { driver: sht4x, bus: one }`,
    '4:3 devices.gateway | gateway is what the gateway itself is called | give it another name, such as gateway-room',
  ],
  [
    'a look at itself that is too often',
    'gateway: { id: village, owner: heihoek, health: 1s }',
    '1:49 gateway.health | should be a duration such as 60s, or false, not "1s" | How often the gateway measures itself, as a device called gateway; false: never.',
  ],
  [
    'a look at itself that is switched off in words',
    'gateway: { id: village, owner: heihoek, health: off }',
    '1:49 gateway.health | should be a duration such as 60s, or false, not "off" | write false',
  ],
  [
    'metrics for a network',
    `gateway: { id: village, owner: heihoek }
metrics: { port: 9464, address: 0.0.0.0 }`,
    '2:24 metrics.address | "address" is not a key here | known here: port',
  ],
  [
    'metrics without a port',
    `gateway: { id: village, owner: heihoek }
metrics: {}`,
    '2:1 metrics | "port" is missing | port: The port, on 127.0.0.1 alone; 9464 is customary.',
  ],
  [
    'a latitude that is not on this globe',
    'gateway: { id: village, owner: heihoek, location: { latitude: 514.4, longitude: 5.5 } }',
    '1:63 gateway.location.latitude | should be a number between -90 and 90, not 514.4 | Degrees north, WGS84.',
  ],
  [
    'half a location',
    'gateway: { id: village, owner: heihoek, location: { latitude: 51.4 } }',
    '1:41 gateway.location | "longitude" is missing | longitude: Degrees east, WGS84.',
  ],
  [
    'yes for true',
    'gateway: { id: village, owner: heihoek, governance: { personalData: yes } }',
    '1:69 gateway.governance.personalData | should be true or false, not "yes" | write true',
  ],
  [
    'a day that is none',
    'gateway: { id: village, owner: heihoek, governance: { activeUntil: 31-12-2030 } }',
    '1:68 gateway.governance.activeUntil | should be a day such as 2030-12-31, not "31-12-2030" | The day on which the sensor is to be removed, YYYY-MM-DD.',
  ],
  [
    'an address without its scheme',
    'gateway: { id: village, owner: heihoek, governance: { privacyUrl: heihoek.example } }',
    '1:67 gateway.governance.privacyUrl | should be an address such as https://example.org/privacy, not "heihoek.example" | The privacy statement.',
  ],
];

describe('a config is refused for its gateway', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(yaml))).toEqual(told);
  });
});
