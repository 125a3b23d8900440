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
    '6:19 uplinks.city.passwordFile | there is no file DIR/no-password.txt | put it there, or correct the path; it is relative to this file',
    '7:13 uplinks.city.caFile | there is no file /no/ca.pem | put it there, or correct the path; it is relative to this file',
  ],
  [
    'with a directory for a file',
    `uplinks:
  city: { url: mqtts://mqtt.heihoek.example:8883, caFile: / }`,
    '3:59 uplinks.city.caFile | there is no file / | put it there, or correct the path; it is relative to this file',
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
