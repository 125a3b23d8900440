import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { dorpelIn, writeConfig } from '../support/gateway.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** One secret for each place where one may lie; short enough for the name of a host. */
const CANARY = {
  password: 'kanarie-wachtwoord-1',
  key: 'kanarieSleutelRegelAbc2',
  comment: 'kanarie-opmerking-3',
  environment: 'kanarie-omgeving-4',
  yaml: 'kanarie-tekst-5',
  userinfo: 'kanarie-adres-6',
};

/** A secret as it might lie in a file: plain, in hexadecimal, in base64 of any phase, in a URL. */
function formsOf(secret: string): string[] {
  const phases = ['', 'x', 'xx'].map((before) => Buffer.from(`${before}${secret}`).toString('base64').slice(4, -4));
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...phases];
}

/** Every secret whose form stands anywhere in the archive. */
function leaked(archive: string): string[] {
  const text = gunzipSync(readFileSync(archive)).toString('latin1').toLowerCase();
  return Object.entries(CANARY).flatMap(([name, secret]) =>
    formsOf(secret).some((form) => text.includes(form.toLowerCase())) ? [name] : [],
  );
}

/** A folder with a journalctl that prints a log in which somebody has written the secrets. */
function talkingJournal(secrets: readonly string[]): string {
  const folder = temporaryDirectory();
  const said = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex').toUpperCase(),
    ...['', 'x', 'gw:'].map((before) => Buffer.from(`${before}${secret}`).toString('base64')),
  ]);
  const lines = ['a line of the journal', ...said, `password=${CANARY.comment}`].join('\n');
  writeFileSync(join(folder, 'journalctl'), `#!/bin/sh\ncat <<'END'\n${lines}\nEND\n`, { mode: 0o755 });
  return `${folder}${delimiter}${process.env['PATH']}`;
}

/** A folder with the files that a config names. */
function withSecrets(): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'keys'));
  const pem = `-----BEGIN PRIVATE KEY-----\n${CANARY.key}\n-----END PRIVATE KEY-----\n`;
  writeFileSync(join(folder, 'city.pass'), `${CANARY.password}\n`);
  writeFileSync(join(folder, 'keys', 'gw.key'), pem);
  writeFileSync(join(folder, 'gw.crt'), 'no secret');
  return folder;
}

it('an archive of a gateway that runs holds what it knows, and none of its secrets', { timeout: 60_000 }, async () => {
  const folder = withSecrets();
  const config = writeConfig(folder, {
    buses: { one: { kind: 'i2c', path: '/dev/i2c-1' } },
    devices: { hall: { driver: 'sht4x', bus: 'one', period: '1s' } },
    // The gateway itself says in its log that it does not find a host of that name.
    uplinks: {
      city: {
        url: `mqtts://${CANARY.password}.invalid`,
        username: 'gw',
        passwordFile: 'city.pass',
        certificateFile: 'gw.crt',
        keyFile: 'keys/gw.key',
      },
    },
  });
  writeFileSync(config, `${readFileSync(config, 'utf8')}# ${CANARY.comment}\n`);
  const env = {
    DORPEL_PASSWORD: CANARY.environment,
    PATH: talkingJournal([CANARY.password, CANARY.key, CANARY.environment]),
  };
  const gateway = dorpelIn(env, 'run', '--simulate', '--config', config);
  await gateway.line(/code=uplink-unreachable .*kanarie/);
  await gateway.line(/code=first-durable/);
  const archive = join(folder, 'bundle.tar.gz');
  const asked = dorpelIn(env, 'bundle', '--config', config, '--out', archive);
  expect(await asked.exit, asked.output).toBe(0);
  expect(leaked(archive)).toEqual([]);
  const text = gunzipSync(readFileSync(archive)).toString('utf8');
  // From each of its members something that only stands there.
  for (const part of [
    'a line of the journal',
    'code=first-durable',
    '"upSeconds"',
    '"verdict"',
    'passwordFile: city.pass',
    '/proc/meminfo',
  ])
    expect(text).toContain(part);
  expect(asked.output).toMatch(/names and places of your devices:\n {2}dorpel-bundle\/board\.txt/);
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const again = dorpelIn(env, 'bundle', '--config', config, '--out', archive);
  expect([await again.exit, again.output]).toEqual([2, expect.stringContaining('EEXIST')]);
});

it('of a gateway that does not run, with a config that is broken, neither', { timeout: 60_000 }, async () => {
  const folder = withSecrets();
  const config = join(folder, 'broken.yaml');
  const { yaml, userinfo, comment } = CANARY;
  const lines = [
    `gateway: { id: gw, owner: heihoek, password: ${yaml} } # ${comment}`,
    'uplinks:',
    `  city: { url: "mqtt://gw:${userinfo}@127.0.0.1:1", passwordFile: city.pass, keyFile: keys/gw.key }`,
    `  other: { url: "${yaml}" }`,
  ];
  writeFileSync(config, lines.join('\n'));
  const { comment: _, ...known } = CANARY;
  const env = { PATH: talkingJournal(Object.values(known)), MQTT_TOKEN: CANARY.environment };
  const archive = join(folder, 'bundle.tar.gz');
  const asked = dorpelIn(env, 'bundle', '--config', config, '--out', archive);
  expect(await asked.exit, asked.output).toBe(0);
  expect(leaked(archive)).toEqual([]);
  expect(gunzipSync(readFileSync(archive)).toString('utf8')).toContain(
    'uplinks:\n  city: { url: "mqtt://•••@127.0.0.1:1"',
  );
});

it('this test finds a secret inside a longer text in base64', () => {
  for (const secret of Object.values(CANARY)) {
    const text = Buffer.from(`gw:${secret}!`).toString('base64');
    expect(formsOf(secret).filter((form) => text.includes(form))).toHaveLength(1);
  }
});
