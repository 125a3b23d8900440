import { expect, it } from 'vitest';
import { startBroker, subscribe } from '../support/broker.ts';
import { observationsIn } from '../support/capture.ts';
import { startChild } from '../support/child.ts';
import { judged } from '../support/feed.ts';
import { logged } from '../support/gateway.ts';
import { PUBLISH } from '../support/mqtt-frames.ts';
import { describeWith, pathOf } from '../support/programs.ts';
import { TcpProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { type Feed, moreOf, runHall } from './hall.ts';

/** A broker, a subscriber who sees what it takes, and a line to it that can fail. */
async function startLine(settings?: readonly string[]) {
  const broker = await startBroker(settings);
  const [proxy, feed] = await Promise.all([TcpProxy.to(broker.port), subscribe(broker.port)]);
  return { broker, proxy, feed, url: `mqtt://127.0.0.1:${proxy.port}` };
}

const keys = (feed: Feed) => observationsIn(feed.received).map(({ dev, seq }) => `${dev} ${seq}`);

describeWith(['mosquitto', 'mosquitto_sub'], 'a gateway on a bad line', () => {
  it('gives up a line that has gone half-open, and tells everything when there is another', {
    timeout: 120_000,
  }, async () => {
    const { proxy, feed, url } = await startLine();
    const { gateway, endWhole } = runHall({ city: { url, keepalive: '5s' } });
    await moreOf(feed, 4);
    proxy.goHalfOpen();
    expect(await gateway.line(/ code=uplink-lost /)).toMatch(/Keepalive timeout.*line is dead/);
    await moreOf(feed, 10);
    await endWhole(feed);
    expect(judged(feed.received)).toEqual([]);
  });

  it('tells again, in the same bytes, what was taken but not acknowledged', { timeout: 120_000 }, async () => {
    const { proxy, feed, url } = await startLine();
    const { endWhole } = runHall({ city: { url } });
    await moreOf(feed, 4);
    proxy.withhold(4);
    const withheld = () => proxy.packets.filter(({ isWithheld }) => isWithheld).length;
    await until('acknowledgements are held back', () => withheld() >= 4);
    proxy.cut();
    await proxy.pass();
    await moreOf(feed, 4);
    const twice = keys(feed).length - new Set(keys(feed)).size;
    expect(twice, 'no more than what was under way').toBeLessThanOrEqual(withheld());
    expect(twice, 'what was not acknowledged was told again').toBeGreaterThan(0);
    await endWhole(feed);
    // Equal keys with equal bytes, among other things.
    expect(judged(feed.received)).toEqual([]);
  });

  it('waits while nothing listens, says so once, and tells everything when something does', {
    timeout: 120_000,
  }, async () => {
    const { proxy, feed, url } = await startLine();
    await proxy.refuse();
    const { gateway, endWhole } = runHall({ city: { url } });
    expect(await gateway.line(/ code=uplink-unreachable /)).toMatch(/ECONNREFUSED.*is the broker running/);
    await gateway.line(/ code=first-durable /);
    await proxy.pass();
    await moreOf(feed, 6);
    expect(logged(gateway, 'uplink-unreachable').length).toBe(1);
    await endWhole(feed);
    expect(judged(feed.received)).toEqual([]);
  });

  it('has one message under way where the broker takes no more at a time', { timeout: 120_000 }, async () => {
    const { proxy, feed, url } = await startLine(['allow_anonymous true', 'max_inflight_messages 1']);
    await proxy.refuse();
    const { gateway, endWhole } = runHall({ city: { url } });
    await gateway.line(/ code=uplink-unreachable /);
    await gateway.line(/ code=first-durable /);
    await proxy.pass();
    await moreOf(feed, 6);
    expect(proxy.connections, 'never thrown out for too many').toBe(1);
    let underWay = 0;
    const most = proxy.packets.map(({ from, type }) => {
      if (from === 'gateway' && type === PUBLISH) underWay += 1;
      if (from === 'broker' && type === 4) underWay -= 1;
      return underWay;
    });
    expect(Math.max(...most)).toBe(1);
    await endWhole(feed);
    expect(judged(feed.received)).toEqual([]);
  });

  it('tells everything to a broker that falls over and remembers nothing', { timeout: 120_000 }, async () => {
    const { broker, proxy, feed, url } = await startLine(['allow_anonymous true', 'persistence false']);
    const { gateway, endWhole } = runHall({ city: { url } });
    await moreOf(feed, 4);
    broker.freeze();
    await gateway.line(/ code=first-durable /);
    const under = () => proxy.packets.filter(({ from, type }) => from === 'gateway' && type === PUBLISH).length;
    const before = under();
    await until('messages are under way', () => under() >= before + 4);
    // Else it would be told before the subscriber is back, who is a stranger to a broker without a memory.
    await proxy.refuse();
    await broker.end('SIGKILL');
    await gateway.line(/ code=uplink-lost /);
    await broker.start();
    await until('the subscriber is back', async () => {
      const mark = ['-h', '127.0.0.1', '-p', `${broker.port}`, '-t', 'feed/mark', '-m', 'back'];
      await startChild(pathOf('mosquitto_pub'), mark).exit;
      return feed.received.some(({ topic }) => topic === 'feed/mark');
    });
    await proxy.pass();
    await moreOf(feed, 8);
    await endWhole(feed);
    const told = feed.received.filter(({ topic }) => topic !== 'feed/mark');
    expect(judged(told)).toEqual([]);
  });
});
