import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import { mqttUplink } from '../../src/uplink/mqtt-uplink.ts';
import { type Message, type Session, UplinkError } from '../../src/uplink/uplink.ts';
import { type Subscriber, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { judged } from '../support/feed.ts';
import { type Credentials, MunicipalBroker } from '../support/municipality.ts';
import { describeWith } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { runHall } from './hall.ts';

const clock = systemClock(() => 'ntp');
const never = new AbortController().signal;
const READER = 'reader.city';
const accepted = { kind: 'accepted' };
const denied = { kind: 'refused', reason: expect.stringMatching(/^0x87 /) };

const told = (topic: string, payload = 'x', isRetained = false): Message => {
  return { topic: `feed/v1/${topic}`, payload, isRetained, contentType: 'text/plain' };
};

/** One attempt to connect, as our uplink does it. */
function connecting(broker: MunicipalBroker, files: Partial<Credentials>, { clientId = 'gw', will = 'gw' } = {}) {
  const uplink = mqttUplink({ name: 'city', url: broker.url, protocol: 5, clientId, ...files }, clock);
  return uplink.connect(told(`heihoek/${will}/-/state`, 'gone', true), never);
}

/** A session of a name that the broker's authority has issued to. */
async function sessionOf(broker: MunicipalBroker, name: string, ways = {}): Promise<Session> {
  const session = await connecting(broker, broker.authority.of(name), { clientId: name, will: name, ...ways });
  onTestFinished(() => session.drop());
  return session;
}

/** The hint that an attempt ends with. */
async function refusal(attempt: Promise<Session>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof UplinkError)) throw new Error(`expected an UplinkError, got ${error}`);
  return error.hint;
}

/** Somebody who listens to everything, as far as the broker lets him. */
function listening(broker: MunicipalBroker, name: string): Promise<Subscriber> {
  const { caFile, certificateFile, keyFile } = broker.authority.of(name);
  return subscribe(broker.port, ['--cafile', caFile, '--cert', certificateFile, '--key', keyFile]);
}

const seenBy = ({ received }: Subscriber) => received.map(({ topic, payload }) => `${topic} ${payload}`);

describeWith(['mosquitto', 'mosquitto_sub', 'openssl'], 'the broker of a municipality', () => {
  it('takes the feed of a gateway with its certificate, and gives it to the platform', async () => {
    const broker = await MunicipalBroker.start('gw', READER);
    const platform = await listening(broker, READER);
    const { gateway, endWhole } = runHall({ city: { url: broker.url, ...broker.authority.of('gw') } });
    await gateway.line(/ code=uplink-connected /);
    await until('the platform is told', () => observationsIn(platform.received).length >= 4);
    await endWhole(platform);
    expect(judged(platform.received)).toEqual([]);
  });

  it('takes it from a gateway on MQTT 3.1.1, which must see its own state come back', async () => {
    const broker = await MunicipalBroker.start('gw', READER);
    const platform = await listening(broker, READER);
    const { endWhole } = runHall({ city: { url: broker.url, protocol: '3.1.1', ...broker.authority.of('gw') } });
    await until('the platform is told', () => observationsIn(platform.received).length >= 4);
    await endWhole(platform);
    expect(judged(platform.received)).toEqual([]);
  });

  it('denies a gateway every topic but its own, and says so', async () => {
    const broker = await MunicipalBroker.start('gw', 'gw-b', READER);
    const platform = await listening(broker, READER);
    const session = await sessionOf(broker, 'gw');
    const foreign = [
      'heihoek/gw-b/air/obs',
      'heihoek/gw-b/-/state',
      'asten/gw/air/obs',
      'heihoek/gwx/air/obs',
      'heihoek',
    ];
    for (const topic of foreign) expect(await session.publish(told(topic)), topic).toEqual(denied);
    expect(await session.publish(told('heihoek/gw/air/obs'))).toEqual(accepted);
    await until('the platform is told', () => platform.received.length > 0);
    expect(seenBy(platform)).toEqual(['feed/v1/heihoek/gw/air/obs x']);
  });

  it('says nothing for a gateway that vanishes with the Will of another', async () => {
    const broker = await MunicipalBroker.start('gw', 'gw-b', READER);
    const platform = await listening(broker, READER);
    const liar = await connecting(broker, broker.authority.of('gw'), { will: 'gw-b' });
    liar.drop();
    await broker.said(/gw.*(closed its connection|disconnect)/);
    const honest = await connecting(broker, broker.authority.of('gw'));
    honest.drop();
    await until('the honest Will', () => platform.received.length > 0);
    expect(seenBy(platform)).toEqual(['feed/v1/heihoek/gw/-/state gone']);
  });

  it('lets nobody in without a certificate of its authority for clients', async () => {
    const broker = await MunicipalBroker.start('gw');
    const { caFile } = broker.authority.of('gw');
    const stranger = certificateAuthority().sign('gw');
    const server = ['pem', 'key'].map((end) => `${broker.authority.folder}/broker/broker.${end}`);
    const withFiles = ([certificateFile = '', keyFile = '']: readonly string[]) =>
      refusal(connecting(broker, { caFile, certificateFile, keyFile }));
    expect(await refusal(connecting(broker, { caFile }))).toMatch(/asks for a certificate/);
    expect(await withFiles([stranger.certificate, stranger.key])).toMatch(/does not know the CA/);
    expect(await withFiles(server)).toMatch(/was not made for a client/);
  });

  it('shuts out who is revoked once it has the list, and nobody else; who is in stays until it is restarted', async () => {
    const broker = await MunicipalBroker.start('gw', 'gw-b');
    const standing = await sessionOf(broker, 'gw');
    broker.authority.run('revoke', 'gw');
    await broker.reload();
    await (await sessionOf(broker, 'gw-b')).end();
    expect(await standing.publish(told('heihoek/gw/air/obs'))).toEqual(accepted);
    expect(await refusal(connecting(broker, broker.authority.of('gw')))).toMatch(/was revoked/);
    await broker.restart();
    await until('the old session has ended', () => standing.lost.aborted);
    expect(await refusal(connecting(broker, broker.authority.of('gw')))).toMatch(/was revoked/);
    await (await sessionOf(broker, 'gw-b')).end();
  });

  it('knows a gateway by its certificate, whatever client id it gives', async () => {
    const broker = await MunicipalBroker.start('gw', 'gw-b');
    const victim = await sessionOf(broker, 'gw-b');
    const pretender = await sessionOf(broker, 'gw', { clientId: 'gw-b' });
    expect(await pretender.publish(told('heihoek/gw-b/air/obs'))).toEqual(denied);
    expect(await pretender.publish(told('heihoek/gw/air/obs'))).toEqual(accepted);
    expect(await victim.publish(told('heihoek/gw-b/air/obs'))).toEqual(accepted);
    expect(victim.lost.aborted).toBe(false);
  });

  it('lets a reader read only, and a gateway read nothing but its own state', async () => {
    const broker = await MunicipalBroker.start('gw', 'gw-b', READER);
    const [platform, curious] = [await listening(broker, READER), await listening(broker, 'gw-b')];
    const session = await sessionOf(broker, 'gw');
    await session.publish(told('heihoek/gw/air/obs'));
    await session.publish(told('heihoek/gw/-/state'));
    await until('the platform is told', () => platform.received.length === 2);
    await platform.end();
    const writing = await sessionOf(broker, READER, { will: 'gw' });
    for (const topic of ['heihoek/gw/air/obs', `heihoek/${READER}/air/obs`]) {
      expect(await writing.publish(told(topic)), topic).toEqual(denied);
    }
    expect(curious.received).toEqual([]);
  });

  it('keeps for a reader that is away more than mosquitto does by itself, over a restart too', async () => {
    const broker = await MunicipalBroker.start('gw', READER);
    await (await listening(broker, READER)).end();
    const many = Array.from({ length: 1500 }, (_, index) => `${index}`);
    const send = async (payloads: readonly string[]) => {
      const session = await sessionOf(broker, 'gw');
      for (const payload of payloads) await session.publish(told('heihoek/gw/air/obs', payload));
      await session.end();
    };
    await send(many.slice(0, 1200));
    await broker.restart();
    await send(many.slice(1200));
    const back = await listening(broker, READER);
    await until('everything comes', () => back.received.length >= many.length);
    expect(back.received.map(({ payload }) => payload)).toEqual(many);
  });
});
