import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A line to a port of this machine that can be cut, and that carries only so much towards it where it is told so. */
export class Relay {
  readonly #port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isOpen = true;

  constructor(port: number, bytesPerSecond = Number.POSITIVE_INFINITY) {
    this.#port = port;
    this.#server = createServer((near) => {
      if (!this.#isOpen) {
        near.destroy();
        return;
      }
      const far = connect(this.#port, '127.0.0.1');
      carry(near, far, bytesPerSecond);
      far.pipe(near);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined); // cut, as it should be
        socket.once('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  /** The port at this end. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Cuts what stands; who comes back is let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts, and lets nobody through until it is opened. */
  close(): void {
    this.#isOpen = false;
    this.cut();
  }

  open(): void {
    this.#isOpen = true;
  }

  end(): void {
    this.close();
    this.#server.close();
  }
}

/** Each piece holds the line for as long as it takes. */
function carry(from: Socket, to: Socket, bytesPerSecond: number): void {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) {
    from.pipe(to);
    return;
  }
  let freeAt = 0;
  from.once('end', () => to.end());
  from.on('data', (piece) => {
    freeAt = Math.max(freeAt, performance.now()) + (piece.length / bytesPerSecond) * 1000;
    from.pause();
    setTimeout(() => {
      to.write(piece);
      from.resume();
    }, freeAt - performance.now());
  });
}
