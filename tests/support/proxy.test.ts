import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Framer } from './mqtt-frames.ts';
import { TcpProxy } from './proxy.ts';
import { SlowLine, sameChances } from './slow-line.ts';
import { until } from './until.ts';

/** One end of a connection, with everything that has come to it. */
class End {
  readonly socket: Socket;
  received = '';
  how: 'open' | 'closed' | 'reset' = 'open';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', (error) => {
      this.how = (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? 'reset' : 'closed';
    });
    socket.on('close', (hadError) => {
      if (!hadError) this.how = 'closed';
    });
    onTestFinished(() => void socket.destroy());
  }
}

/** A server behind a proxy, and a way to join the two. */
async function line(speaks: 'mqtt' | 'bytes') {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // The one that no test looks at is reset at the end as well.
  server.on('connection', (socket) => socket.on('error', () => undefined));
  const proxy = await TcpProxy.to((server.address() as AddressInfo).port, speaks);
  const join = async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = new End(connect({ port: proxy.port, host: '127.0.0.1' }));
    return { near, far: new End((await accepted)[0]) };
  };
  return { proxy, join };
}

const ping = generate({ cmd: 'pingreq' });
const answer = (messageId: number) => generate({ cmd: 'puback', messageId });
const pong = generate({ cmd: 'pingresp' });

describe('a proxy', () => {
  it('passes both ways, and an end with it', async () => {
    const { join } = await line('bytes');
    const { near, far } = await join();
    near.socket.write('there');
    far.socket.write('back');
    await until('both have it', () => far.received === 'there' && near.received === 'back');
    far.socket.end();
    await until('the end is passed on', () => near.how === 'closed');
  });

  it('refuses what is new, and takes it again on the same port', async () => {
    const { proxy, join } = await line('bytes');
    const { near, far } = await join();
    await proxy.refuse();
    const [error] = (await once(connect({ port: proxy.port, host: '127.0.0.1' }), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    near.socket.write('still');
    await until('what stands goes on', () => far.received === 'still');
    await proxy.pass();
    await join();
    expect(proxy.connections).toBe(2);
  });

  it('cuts with a reset', async () => {
    const { proxy, join } = await line('bytes');
    const { near, far } = await join();
    near.socket.write('x');
    await until('the line stands', () => far.received === 'x');
    proxy.cut();
    await until('both are reset', () => near.how === 'reset' && far.how === 'reset');
  });

  it('goes half-open for ever: takes everything, gives nothing, tells neither side that the other has gone', async () => {
    const { proxy, join } = await line('bytes');
    const { near, far } = await join();
    proxy.goHalfOpen();
    near.socket.write('lost');
    far.socket.write('lost');
    await until('it is taken', () => near.socket.writableLength + far.socket.writableLength === 0);
    await proxy.pass();
    near.socket.destroy();
    const second = await join();
    second.near.socket.write('a new line');
    await until('a new line passes', () => second.far.received === 'a new line');
    expect(far).toMatchObject({ received: '', how: 'open' });
    proxy.takeInSilence();
    const third = new End(connect({ port: proxy.port, host: '127.0.0.1' }));
    third.socket.write('lost, too');
    await until('it is taken', () => third.socket.writableLength === 0 && !third.socket.connecting);
    expect(third).toMatchObject({ received: '', how: 'open' });
  });

  it('holds back the acknowledgements, in whatever pieces they come, and nothing else', async () => {
    const { proxy, join } = await line('mqtt');
    const { near, far } = await join();
    proxy.withhold(4);
    near.socket.write(ping);
    for (const byte of Buffer.concat([answer(1), pong, answer(2)])) far.socket.write(Buffer.of(byte));
    await until('the rest is there', () => near.received === pong.toString('latin1') && far.received.length === 2);
    await until('the last was seen', () => proxy.packets.length === 4);
    await proxy.pass();
    far.socket.write(answer(3));
    await until('they come again', () => near.received.endsWith(answer(3).toString('latin1')));
    expect(proxy.packets.filter(({ isWithheld }) => isWithheld)).toEqual([
      { from: 'broker', type: 4, sizeBytes: 4, isWithheld: true },
      { from: 'broker', type: 4, sizeBytes: 4, isWithheld: true },
    ]);
    expect(proxy.packets.filter(({ from }) => from === 'gateway').map(({ type }) => type)).toEqual([12]);
  });

  it('keeps the order of what it slows down, and makes the sender wait', async () => {
    const { proxy, join } = await line('bytes');
    const { near, far } = await join();
    proxy.shape({ bytesPerSecond: 2_000_000, delayMs: 5, lossPercent: 1 });
    const text = Array.from({ length: 20_000 }, (_, n) => `${n},`).join('');
    near.socket.end(text);
    await until('all of it is there', () => far.how === 'closed');
    expect(far.received === text).toBe(true);
  });
});

describe('a framer', () => {
  it('finds the packets in any pieces, and those of more than one byte of length', () => {
    const long = generate({
      cmd: 'publish',
      topic: 't',
      payload: 'x'.repeat(20_000),
      qos: 0,
      retain: false,
      dup: false,
    });
    const bytes = Buffer.concat([ping, long, pong]);
    for (const size of [1, 3, 7, bytes.length]) {
      const framer = new Framer();
      const frames = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        framer.take(bytes.subarray(n * size, (n + 1) * size)),
      ).flat();
      expect(frames.map((frame) => [frame.type, frame.bytes.length])).toEqual([
        [12, 2],
        [3, long.length],
        [13, 2],
      ]);
    }
  });
});

describe('a slow line', () => {
  const shape = { bytesPerSecond: 8000, delayMs: 300 };

  it('takes as long as its rate and its delay say, and what comes later waits for what came before', () => {
    const free = new SlowLine(shape, () => 1);
    expect(free.arrivalMs(0, 8000)).toBe(1300);
    expect(free.arrivalMs(500, 4000)).toBe(1800);
    expect(free.arrivalMs(5000, 800)).toBe(5400);
  });

  it('stalls at a loss for a retransmission timeout, and goes on at half the rate', () => {
    const chances = [0.5, 0.001, 0.5];
    const lossy = new SlowLine({ ...shape, lossPercent: 2 }, () => chances.shift() ?? 1);
    expect(lossy.arrivalMs(0, 800)).toBe(400);
    expect(lossy.arrivalMs(400, 800)).toBe(400 + 100 + 800 + 300);
    expect(lossy.arrivalMs(1300, 800)).toBe(1300 + 200 + 300);
  });

  it('is the same in every run', () => {
    const chances = sameChances();
    const first = Array.from({ length: 1000 }, chances);
    expect(Array.from({ length: 1000 }, sameChances())).toEqual(first);
    expect(first.filter((chance) => chance < 0.02).length).toBeGreaterThan(10);
    expect(first.filter((chance) => chance < 0.02).length).toBeLessThan(30);
  });
});
