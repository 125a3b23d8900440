import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConnackPacket } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { type MqttUplinkOptions, mqttUplink } from '../../src/uplink/mqtt-uplink.ts';
import type { Message, Session } from '../../src/uplink/uplink.ts';
import { type Client, scriptedBroker } from '../support/scripted-broker.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const never = new AbortController().signal;
const message: Message = { topic: 'feed/a', payload: 'x', isRetained: false, contentType: 'text/plain' };
const letIn = (properties: IConnackPacket['properties'] = {}) =>
  ({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }) as const;

function uplinkTo(port: number, options: Partial<MqttUplinkOptions> = {}, clock = new VirtualClock()) {
  const url = `mqtt://127.0.0.1:${port}`;
  return mqttUplink({ name: 'city', url, protocol: 5, clientId: 'gw', ...options }, clock);
}

async function sessionOf(connecting: Promise<Session>): Promise<Session> {
  const session = await connecting;
  onTestFinished(() => session.drop());
  return session;
}

/** A broker that ends the older session when a newer one comes, and says so, as MQTT 5 has it. */
async function jealousBroker() {
  const clients: Client[] = [];
  return scriptedBroker((packet, client) => {
    if (packet.cmd !== 'connect') return;
    for (const other of clients.splice(0)) other.say({ cmd: 'disconnect', reasonCode: 0x8e });
    clients.push(client);
    client.say(letIn());
  });
}

describe('an uplink over MQTT 5', () => {
  it('keeps to what the broker takes at a time, and to MQTT’s own limit where it names none', async () => {
    const few = await scriptedBroker(
      (packet, { say }) => packet.cmd === 'connect' && say(letIn({ receiveMaximum: 1 })),
    );
    expect((await sessionOf(uplinkTo(few.port).connect(message, never))).maxInFlight).toBe(1);
    const many = await scriptedBroker((packet, { say }) => packet.cmd === 'connect' && say(letIn()));
    expect((await sessionOf(uplinkTo(many.port).connect(message, never))).maxInFlight).toBe(65_535);
  });

  it.each([
    [0x87, { kind: 'refused', reason: '0x87 Publish error: Not authorized' }],
    [0x97, { kind: 'refused', reason: '0x97 Publish error: Quota exceeded' }],
    [0x99, { kind: 'refused', reason: '0x99 Publish error: Payload format invalid', fault: 'content' }],
    [0x10, { kind: 'accepted' }],
    [0x00, { kind: 'accepted' }],
  ])('gives the answer %i of the broker', async (reasonCode, outcome) => {
    const { port } = await scriptedBroker((packet, { say }) => {
      if (packet.cmd === 'connect') say(letIn());
      if (packet.cmd === 'publish') say({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
    });
    const session = await sessionOf(uplinkTo(port).connect(message, never));
    expect(await session.publish(message)).toEqual(outcome);
  });

  it('gives a session up when nothing is acknowledged, however much is handed over meanwhile', async () => {
    const clock = new VirtualClock();
    let answers = 0;
    const { port } = await scriptedBroker((packet, { say }) => {
      if (packet.cmd === 'connect') say(letIn());
      if (packet.cmd === 'publish' && answers-- > 0) say({ cmd: 'puback', messageId: packet.messageId ?? 0 });
    });
    const session = await sessionOf(uplinkTo(port, {}, clock).connect(message, never));
    // Quiet for as long as you like, where nothing waits for an answer.
    await clock.advance(3_600_000);
    answers = 1;
    await session.publish(message);
    for (let times = 0; times < 3; times += 1) {
      void session.publish(message);
      await clock.advance(44_000);
    }
    expect(session.lost.aborted, 'after 132 s').toBe(false);
    await clock.advance(45_000);
    expect(session.lost.reason).toMatchObject({
      message: expect.stringContaining('nothing was acknowledged for 135 s'),
    });
  });

  it('takes a session that another has taken over for a twin’s, and leaves the broker alone', async () => {
    const { port } = await jealousBroker();
    const first = await sessionOf(uplinkTo(port).connect(message, never));
    await sessionOf(uplinkTo(port).connect(message, never));
    await until('the first is ended', () => first.lost.aborted);
    expect(first.lost.reason).toMatchObject({
      hint: expect.stringContaining('duplicate identity'),
      leaveAloneMs: 600_000,
    });
  });

  it('knows its own next session, which takes over with renewed credentials', async () => {
    const { port } = await jealousBroker();
    const passwordFile = join(temporaryDirectory(), 'password');
    writeFileSync(passwordFile, 'open-barley');
    const uplink = uplinkTo(port, { username: 'gw', passwordFile });
    const first = await sessionOf(uplink.connect(message, never));
    writeFileSync(passwordFile, 'opened-sesame');
    expect(uplink.renewal?.fingerprint()).not.toBe(first.fingerprint);
    const renewed = uplink.renewal?.connect(message, never) ?? Promise.reject();
    expect((await sessionOf(renewed)).fingerprint).toBe(uplink.renewal?.fingerprint());
    await until('the first is ended', () => first.lost.aborted);
    expect(first.lost.reason).toMatchObject({ hint: '', leaveAloneMs: 0 });
  });
});
