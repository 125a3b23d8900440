import type { Message } from './uplink.ts';

/** MQTT, "Remaining Length": what four bytes of it can say, and the bytes before it. */
export const LARGEST_PACKET_BYTES = 268_435_455 + 5;

/** How many bytes a message has as a PUBLISH packet with QoS 1. */
export function publishBytes({ topic, payload, contentType, properties }: Message, protocol: 5 | '3.1.1'): number {
  const own = protocol === 5 ? withLength(propertiesBytes(contentType, properties)) : 0;
  return 1 + withLength(text(topic) + 2 + own + Buffer.byteLength(payload));
}

/** MQTT 5, 3.3.2.3: content type, payload format indicator, user properties. */
function propertiesBytes(contentType: string, properties: Message['properties'] = {}): number {
  const pairs = Object.entries(properties).map(([name, value]) => 1 + text(name) + text(value));
  return pairs.reduce((sum, bytes) => sum + bytes, 1 + text(contentType) + 2);
}

/** MQTT 5, 1.5.4: two bytes of length before the text. */
function text(value: string): number {
  return 2 + Buffer.byteLength(value);
}

/** MQTT 5, 1.5.5: a length is written seven bits at a time. */
function withLength(bytes: number): number {
  if (bytes < 2 ** 7) return 1 + bytes;
  if (bytes < 2 ** 14) return 2 + bytes;
  return (bytes < 2 ** 21 ? 3 : 4) + bytes;
}
