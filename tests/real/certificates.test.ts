import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Broker, type Subscriber, startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { type Authority, type Certificate, certificateAuthority } from '../support/certificates.ts';
import { judged } from '../support/feed.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith } from '../support/programs.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { runHall } from './hall.ts';

/** What is wrong, on whose side, and what a technician is told. */
interface Case {
  readonly name: string;
  readonly server?: (authority: Authority) => Certificate;
  readonly client?: (authority: Authority) => Certificate;
  /** The CA that the gateway is told to believe. */
  readonly ca?: () => Authority;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'their-expired',
    server: (authority) => authority.sign('old', { fromDays: -3, untilDays: -1 }),
    says: /certificate has expired.*whoever runs it must renew it/,
  },
  {
    name: 'their-early',
    server: (authority) => authority.sign('early', { fromDays: 1, untilDays: 3 }),
    says: /certificate is not yet valid.*is the clock right/,
  },
  {
    name: 'their-name',
    server: (authority) => authority.sign('elsewhere', { where: 'DNS:elsewhere.example' }),
    says: /certificate is for another name: check url/,
  },
  { name: 'their-ca', ca: () => certificateAuthority(), says: /set caFile to the CA that signed/ },
  {
    name: 'our-expired',
    client: (authority) => authority.sign('gateway', { fromDays: -3, untilDays: -1 }),
    says: /certificate expired.*refuses certificateFile.*openssl x509/,
  },
  {
    name: 'our-early',
    client: (authority) => authority.sign('gateway', { fromDays: 1, untilDays: 3 }),
    says: /refuses certificateFile; is the clock right/,
  },
  { name: 'our-ca', client: () => certificateAuthority().sign('gateway'), says: /does not know the CA that signed/ },
  {
    name: 'our-revoked',
    client: (authority) => authority.sign('revoked'),
    says: /certificate revoked.*put a new certificate there; no restart needed/,
  },
];

/** A broker, an uplink to it, and what puts the one thing right that is wrong between the two. */
interface Platform {
  readonly name: string;
  readonly feed: Subscriber;
  readonly uplink: object;
  putRight(): Promise<void>;
}

describeWith(['mosquitto', 'mosquitto_sub', 'openssl'], 'a gateway', () => {
  it('says what is wrong with a certificate, keeps everything, believes nobody, and goes on when it is put right', {
    timeout: 180_000,
  }, async () => {
    // Not even where its surroundings ask for it.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    onTestFinished(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    });
    const platforms: Platform[] = [];
    for (const one of cases) platforms.push(await platformOf(one));
    const uplinks = Object.fromEntries(platforms.map(({ name, uplink }) => [name, uplink]));
    const { gateway, endWhole } = runHall(uplinks);

    for (const { name, says } of cases) {
      expect(await gateway.line(new RegExp(`code=uplink-unreachable .*uplink=${name}\\b`))).toMatch(says);
    }
    await gateway.line(/ code=first-durable /);
    for (const { feed, name } of platforms) expect(feed.received, name).toEqual([]);

    await Promise.all(platforms.map((platform) => platform.putRight()));
    for (const { feed, name } of platforms) {
      await until(`${name} is told`, () => observationsIn(feed.received).length >= 4);
    }
    await endWhole(...platforms.map(({ feed }) => feed));
    for (const { feed, name } of platforms) expect(judged(feed.received), name).toEqual([]);
  });
});

async function platformOf({ name, server, client, ca }: Case): Promise<Platform> {
  const authority = certificateAuthority();
  const good = { server: authority.sign('server'), client: authority.sign('good') };
  const folder = temporaryDirectory();
  const put = (who: 'server' | 'client' | 'ca', { certificate, key }: Certificate) => {
    copyFileSync(certificate, join(folder, `${who}.pem`));
    copyFileSync(key, join(folder, `${who}.key`));
  };
  const revocable = client?.(authority) ?? good.client;
  put('server', server?.(authority) ?? good.server);
  put('client', revocable);
  put('ca', ca?.() ?? authority);

  const plain = await freePort();
  const list = name === 'our-revoked' ? [`crlfile ${authority.revoke(revocable)}`] : [];
  const files = [`certfile ${folder}/server.pem`, `keyfile ${folder}/server.key`, `cafile ${authority.certificate}`];
  const broker = await startBroker([
    ...['allow_anonymous true', ...files, 'require_certificate true', ...list],
    // Whoever looks on needs no certificate.
    `listener ${plain} 127.0.0.1`,
  ]);
  const uplink = {
    url: `mqtts://127.0.0.1:${broker.port}`,
    caFile: join(folder, 'ca.pem'),
    certificateFile: join(folder, 'client.pem'),
    keyFile: join(folder, 'client.key'),
  };
  const putRight = async () => {
    put('client', good.client);
    put('ca', authority);
    if (!server) return;
    put('server', good.server);
    await restart(broker);
  };
  return { name, feed: await subscribe(plain), uplink, putRight };
}

async function restart(broker: Broker): Promise<void> {
  await broker.end('SIGTERM');
  await broker.start();
}
