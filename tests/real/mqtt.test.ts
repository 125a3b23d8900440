import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareBroker, retainedState, startBroker, subscribe } from '../support/broker.ts';
import { isWhole, observationsIn } from '../support/capture.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { judged } from '../support/feed.ts';
import { logged, runGateway } from '../support/gateway.ts';
import { describeWith, pathOf } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startMeters } from './meters.ts';

describeWith(['socat', 'mosquitto', 'mosquitto_sub', 'openssl'], 'a mosquitto', () => {
  describe.each([5, '3.1.1'] as const)('over MQTT %s', (protocol) => {
    it('is told everything, though it comes late and falls over half-way', { timeout: 240_000 }, async () => {
      const [meters, broker] = await Promise.all([startMeters(), startBroker()]);
      // The broker keeps a session for the subscriber, so that nothing it takes is told to nobody.
      const feed = await subscribe(broker.port);
      await broker.end('SIGTERM');
      const config = meters.config(temporaryDirectory(), { url: `mqtt://127.0.0.1:${broker.port}`, protocol });
      const first = runGateway(config);
      const told = () => observationsIn(feed.received).length;
      const [line] = meters.lines;
      const meterSays = async (times: number) => {
        const since = line.spoken;
        await until(`${times} telegrams`, () => line.spoken >= since + times);
      };

      await Promise.all([first.line(/ code=uplink-unreachable /), first.line(/ code=device-started .*device=left /)]);
      await meterSays(12);
      expect(told()).toBe(0);
      await broker.start();
      await until('what was kept is told', () => told() >= 8);

      // What is under way when it falls over has not been answered.
      broker.freeze();
      await meterSays(8);
      await broker.end('SIGKILL');
      await first.line(/ code=uplink-lost /);
      await meterSays(8);
      const before = told();
      await broker.start();
      // The broker itself still has something for its subscriber: that alone does not show that the gateway is back.
      await until('the gateway is back', () => logged(first, 'uplink-connected').length === 2);
      await until('what was kept meanwhile is told', () => told() >= before + 6);
      expect(logged(first, 'uplink-unreachable').length, 'one line, not one per attempt').toBeLessThanOrEqual(2);

      expect(await first.end('SIGTERM')).toBe(0);
      const { heads = {} } = await retainedState(broker.port, ({ online }) => !online);
      expect(Object.keys(heads).toSorted()).toEqual(['left', 'right']);
      runGateway(config);
      await until('every number up to the heads has come', () => isWhole(feed.received, heads));
      expect(judged(feed.received)).toEqual([]);
    });

    it('lets in a gateway with a certificate, over TLS', { timeout: 120_000 }, async () => {
      const authority = certificateAuthority();
      const { uplink, broker, feed } = await startTlsBroker(authority);
      const meters = await startMeters();
      const url = `mqtts://127.0.0.1:${broker.port}`;
      runGateway(meters.config(temporaryDirectory(), { url, protocol, ...uplink }));
      await until('observations come', () => observationsIn(feed.received).length >= 4);
      expect(judged(feed.received)).toEqual([]);
    });

    it('keeps out a gateway with a wrong password until its file is put right', { timeout: 120_000 }, async () => {
      const folder = temporaryDirectory();
      const passwords = join(folder, 'passwords');
      execFileSync(pathOf('mosquitto_passwd'), ['-b', '-c', passwords, 'gw', 'opened-sesame'], { stdio: 'pipe' });
      execFileSync(pathOf('mosquitto_passwd'), ['-b', passwords, 'reader', 'reader'], { stdio: 'pipe' });
      const passwordFile = join(folder, 'password');
      writeFileSync(passwordFile, 'open-barley\n');
      const [meters, broker] = await Promise.all([
        startMeters(),
        startBroker(['allow_anonymous false', `password_file ${passwords}`]),
      ]);
      const feed = await subscribe(broker.port, ['-u', 'reader', '-P', 'reader']);
      const uplink = { url: `mqtt://127.0.0.1:${broker.port}`, protocol, username: 'gw', passwordFile };
      const gateway = runGateway(meters.config(folder, uplink));

      expect(await gateway.line(/ code=uplink-unreachable /)).toContain('check username and passwordFile');
      await gateway.line(/ code=device-started /);
      expect(feed.received).toEqual([]);
      writeFileSync(passwordFile, 'opened-sesame\n');
      await until('what was kept is told', () => observationsIn(feed.received).length >= 4);
      expect(judged(feed.received)).toEqual([]);
      expect(gateway.output, 'no password in the log').not.toMatch(/barley|sesame/);
    });
  });

  it('that asks for a certificate is told nothing by a gateway without one', { timeout: 120_000 }, async () => {
    const { uplink, broker, feed } = await startTlsBroker(certificateAuthority());
    const meters = await startMeters();
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const gateway = runGateway(meters.config(temporaryDirectory(), { url, caFile: uplink.caFile }));
    await gateway.line(/ code=uplink-(unreachable|lost) /);
    expect(feed.received).toEqual([]);
  });

  it('whose certificate another authority has signed is told nothing', { timeout: 120_000 }, async () => {
    const { uplink, broker, feed } = await startTlsBroker(certificateAuthority());
    const meters = await startMeters();
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const caFile = certificateAuthority().certificate;
    const gateway = runGateway(meters.config(temporaryDirectory(), { url, ...uplink, caFile }));
    expect(await gateway.line(/ code=uplink-unreachable /)).toContain('set caFile');
    expect(feed.received).toEqual([]);
  });
});

/** A broker that asks for certificates of `authority`, a subscriber who has one, and the files of a gateway. */
async function startTlsBroker(authority: ReturnType<typeof certificateAuthority>) {
  const [server, gateway, reader] = ['server', 'gateway', 'reader'].map((name) => authority.sign(name));
  const broker = await prepareBroker([
    'allow_anonymous true',
    `cafile ${authority.certificate}`,
    `certfile ${server?.certificate}`,
    `keyfile ${server?.key}`,
    'require_certificate true',
  ]);
  await broker.start();
  const trust = ['--cafile', authority.certificate, '--cert', `${reader?.certificate}`, '--key', `${reader?.key}`];
  const feed = await subscribe(broker.port, trust);
  const uplink = { caFile: authority.certificate, certificateFile: gateway?.certificate, keyFile: gateway?.key };
  return { broker, feed, uplink };
}
