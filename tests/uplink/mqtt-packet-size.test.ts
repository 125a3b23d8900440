import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { publishBytes } from '../../src/uplink/mqtt-packet-size.ts';
import type { Message } from '../../src/uplink/uplink.ts';

/** The size that MQTT's own encoder comes to. */
function encodedBytes({ topic, payload, contentType, properties }: Message, protocol: 5 | '3.1.1'): number {
  const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false, messageId: 7 } as const;
  if (protocol !== 5) return generate(packet, { protocolVersion: 4 }).length;
  const userProperties = properties === undefined ? {} : { userProperties: properties };
  const all = { contentType, payloadFormatIndicator: true, ...userProperties };
  return generate({ ...packet, properties: all }, { protocolVersion: 5 }).length;
}

describe.each([5, '3.1.1'] as const)('the size of a message over MQTT %s', (protocol) => {
  const base = { topic: 'feed/v1/asten/gw01/één/obs', isRetained: false, contentType: 'application/json' };
  // Around the lengths at which a length needs a byte more, with and without what is beside the payload.
  const lengths = [0, 1, 100, 127, 128, 16_200, 16_383, 16_384, 2_097_151, 2_097_152];

  it.each(lengths)('is that of the packet, with %i bytes of payload', (length) => {
    const properties = { sent: '2026-11-23T12:00:00.000Z', hist: '1', naïve: '€' };
    for (let more = -80; more <= 0; more += 1) {
      const message = { ...base, payload: Buffer.alloc(Math.max(0, length + more)) };
      expect(publishBytes(message, protocol)).toBe(encodedBytes(message, protocol));
      const described = { ...message, properties };
      expect(publishBytes(described, protocol)).toBe(encodedBytes(described, protocol));
    }
  });

  it('counts bytes, not letters', () => {
    const message = { ...base, payload: '„20 °C“' };
    expect(publishBytes(message, protocol)).toBe(encodedBytes(message, protocol));
  });
});
