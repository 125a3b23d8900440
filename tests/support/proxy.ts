import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Frame, Framer } from './mqtt-frames.ts';
import { SEGMENT_BYTES, type Shape, SlowLine, sameChances } from './slow-line.ts';

type Side = 'gateway' | 'broker';

/** A packet that came by, and whether it was let through. */
export interface Passed {
  readonly from: Side;
  readonly type: number;
  readonly sizeBytes: number;
  readonly isWithheld: boolean;
}

/** More than this under way on a shaped line, and the sender has to wait, as before a full modem. */
const MODEM_BYTES = 32_768;

/** A line between a gateway and a broker, with every fault that a line can have. Where there is TLS it sees `bytes`. */
export class TcpProxy {
  /** Packets in the order in which they came; none where it does not look at them. */
  readonly packets: Passed[] = [];
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #target: number;
  readonly #isMqtt: boolean;
  readonly port: number;
  #isDeaf = false;
  #withheld: ReadonlySet<number> = new Set();
  #shape: Shape | undefined;

  private constructor(server: Server, target: number, isMqtt: boolean) {
    this.#server = server;
    this.#target = target;
    this.#isMqtt = isMqtt;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (gateway: Socket) => this.#join(gateway));
  }

  /** Stands between its own port and that of a broker until the test is over. `bytes`: it does not look at packets. */
  static async to(port: number, speaks: 'mqtt' | 'bytes' = 'mqtt'): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy(server, port, speaks === 'mqtt');
    onTestFinished(async () => {
      proxy.cut();
      await proxy.refuse();
    });
    return proxy;
  }

  /** Lets everything through again; a connection that went half-open stays so for ever. */
  async pass(): Promise<void> {
    this.#isDeaf = false;
    this.#withheld = new Set();
    this.#shape = undefined;
    if (this.#server.listening) return;
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Takes no new connection: nothing listens. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    // "close" waits for the connections that stand; nothing listens from now on.
    this.#server.close();
    if (this.#links.size === 0) await once(this.#server, 'close');
  }

  /** Cuts every connection with a reset. */
  cut(): void {
    for (const link of this.#links) link.reset();
  }

  /**
   * Every connection that stands is half-open from now on: both sides are taken from and given nothing, and neither
   * hears that the other has gone. A new connection passes.
   */
  goHalfOpen(): void {
    for (const link of this.#links) link.isDead = true;
  }

  /** Takes new connections, which are half-open from the first byte. */
  takeInSilence(): void {
    this.#isDeaf = true;
  }

  /** Holds back what the broker sends of these packet types; the rest passes. */
  withhold(...types: readonly number[]): void {
    this.#withheld = new Set(types);
  }

  /** What comes from now on goes at this pace, in both directions. */
  shape(shape: Shape): void {
    this.#shape = shape;
  }

  #join(gateway: Socket): void {
    this.connections += 1;
    const link = new Link(gateway, connect({ port: this.#target, host: '127.0.0.1' }));
    link.isDead = this.#isDeaf;
    this.#links.add(link);
    const inspect = this.#isMqtt ? (from: Side) => this.#inspector(from) : () => (bytes: Buffer) => bytes;
    link.run(inspect, () => this.#shape);
    void link.over.then(() => this.#links.delete(link));
  }

  /** Looks at every packet, and gives the bytes of those that go on. */
  #inspector(from: Side): (bytes: Buffer) => Buffer {
    const framer = new Framer();
    const goesOn = ({ type, bytes }: Frame): boolean => {
      const isWithheld = from === 'broker' && this.#withheld.has(type);
      this.packets.push({ from, type, sizeBytes: bytes.length, isWithheld });
      return !isWithheld;
    };
    return (bytes) => Buffer.concat(framer.take(bytes).flatMap((frame) => (goesOn(frame) ? [frame.bytes] : [])));
  }
}

type Inspect = (from: Side) => (bytes: Buffer) => Buffer;

/** One connection: a socket to each side. */
class Link {
  isDead = false;
  readonly over: Promise<unknown>;
  readonly #sides: Readonly<Record<Side, Socket>>;

  constructor(gateway: Socket, broker: Socket) {
    this.#sides = { gateway, broker };
    this.over = Promise.all([gateway, broker].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  run(inspect: Inspect, shape: () => Shape | undefined): void {
    this.#carry('gateway', inspect('gateway'), shape);
    this.#carry('broker', inspect('broker'), shape);
  }

  reset(): void {
    for (const socket of Object.values(this.#sides)) socket.resetAndDestroy();
  }

  #carry(from: Side, inspect: (bytes: Buffer) => Buffer, shape: () => Shape | undefined): void {
    const source = this.#sides[from];
    const sink = this.#sides[from === 'gateway' ? 'broker' : 'gateway'];
    const line = new Pace(source, shape);
    source.on('data', (bytes: Buffer) => {
      if (this.isDead) return;
      for (const piece of pieces(inspect(bytes))) line.send(piece.length, () => !this.isDead && sink.write(piece));
    });
    // An error says no more than the close that follows it.
    source.on('error', () => undefined);
    source.on('close', () => line.send(0, () => !this.isDead && sink.destroy()));
  }
}

/** As segments, so that a slow line gives them over one by one. */
function pieces(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / SEGMENT_BYTES);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * SEGMENT_BYTES, (n + 1) * SEGMENT_BYTES));
}

/** One direction of a connection, at the pace that is asked for. */
class Pace {
  readonly #source: Socket;
  readonly #shape: () => Shape | undefined;
  #shaped: { readonly shape: Shape; readonly line: SlowLine } | undefined;
  /** What is under way, in order: each is given over at its time, or with the one before it. */
  readonly #queue: { readonly atMs: number; readonly length: number; readonly arrive: () => void }[] = [];
  #bytes = 0;

  constructor(source: Socket, shape: () => Shape | undefined) {
    this.#source = source;
    this.#shape = shape;
  }

  /** Calls `arrive` when so many bytes have got there: at once on a line without a shape. */
  send(length: number, arrive: () => void): void {
    const shape = this.#shape();
    if (!shape && this.#queue.length === 0) {
      arrive();
      return;
    }
    if (shape && this.#shaped?.shape !== shape) this.#shaped = { shape, line: new SlowLine(shape, sameChances()) };
    const nowMs = performance.now();
    this.#queue.push({ atMs: shape ? (this.#shaped?.line.arrivalMs(nowMs, length) ?? nowMs) : nowMs, length, arrive });
    this.#bytes += length;
    if (this.#bytes > MODEM_BYTES) this.#source.pause();
    if (this.#queue.length === 1) this.#wait();
  }

  #wait(): void {
    const [first] = this.#queue;
    if (first) setTimeout(() => this.#deliver(), Math.max(0, first.atMs - performance.now()));
  }

  #deliver(): void {
    const first = this.#queue.shift();
    this.#bytes -= first?.length ?? 0;
    if (this.#bytes <= MODEM_BYTES) this.#source.resume();
    first?.arrive();
    this.#wait();
  }
}
