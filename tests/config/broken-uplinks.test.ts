import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
import { complaints, GATEWAY, parsed } from './told.ts';

/**
 * Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`.
 * The YAML stands below a gateway in line 1; there is a file here.txt.
 */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'without a url',
    `uplinks:
  city: {}`,
    '3:3 uplinks.city | "url" is missing | url: mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'with a name and a password in its url',
    `uplinks:
  city: { url: mqtts://village:geheim@mqtt.heihoek.example:8883 }`,
    '3:16 uplinks.city.url | should be an address without name and password, not "mqtts://**************@mqtt.heihoek.example:8883" | mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'with a password',
    `uplinks:
  city:
    url: mqtts://mqtt.heihoek.example:8883
    password: geheim`,
    '5:5 uplinks.city.password | "password" is not a key here | did you mean passwordFile?',
  ],
  [
    'with another scheme',
    `uplinks:
  city: { url: https://mqtt.heihoek.example }`,
    '3:16 uplinks.city.url | should be mqtt://host:1883 or mqtts://host:8883, not "https://mqtt.heihoek.example" | mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'with a path in its url',
    `uplinks:
  city: { url: mqtts://mqtt.heihoek.example:8883/feed }`,
    '3:16 uplinks.city.url | should be mqtt://host:1883 or mqtts://host:8883, not "mqtts://mqtt.heihoek.example:8883/feed" | mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'with a port that there is not',
    `uplinks:
  city: { url: mqtts://mqtt.heihoek.example:88830 }`,
    '3:16 uplinks.city.url | should be mqtt://host:1883 or mqtts://host:8883, not "mqtts://mqtt.heihoek.example:88830" | mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'with a protocol in quotes',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, protocol: '5' }`,
    '3:60 uplinks.city.protocol | should be 5 or 3.1.1, not "5" | without quotes: 5',
  ],
  [
    'with half a protocol',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, protocol: 3.1 }`,
    '3:60 uplinks.city.protocol | should be 5 or 3.1.1, not 3.1 | did you mean 3.1.1?',
  ],
  [
    'with a protocol that there is not',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, protocol: mqtt5 }`,
    '3:60 uplinks.city.protocol | should be 5 or 3.1.1, not "mqtt5" | MQTT version; 3.1.1 where the broker knows no better (NATS).',
  ],
  [
    'with a root of two segments',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, root: feed/v1 }`,
    '3:56 uplinks.city.root | should be a name of small letters, digits and hyphens, not "feed/v1" | did you mean feed-v1?',
  ],
  [
    'with nothing in flight',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, maxInFlight: 0 }`,
    `3:63 uplinks.city.maxInFlight | should be a whole number between 1 and 1000, not 0 | Messages under way at most; the broker's own limit counts too.`,
  ],
  [
    'with a device that there is not, beside one that is wrong itself',
    `devices:
  hall-air: { driver: sht4x, bus: hall, period: 30 }
  hall-meter: { driver: dsmr-p1, bus: hall }
uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, devices: [hall-air, hal-meter] }`,
    '3:49 devices.hall-air.period | should be a duration such as 500ms, 30s, 15min, 6h or 1d, not 30 | with its unit, such as 30s',
    '4:39 devices.hall-meter.bus | there is no bus called "hall" | declare it under buses:',
    '6:70 uplinks.city.devices.1 | there is no device called "hal-meter" | did you mean hall-meter?',
  ],
  [
    'with a device, though there are none',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, devices: [hall-air] }`,
    '3:60 uplinks.city.devices.0 | there is no device called "hall-air" | there are none',
  ],
  [
    'with one name where a list should be',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, quantities: pm25 }`,
    '3:62 uplinks.city.quantities | should be a list of names such as [hall-air, hall-meter], not "pm25" | The quantities that it is told of. Default: all.',
  ],
  [
    'with nothing to be told of',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, quantities: [] }`,
    '3:62 uplinks.city.quantities | should be a list of at least one name, not a list of 0 | The quantities that it is told of. Default: all.',
  ],
  [
    'with a quantity that there is not',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, quantities: [pm25, air_temprature, wibble] }`,
    '3:69 uplinks.city.quantities.1 | there is no quantity called "air_temprature" | did you mean air_temperature?',
    '3:85 uplinks.city.quantities.2 | there is no quantity called "wibble" | the README of each driver lists what it measures',
  ],
  [
    'with a rate without a unit',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, drainRate: 1000 }`,
    '3:61 uplinks.city.drainRate | should be a rate such as 64kbit/s, 2Mbit/s, 2000readings/s, or unlimited, not 1000 | with its unit, such as 1000kbit/s',
  ],
  [
    'with a rate in another notation',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, drainRate: 2 Mbps }`,
    '3:61 uplinks.city.drainRate | should be a rate such as 64kbit/s, 2Mbit/s, 2000readings/s, or unlimited, not "2 Mbps" | did you mean 2Mbit/s?',
  ],
  [
    'with a rate at which a backlog never ends',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, drainRate: 0kbit/s }`,
    '3:61 uplinks.city.drainRate | should be a rate such as 64kbit/s, 2Mbit/s, 2000readings/s, or unlimited, not "0kbit/s" | How fast a backlog is told, beside what is new.',
  ],
  [
    'with times without a unit, or too long',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, drainDelay: 2h, refusedFor: 60d, keepalive: 30 }`,
    '3:62 uplinks.city.drainDelay | should be a duration between 0s and 1h, not "2h" | A backlog begins after a random time up to this: a village does not come back all at once.',
    '3:78 uplinks.city.refusedFor | should be a duration between 0s and 30d, not "60d" | What the platform refuses is told again for so long, then declared lost to it.',
    '3:94 uplinks.city.keepalive | should be a duration such as 500ms, 30s, 15min, 6h or 1d, not 30 | with its unit, such as 30s',
  ],
  [
    'with words that are none of its own',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, batches: gzip, canary: on }`,
    '3:59 uplinks.city.batches | should be one of backlog, deflate, never, not "gzip" | A backlog is told in batches of observations; deflate: compressed; never: one message for each, always.',
    '3:73 uplinks.city.canary | should be true or false, not "on" | write true',
  ],
  [
    'without a name for its password',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, protocol: 3.1.1, passwordFile: here.txt }`,
    '3:67 uplinks.city.passwordFile | MQTT 3.1.1 has no password without a user name | write username as well',
  ],
  [
    'with files that there are not',
    `uplinks:
  city:
    url: mqtts://mqtt.heihoek.example:8883
    username: village
    passwordFile: no-password.txt
    caFile: /no/ca.pem`,
    '6:19 uplinks.city.passwordFile | there is no file DIR/no-password.txt that may be read | put it there, or correct the path; it is relative to this file',
    '7:13 uplinks.city.caFile | there is no file /no/ca.pem that may be read | put it there, or correct the path; it is relative to this file',
  ],
  [
    'with a directory for a file',
    `uplinks:
  city: { url: mqtts://mqtt.heihoek.example:8883, caFile: / }`,
    '3:59 uplinks.city.caFile | there is no file / that may be read | put it there, or correct the path; it is relative to this file',
  ],
  [
    'with a certificate without its key',
    `uplinks:
  city: { url: mqtts://mqtt.heihoek.example:8883, certificateFile: here.txt }`,
    '3:51 uplinks.city.certificateFile | "certificateFile" is of no use without "keyFile" | write keyFile as well',
  ],
  [
    'with certificates, but without TLS',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883, caFile: here.txt }`,
    '3:16 uplinks.city.url | mqtt:// is without TLS, so caFile would not be used | write mqtts:// and the TLS port, usually 8883',
  ],
  [
    'that a broker takes for another',
    `uplinks:
  city: { url: mqtt://mqtt.heihoek.example:1883 }
  region: { url: mqtt://mqtt.heihoek.example:1883, root: region }`,
    '4:3 uplinks.region.clientId | city tells the same broker the same client id, village | give one of them a clientId of its own',
  ],
];

describe('a config is refused for an uplink', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'here.txt'), '');
    const complained = complaints(() => parsed(`${GATEWAY}\n${yaml}\n`, join(directory, 'village.yaml')));
    expect(complained.map((line) => line.replace(directory, 'DIR'))).toEqual(told);
  });
});
