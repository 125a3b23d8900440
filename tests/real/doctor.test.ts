import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Found } from '../../src/doctor/check.ts';
import { startBroker, subscribe } from '../support/broker.ts';
import { statesIn } from '../support/capture.ts';
import { certificateAuthority, type Terms } from '../support/certificates.ts';
import { dorpel, writeConfig } from '../support/gateway.ts';
import { describeWith, pathOf } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const STATE = 'feed/v1/heihoek/gw/-/state';

/** What the doctor says of the uplink `city` of a config, in lines of verdict, what and hint. */
async function lookAt(uplink: object, folder = temporaryDirectory()) {
  const hall = { buses: { one: { kind: 'i2c', path: '/dev/i2c-1' } }, devices: {} };
  const config = writeConfig(folder, { ...hall, uplinks: { city: uplink } });
  const asked = dorpel('doctor', '--json', '--config', config);
  const code = await asked.exit;
  const { found } = JSON.parse(asked.output) as { found: readonly Found[] };
  const of = found.filter(({ subject }) => subject.includes('city'));
  return { code, found: of.map(({ verdict, what, hint = '' }) => `${verdict}: ${what} → ${hint}`) };
}

/** A broker with TLS whose certificate is as `terms` say. */
async function secured(terms: Terms = {}, ca = certificateAuthority()) {
  const { certificate, key } = ca.sign('broker', terms);
  const settings = ['allow_anonymous true', `certfile ${certificate}`, `keyfile ${key}`];
  const { port } = await startBroker(settings);
  return { ca, uplink: { url: `mqtts://127.0.0.1:${port}`, caFile: ca.certificate } };
}

describeWith(['mosquitto', 'openssl'], 'the doctor at a broker’s certificate', () => {
  it('says from when to when it is valid', async () => {
    const { uplink } = await secured({ untilDays: 90.5 });
    const { found } = await lookAt(uplink);
    expect(found.join('\n')).toMatch(/^ok: 127\.0\.0\.1 is 127\.0\.0\.1; port \d+ answers/m);
    expect(found.join('\n')).toMatch(/^ok: certificate of broker, by Test CA: valid from .* 90 days left/m);
    expect(found.filter((line) => line.startsWith('wrong'))).toEqual([]);
  });

  it.each<[string, Terms, RegExp]>([
    [
      'is over',
      { fromDays: -3, untilDays: -1 },
      /^wrong: certificate of broker.*: expired on .*here it is .*timedatectl/m,
    ],
    [
      'is for later',
      { fromDays: 1, untilDays: 3 },
      /^wrong: certificate of broker.*: valid from .* only; .*is the clock right/m,
    ],
    ['ends soon', { untilDays: 3 }, /^warning: certificate of broker.*renew it in time/m],
    [
      'is for another',
      { where: 'DNS:other.example' },
      /^wrong: its certificate is for DNS:other\.example, not for 127\.0\.0\.1/m,
    ],
  ])('that %s', async (_what, terms, line) => {
    const { uplink } = await secured(terms);
    const { code, found } = await lookAt(uplink);
    expect(found.join('\n')).toMatch(line);
    expect(code).toBe(1);
  });

  it('that nobody here knows', async () => {
    const { uplink } = await secured();
    const { found } = await lookAt({ ...uplink, caFile: certificateAuthority().certificate });
    expect(found.join('\n')).toMatch(
      /^wrong: its certificate is not believed: Test CA is not an authority .* → set caFile/m,
    );
    // What is not believed is told nothing: no login was tried.
    expect(found.join('\n')).not.toContain('lets us in');
  });

  it('and at our own: over, and with another’s key', async () => {
    const { ca, uplink } = await secured();
    const old = ca.sign('old', { fromDays: -3, untilDays: -1 });
    const mine = { ...uplink, certificateFile: old.certificate, keyFile: ca.sign('other').key };
    const { found } = await lookAt(mine);
    expect(found.join('\n')).toMatch(/^wrong: CN=old, by CN=Test CA: expired on/m);
    expect(found.join('\n')).toMatch(/^wrong: certificateFile and keyFile do not belong together/m);
  });
});

/** A broker that knows one user, who may read the state but write only what `rules` allow. */
async function guarded(rules: readonly string[]) {
  const folder = temporaryDirectory();
  const [passwords, access, passwordFile] = [join(folder, 'passwd'), join(folder, 'acl'), join(folder, 'password')];
  execFileSync(pathOf('mosquitto_passwd'), ['-b', '-c', passwords, 'gw', 'right'], { stdio: 'pipe' });
  writeFileSync(access, ['user gw', `topic read ${STATE}`, ...rules, ''].join('\n'));
  chmodSync(access, 0o600);
  writeFileSync(passwordFile, 'right\n');
  const broker = await startBroker(['allow_anonymous false', `password_file ${passwords}`, `acl_file ${access}`]);
  return {
    broker,
    access,
    passwordFile,
    uplink: { url: `mqtt://127.0.0.1:${broker.port}`, username: 'gw', passwordFile },
  };
}

describeWith(['mosquitto', 'mosquitto_sub'], 'the doctor at a broker’s door', () => {
  it('says that the password is wrong', async () => {
    const { uplink, passwordFile } = await guarded(['topic write feed/#']);
    writeFileSync(passwordFile, 'wrong\n');
    const { code, found } = await lookAt(uplink);
    expect(found.join('\n')).toMatch(/^wrong: city .*→ check username and passwordFile/m);
    expect(code).toBe(1);
  });

  it('says that nothing can be proved as long as the platform holds no state', async () => {
    const { uplink } = await guarded(['topic write feed/#']);
    const { found } = await lookAt(uplink);
    expect(found.join('\n')).toMatch(/^unknown: lets us in; whether it takes what we tell is unproved/m);
  });

  it.each([5, '3.1.1'])(
    'proves with the state that the platform holds whether it may write, over MQTT %s',
    {
      timeout: 60_000,
    },
    async (protocol) => {
      const { broker, access, uplink } = await guarded(['topic write feed/#']);
      const state = '{"v":1,"gw":"gw","online":false}';
      const publish = ['-p', `${broker.port}`, '-t', STATE, '-u', 'gw', '-P', 'right', '-q', '1'];
      execFileSync(pathOf('mosquitto_pub'), [...publish, '-r', '-m', state]);
      const { found } = await lookAt({ ...uplink, protocol });
      expect(found.join('\n')).toMatch(/^ok: lets us in and takes what we tell/m);
      writeFileSync(access, `user gw\ntopic read ${STATE}\n`);
      broker.reload();
      // mosquitto says nothing of having read it.
      await until('the broker allows no more', async () => {
        const after = await lookAt({ ...uplink, protocol });
        return /^wrong: lets us in, but not write/m.test(after.found.join('\n'));
      });
      const read = execFileSync(pathOf('mosquitto_sub'), [...publish.slice(0, -2), '-C', '1', '-W', '5'], {
        encoding: 'utf8',
      });
      expect(read.trim()).toBe(state);
    },
  );

  it('asks the gateway that runs, and never throws it out', { timeout: 60_000 }, async () => {
    const broker = await startBroker();
    const feed = await subscribe(broker.port);
    const folder = temporaryDirectory();
    const uplink = { url: `mqtt://127.0.0.1:${broker.port}` };
    const site = { buses: { one: { kind: 'i2c', path: '/dev/i2c-1' } }, devices: {}, uplinks: { city: uplink } };
    const gateway = dorpel('run', '--simulate', '--config', writeConfig(folder, site));
    await gateway.line(/code=uplink-connected/);
    const { found } = await lookAt(uplink, folder);
    expect(found.at(-1)).toMatch(/^ok: the gateway is connected and has told \d+/);
    // As a gateway whose socket nobody can find: it is seen by the lock on its outbox.
    rmSync(join(folder, 'data', 'control.sock'));
    const unseen = await lookAt(uplink, folder);
    expect(unseen.found.join('\n')).toMatch(/^unknown: login not tried: a gateway may be running/m);
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(gateway.output).not.toContain('uplink-lost');
    await until('the last word', () => statesIn(feed.received).at(-1)?.online === false);
  });
});
