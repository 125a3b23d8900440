import {
  answerFrame,
  float32Words,
  requestIn,
  SensorError,
  type SerialDevice,
  type SerialSimulation,
  type ShdlcAnswer,
  unframed,
  type World,
} from '../../src/driver-kit.ts';
import type { Sps30UartOptions } from './sps30-uart.ts';

const MASS = ['pm1', 'pm25', 'pm4', 'pm10'] as const;
const NUMBERS = ['particles_pm05', 'particles_pm1', 'particles_pm25', 'particles_pm4', 'particles_pm10'] as const;
const mass = { min: 0, max: 1000, resolution: 0.001 };
const particles = { min: 0, max: 3000, resolution: 0.001 };
const ANSWER_MS = 5;
const NOT_NOW = 0x43;
const LISTEN_MS = 3_600_000;

/** An SPS30 that its last owner sent to sleep: it hears nothing until bytes have roused its line. */
export const simulation: SerialSimulation<Sps30UartOptions> = {
  bus: 'serial',
  spans: {
    pm1: mass,
    pm25: mass,
    pm4: mass,
    pm10: mass,
    particles_pm05: particles,
    particles_pm1: particles,
    particles_pm25: particles,
    particles_pm4: particles,
    particles_pm10: particles,
    particle_size: { min: 0.3, max: 2.5, resolution: 0.001 },
  },
  variants: [{}, { report: 'all', cleaningInterval: 1 }],
  settleMs: 1000,
  faults: {
    'fan stands still': { why: 'fan', streams: MASS },
    'laser out of range': { why: 'laser', streams: MASS },
    'fan too slow': { why: 'fan-speed', streams: MASS },
    'cleans its fan': { why: 'not-ready', streams: MASS },
    'tells zeros': { why: 'not-ready', streams: MASS },
    'idle after a loss of power': { error: 'not-ready', at: 'poll' },
    'half a measurement': { error: 'implausible', at: 'poll' },
    'another product': { error: 'wrong-device', at: 'start' },
  },
  run: async (far, world, _options, signal) => {
    const part = new Part(world);
    let rest: Uint8Array = new Uint8Array();
    for (;;) {
      const heard = await hear(far, signal);
      if (part.rouse()) continue;
      const parsed = unframed(Uint8Array.of(...rest, ...heard));
      rest = parsed.rest;
      for (const content of parsed.found) {
        const request = requestIn(content);
        if (request?.address !== 0) continue;
        await far.sleep(ANSWER_MS, signal);
        await far.write(answerFrame({ ...request, ...part.obey(request.command, request.data) }));
      }
    }
  },
};

type Reply = Pick<ShdlcAnswer, 'state' | 'data'>;

class Part {
  readonly #world: World;
  #mode: 'asleep' | 'idle' | 'measuring' = 'asleep';
  #cleaning = Uint8Array.of(0, 9, 0x3a, 0x80);
  #measuredAtMs = 0;
  #status = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** True if it was asleep: what roused it is not understood. */
  rouse(): boolean {
    const wasAsleep = this.#mode === 'asleep';
    if (wasAsleep) this.#mode = 'idle';
    return wasAsleep;
  }

  obey(command: number, data: Uint8Array): Reply {
    const reply = this.#replied(command, data);
    const hasError = (this.#status & 0x30) !== 0;
    return { ...reply, state: reply.state | (hasError ? 0x80 : 0) };
  }

  #replied(command: number, data: Uint8Array): Reply {
    switch (command) {
      case 0x00:
        return this.#change('idle', 'measuring');
      case 0x01:
        return this.#change('measuring', 'idle');
      case 0x03:
        return this.#measurement();
      case 0x11:
        return { state: NOT_NOW, data: new Uint8Array() };
      case 0x80:
        if (data.length === 5) this.#cleaning = data.slice(1);
        return done(data.length === 5 ? [] : this.#cleaning);
      case 0xd0:
        return done(characters(data[0] === 0 ? this.#productType() : '00D1C0FFEE5EED42'));
      case 0xd1:
        return done([2, 3, 0, 7, 0, 2, 0]);
      case 0xd2:
        return done(this.#readStatus(data[0] === 1));
      default:
        return { state: 0x02, data: new Uint8Array() };
    }
  }

  #productType(): string {
    return this.#world.fault?.() === 'another product' ? '00080001' : '00080000';
  }

  #change(from: 'idle' | 'measuring', to: 'idle' | 'measuring'): Reply {
    if (this.#mode !== from) return { state: NOT_NOW, data: new Uint8Array() };
    this.#mode = to;
    this.#measuredAtMs = this.#world.uptimeMs();
    return done([]);
  }

  #measurement(): Reply {
    const fault = this.#world.fault?.();
    if (this.#mode !== 'measuring' || fault === 'idle after a loss of power') {
      return { state: NOT_NOW, data: new Uint8Array() };
    }
    const isNew = this.#world.uptimeMs() - this.#measuredAtMs >= 1000;
    if (!isNew || fault === 'cleans its fan') return done([]);
    this.#measuredAtMs = this.#world.uptimeMs();
    const bytes = [...MASS, ...NUMBERS, 'particle_size' as const].flatMap((quantity) =>
      float32Words(fault === 'tells zeros' ? 0 : this.#world.truth(quantity)).flatMap((word) => [
        word >> 8,
        word & 0xff,
      ]),
    );
    return done(fault === 'half a measurement' ? bytes.slice(0, 20) : bytes);
  }

  #readStatus(isCleared: boolean): number[] {
    const fault = this.#world.fault?.();
    if (fault === 'fan stands still') this.#status |= 1 << 4;
    if (fault === 'laser out of range') this.#status |= 1 << 5;
    const status = this.#status | (fault === 'fan too slow' ? 1 << 21 : 0);
    if (isCleared) this.#status = 0;
    return [status >>> 24, (status >>> 16) & 0xff, (status >>> 8) & 0xff, status & 0xff, 0];
  }
}

async function hear(far: SerialDevice, signal: AbortSignal): Promise<Uint8Array> {
  for (;;) {
    try {
      return await far.read(LISTEN_MS, signal);
    } catch (cause) {
      if (!(cause instanceof SensorError && cause.kind === 'timeout')) throw cause;
    }
  }
}

function done(data: Iterable<number>): Reply {
  return { state: 0, data: Uint8Array.from(data) };
}

function characters(text: string): number[] {
  return [...`${text}\0`].map((character) => character.charCodeAt(0));
}
