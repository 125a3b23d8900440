import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';

/** One client of a scripted broker. */
export interface Client {
  /** 1 for the first that connected, then 2, and so on. */
  readonly number: number;
  say(packet: Packet): void;
}

/** A broker of MQTT 5 that says what the test tells it to. */
export async function scriptedBroker(heard: (packet: Packet, client: Client) => void): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const say = (packet: Packet) => void socket.write(generate(packet, { protocolVersion: 5 }));
    const client = { number: sockets.size, say };
    const packets = parser({ protocolVersion: 5 });
    packets.on('packet', (packet) => heard(packet, client));
    socket.on('data', (bytes) => packets.parse(bytes));
    // An error says no more than the close that follows it.
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}
