import type { Clock } from '../../src/hal/clock.ts';

/** What a line is like. */
export interface Shape {
  readonly bitsPerSecond: number;
  readonly roundTripMs: number;
  /** Of a hundred packets, how many must be sent again; what comes after them waits. */
  readonly lossPercent: number;
}

const PACKET_BYTES = 1400;
/** Headers of TCP/IP, and MQTT's own with a topic alias at best. */
const HEADER_BYTES = 45;
/** RFC 6298, 2.4: TCP waits for a second at least before it sends a packet again. */
const SEND_AGAIN_MS = 1000;

/** One direction of a slow line that loses packets, as TCP makes it look: in order, whole, late. */
export class ShapedLine {
  readonly roundTripMs: number;
  readonly #shape: Shape;
  readonly #clock: Clock;
  readonly #random: () => number;
  #freeMs = 0;
  /** Everything that went over it. */
  bytes = 0;

  constructor(shape: Shape, clock: Clock, random: () => number) {
    this.roundTripMs = shape.roundTripMs;
    this.#shape = shape;
    this.#clock = clock;
    this.#random = random;
  }

  /** How long it takes from now until so many bytes are at the other end. */
  delayMs(payloadBytes: number): number {
    const { bitsPerSecond, roundTripMs, lossPercent } = this.#shape;
    const packets = Math.ceil(payloadBytes / PACKET_BYTES);
    const bytes = payloadBytes + packets * HEADER_BYTES;
    const lost = Array.from({ length: packets }, this.#random).filter((chance) => chance * 100 < lossPercent).length;
    const now = this.#clock.uptimeMs();
    this.bytes += bytes;
    this.#freeMs = Math.max(this.#freeMs, now) + (bytes * 8000) / bitsPerSecond + lost * SEND_AGAIN_MS;
    return this.#freeMs - now + roundTripMs / 2;
  }
}

/** Chance that is the same at every run: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
