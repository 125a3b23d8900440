import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type MqttUplinkOptions, mqttUplink } from '../../src/uplink/mqtt-uplink.ts';
import { successor } from '../../src/uplink/renewal.ts';
import { type Message, type Session, UplinkError } from '../../src/uplink/uplink.ts';
import { startBroker, subscribe } from '../support/broker.ts';
import { type Certificate, certificateAuthority } from '../support/certificates.ts';
import { PUBLISH } from '../support/mqtt-frames.ts';
import { describeWith } from '../support/programs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const clock = systemClock(() => 'ntp');
const never = new AbortController().signal;
const message = (topic: string, payload = 'x'): Message => {
  return { topic: `feed/${topic}`, payload, isRetained: false, contentType: 'text/plain' };
};
const will = message('state', 'gone');

/** An uplink to this port. */
function uplinkTo(port: number, options: Partial<MqttUplinkOptions> = {}) {
  const url = `mqtt://127.0.0.1:${port}`;
  return mqttUplink({ name: 'city', url, protocol: 5, clientId: 'gw', keepaliveSeconds: 1, ...options }, clock);
}

/** A session that the test ends. */
async function sessionOf(connecting: Promise<Session>): Promise<Session> {
  const session = await connecting;
  onTestFinished(() => session.drop());
  return session;
}

/** Why a session was lost, when it is. */
async function lossOf({ lost }: Session): Promise<UplinkError> {
  await until('the session is lost', () => lost.aborted);
  expect(lost.reason).toBeInstanceOf(UplinkError);
  return lost.reason as UplinkError;
}

/** The error that an attempt ends with. */
async function refusalOf(attempt: Promise<unknown>): Promise<UplinkError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UplinkError);
  return error as UplinkError;
}

describeWith(['mosquitto', 'mosquitto_sub'], 'a session', () => {
  it('on a line that has gone half-open is lost after one and a half keepalives', async () => {
    const broker = await startBroker();
    const proxy = await TcpProxy.to(broker.port);
    const session = await sessionOf(uplinkTo(proxy.port).connect(will, never));
    expect(await session.publish(message('a'))).toEqual({ kind: 'accepted' });
    proxy.goHalfOpen();
    const unanswered = session.publish(message('b'));
    expect(await lossOf(session)).toMatchObject({ hint: expect.stringMatching(/line is dead/) });
    expect(await unanswered).toEqual({ kind: 'unavailable' });
  });

  it('with a broker that acknowledges nothing is lost, though it answers every ping', async () => {
    const broker = await startBroker();
    const proxy = await TcpProxy.to(broker.port);
    const session = await sessionOf(uplinkTo(proxy.port).connect(will, never));
    proxy.withhold(4);
    const unanswered = session.publish(message('a'));
    const loss = await lossOf(session);
    expect(loss.message).toMatch(/nothing was acknowledged for 2\.25 s/);
    // Else three of these would be taken for a twin.
    expect(loss.cause).toBeDefined();
    expect(await unanswered).toEqual({ kind: 'unavailable' });
    expect(proxy.packets.filter(({ type }) => type === 13).length, 'pings were answered').toBeGreaterThan(0);
  });

  it('never sends what is larger than the broker takes, refuses it, and goes on', async () => {
    const broker = await startBroker(['allow_anonymous true', 'max_packet_size 2000']);
    const proxy = await TcpProxy.to(broker.port);
    const session = await sessionOf(uplinkTo(proxy.port).connect(will, never));
    const outcome = await session.publish(message('a', 'x'.repeat(2000)));
    expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/^0x95 .*2000/), fault: 'size' });
    // Its own bytes: 23 beside a topic of six letters.
    const largest = 2000 - 'feed/a'.length - 23;
    expect(await session.publish(message('a', 'x'.repeat(largest)))).toEqual({ kind: 'accepted' });
    expect(await session.publish(message('a', 'x'.repeat(largest + 1)))).toMatchObject({ fault: 'size' });
    expect(session.lost.aborted).toBe(false);
    const sent = proxy.packets.filter(({ from, type }) => from === 'gateway' && type === PUBLISH);
    expect(sent.map(({ sizeBytes }) => sizeBytes)).toEqual([2000]);
  });

  it('over MQTT 3.1.1 is proved by its own message, which comes back only where the access list allows it', async () => {
    const acl = join(temporaryDirectory(), 'acl');
    writeFileSync(acl, 'user gw\ntopic read feed/#\n');
    const broker = await startBroker(['allow_anonymous true', `acl_file ${acl}`]);
    const uplink = uplinkTo(broker.port, { protocol: '3.1.1', username: 'gw' });
    const refused = await sessionOf(uplink.connect(will, never));
    expect(await refused.publish(message('state')), 'this is why').toEqual({ kind: 'accepted' });
    const error = await refusalOf(refused.prove?.(message('state', '1'), never) ?? Promise.resolve());
    expect(error).toMatchObject({ hint: expect.stringContaining('feed/'), cause: expect.any(Error) });
    expect(refused.lost.reason).toBe(error);

    writeFileSync(acl, 'user gw\ntopic readwrite feed/#\n');
    broker.reload();
    const allowed = await sessionOf(uplink.connect(will, never));
    for (const payload of ['2', '3']) await allowed.prove?.(message('state', payload), never);
    expect(allowed.lost.aborted).toBe(false);

    const modern = await sessionOf(uplinkTo(broker.port, { clientId: 'modern' }).connect(will, never));
    expect(modern.prove, 'MQTT 5 says what it refuses').toBeUndefined();
    const trusting = uplinkTo(broker.port, { clientId: 'trusting', protocol: '3.1.1', canary: false });
    expect((await sessionOf(trusting.connect(will, never))).prove).toBeUndefined();
  });

  it('that is to be proved can be left at any time, and lost', async () => {
    const acl = join(temporaryDirectory(), 'acl');
    writeFileSync(acl, 'topic read feed/#\n');
    const broker = await startBroker(['allow_anonymous true', `acl_file ${acl}`]);
    const uplink = uplinkTo(broker.port, { protocol: '3.1.1', keepaliveSeconds: 60 });
    const session = await sessionOf(uplink.connect(will, never));
    const stop = new AbortController();
    const proof = session.prove?.(message('state'), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(proof).rejects.toThrow('stopped');
    expect(session.lost.aborted).toBe(false);
    const second = session.prove?.(message('state', '2'), never);
    const settled = expect(second).rejects.toBeInstanceOf(UplinkError);
    await broker.end('SIGKILL');
    await settled;
  });
});

describeWith(['mosquitto', 'mosquitto_sub', 'openssl'], 'a certificate that is renewed on disk', () => {
  it('is seen within a minute, said once where it does not work, and gone on with where it does', async () => {
    const { uplink, put, better, expired } = await renewing(5);
    const minutes = new VirtualClock();
    const failures: UplinkError[] = [];
    const session = await sessionOf(uplink.connect(will, never));
    const failed = (error: UplinkError) => void failures.push(error);
    const next = successor({ uplink, session, clock: minutes, will: () => will, failed }, never);
    put(expired);
    await minutes.advance(60_000);
    await until('that is said', () => failures.length > 0);
    await minutes.advance(600_000);
    expect(failures.map(({ hint }) => hint)).toEqual([expect.stringMatching(/refuses certificateFile/)]);
    expect(await session.publish(message('a')), 'the old one stands').toEqual({ kind: 'accepted' });
    put(better);
    await minutes.advance(60_000);
    const second = await sessionOf(next.then((found) => found ?? Promise.reject()));
    expect(second.fingerprint).toBe(uplink.renewal?.fingerprint());
    await until('the old one has gone', () => session.lost.aborted);
    expect(await second.publish(message('b'))).toEqual({ kind: 'accepted' });
  });

  describe.each([5, '3.1.1'] as const)('over MQTT %s', (protocol) => {
    it('is taken by a new session while the old one stands; a bad one leaves the old one alone', async () => {
      const { uplink, put, subscriber, good, better, expired } = await renewing(protocol);
      const first = await sessionOf(uplink.connect(will, never));
      expect(uplink.renewal?.fingerprint()).toBe(first.fingerprint);

      put(expired);
      expect(uplink.renewal?.fingerprint()).not.toBe(first.fingerprint);
      const error = await refusalOf(renew(uplink));
      expect(error.hint).toMatch(/refuses certificateFile/);
      expect(await first.publish(message('a')), 'the old one stands').toEqual({ kind: 'accepted' });

      put(better);
      const second = await sessionOf(renew(uplink));
      expect(second.fingerprint).toBe(uplink.renewal?.fingerprint());
      // The broker ended it: that is no twin.
      expect(await lossOf(first)).toMatchObject({ leaveAloneMs: 0, hint: '' });
      expect(await second.publish(message('b'))).toEqual({ kind: 'accepted' });

      put(good);
      const third = await sessionOf(renew(uplink));
      expect(await third.publish(message('c'))).toEqual({ kind: 'accepted' });
      await until('all of it came', () => ['a', 'b', 'c'].every((name) => topics(subscriber).includes(`feed/${name}`)));
    });

    it('and does not work is not all there is: what has connected before has every other turn', async () => {
      const { uplink, put, better, expired } = await renewing(protocol);
      (await sessionOf(uplink.connect(will, never))).drop();
      put(expired);
      expect((await refusalOf(uplink.connect(will, never))).hint).toMatch(/refuses certificateFile/);
      const fallen = await sessionOf(uplink.connect(will, never));
      expect(fallen.fingerprint, 'so the forwarder sees that there is something to renew').not.toBe(
        uplink.renewal?.fingerprint(),
      );
      fallen.drop();
      await refusalOf(uplink.connect(will, never));
      put({ ...better, key: expired.key });
      expect((await refusalOf(uplink.connect(will, never))).hint).toMatch(/do not belong together/);
      (await sessionOf(uplink.connect(will, never))).drop();
      put(better);
      expect((await sessionOf(uplink.connect(will, never))).fingerprint).toBe(uplink.renewal?.fingerprint());
    });
  });
});

const topics = ({ received }: Awaited<ReturnType<typeof subscribe>>) => received.map(({ topic }) => topic);
const renew = ({ renewal }: ReturnType<typeof mqttUplink>) => renewal?.connect(will, never) ?? Promise.reject();

/** A broker that asks for certificates, an uplink whose files can be replaced, and certificates for it. */
async function renewing(protocol: 5 | '3.1.1') {
  const authority = certificateAuthority();
  const [server, reader, good, better] = (['server', 'reader', 'good', 'better'] as const).map((name) =>
    authority.sign(name),
  ) as [Certificate, Certificate, Certificate, Certificate];
  const expired = authority.sign('expired', { fromDays: -3, untilDays: -1 });
  const tls = [`cafile ${authority.certificate}`, `certfile ${server.certificate}`, `keyfile ${server.key}`];
  const broker = await startBroker(['allow_anonymous true', ...tls, 'require_certificate true']);
  const trust = ['--cafile', authority.certificate, '--cert', reader.certificate, '--key', reader.key];
  const subscriber = await subscribe(broker.port, trust);
  const folder = temporaryDirectory();
  const files = { certificateFile: join(folder, 'gateway.pem'), keyFile: join(folder, 'gateway.key') };
  const put = ({ certificate, key }: Certificate) => {
    copyFileSync(certificate, files.certificateFile);
    copyFileSync(key, files.keyFile);
  };
  put(good);
  const options = { protocol, url: `mqtts://127.0.0.1:${broker.port}`, caFile: authority.certificate, ...files };
  return { uplink: uplinkTo(broker.port, options), put, subscriber, good, better, expired };
}
