// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so a config has it
import { describe, expect, it } from 'vitest';
import { writtenIn } from '../../src/config/includes.ts';
import { configIn } from '../../src/config/load.ts';
import { known } from '../support/every-driver.ts';
import { complaints, GATEWAY } from './told.ts';

const HERE = { HOST: 'mqtt.heihoek.example', NAME: 'heihoek', PERIOD: '5s', SPACE: '0x45', YES: 'true', N: '7' };

/** The config in a text, where the environment holds `variables`. */
function parsed(text: string, variables: Readonly<Record<string, string>> = HERE) {
  return configIn(writtenIn('village.yaml', text, variables), known());
}

const BUS = 'buses: { hall: { kind: i2c, path: /dev/i2c-1 } }';
const SET = (name: string) =>
  `set it where dorpel is started: export ${name}=…, or in the service Environment=${name}=…`;

describe('a value from the environment', () => {
  it('stands wherever a value can, in parts, in quotes, as a number or as yes or no', () => {
    const { gateway, devices, uplinks } = parsed(
      `
gateway: { id: village, owner: "\${NAME}" }
${BUS}
devices:
  air:
    driver: sht4x
    bus: hall
    address: \${SPACE}
    period: \${PERIOD}
uplinks:
  city:
    url: mqtts://\${HOST}:8883
    clientId: "\${NAME}-\${N}"
    username: "\${N}"
    canary: \${YES}`,
    );
    expect(gateway.owner).toBe('heihoek');
    expect(devices[0]).toMatchObject({ address: 0x45, periodMs: 5000 });
    expect(uplinks[0]).toMatchObject({
      url: 'mqtts://mqtt.heihoek.example:8883',
      clientId: 'heihoek-7',
      username: '7',
      canary: true,
    });
  });

  it('is left alone behind a second dollar, and without braces', () => {
    const text = `${GATEWAY}\nuplinks: { city: { url: mqtt://host, username: "$HOST $\${HOST} $5" } }`;
    expect(parsed(text).uplinks[0]?.username).toBe('$HOST ${HOST} $5');
  });

  it('is never filled in for a key', () => {
    const text = `${GATEWAY}\nbuses:\n  "\${NAME}": { kind: i2c, path: /dev/i2c-1 }`;
    expect(complaints(() => parsed(text))).toEqual([
      '3:3 buses.${NAME} | "${NAME}" should be a name of small letters, digits and hyphens | did you mean name?',
    ]);
  });
});

/** Each row: what is wrong, the YAML below a gateway and a bus, and all that must be told. */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'variables that are not set, all at once and beside other mistakes',
    'uplinks: { city: { url: "mqtt://${GONE}", username: "${AWAY}", clientid: x } }',
    `3:25 uplinks.city.url | the environment has no GONE | ${SET('GONE')}`,
    `3:53 uplinks.city.username | the environment has no AWAY | ${SET('AWAY')}`,
    '3:64 uplinks.city.clientid | "clientid" is not a key here | did you mean clientId?',
  ],
  [
    'a brace without a name',
    'devices: { air: { driver: sht4x, bus: "${}" } }',
    '3:39 devices.air.bus | behind "$" the braces should hold a name of letters, digits and _ | write $$ where a plain $ is meant before a brace',
  ],
  [
    'a brace inside braces, without quotes',
    'devices: { air: { driver: sht4x, bus: ${NAME}, perod: 5s } }',
    '3:39 | ${NAME} stands inside { } or [ ], where it needs quotes | the whole value in quotes, such as "${NAME}"; a number on a line of its own',
  ],
  [
    'a value that is wrong, without telling it',
    'uplinks: { city: { url: "${HOST}" } }',
    '3:25 uplinks.city.url | should be mqtt://host:1883 or mqtts://host:8883, and what the environment gives is not | mqtt://host:1883, or mqtts://host:8883 for TLS. Name and password go to username and passwordFile.',
  ],
  [
    'a name that nothing has, without telling it',
    'devices: { air: { driver: "${HOST}", bus: hall }, attic: { driver: sht4x, bus: "${NAME}" } }',
    `3:27 devices.air.driver | there is no driver called "\${HOST}" | drivers: ${known().names.join(', ')}`,
    '3:80 devices.attic.bus | there is no bus called "${NAME}" | buses: hall',
  ],
];

describe('a config is refused for the environment', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(`${GATEWAY}\n${BUS}\n${yaml}\n`))).toEqual(told);
  });
});
