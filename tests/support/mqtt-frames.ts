/** A whole MQTT packet as it stood on the wire. */
export interface Frame {
  /** MQTT, "Control Packet type": 3 is PUBLISH, 4 PUBACK, 12 PINGREQ. */
  readonly type: number;
  readonly bytes: Buffer;
}

export const PUBLISH = 3;
export const PUBACK = 4;

/** Cuts a stream of bytes into MQTT packets by their fixed headers, whatever pieces it comes in. */
export class Framer {
  #rest: Buffer = Buffer.alloc(0);

  /** Packets that are whole now; the rest of the bytes waits for more. */
  take(bytes: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    for (;;) {
      const length = packetLength(this.#rest);
      if (length === undefined || this.#rest.length < length) return frames;
      const packet = this.#rest.subarray(0, length);
      frames.push({ type: packet.readUInt8(0) >> 4, bytes: packet });
      this.#rest = this.#rest.subarray(length);
    }
  }
}

/** MQTT, "Remaining Length": seven bits a byte, the lowest first; undefined where it is not whole. */
function packetLength(bytes: Buffer): number | undefined {
  let remaining = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 2 ** (7 * (at - 1));
    if (byte < 0x80) return 1 + at + remaining;
  }
  throw new RangeError('not MQTT: a remaining length of more than four bytes');
}
