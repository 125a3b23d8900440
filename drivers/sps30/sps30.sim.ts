import {
  checkedWords,
  float32Words,
  type I2cSimulation,
  SensorError,
  textWords,
  type World,
  wordBytes,
} from '../../src/driver-kit.ts';
import type { Sps30Options } from './sps30.ts';

const SERIAL_NUMBER = textWords('00D1C0FFEE5EED42', 16);
const FIRMWARE = 0x0203;
const MASS = ['pm1', 'pm25', 'pm4', 'pm10'] as const;
const NUMBERS = ['particles_pm05', 'particles_pm1', 'particles_pm25', 'particles_pm4', 'particles_pm10'] as const;
const mass = { min: 0, max: 1000, resolution: 0.001 };
const particles = { min: 0, max: 3000, resolution: 0.001 };

/**
 * An SPS30 that its last owner sent to sleep. Asleep it hears nothing but that something was sent; awake it acknowledges
 * only what its mode allows.
 */
export const simulation: I2cSimulation<Sps30Options> = {
  bus: 'i2c',
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
    'a SEN55 instead': { error: 'wrong-device', at: 'start' },
    'another product': { error: 'wrong-device', at: 'start' },
  },
  build: (world) => {
    const part = new Part(world);
    return {
      write: (bytes) => part.hear(bytes),
      read: (length) => Uint8Array.from(part.answer.flatMap(wordBytes).slice(0, length)),
    };
  },
};

const refused = () => new SensorError('no-acknowledge', 'SPS30 does not do that, now');

class Part {
  readonly #world: World;
  #mode: 'asleep' | 'roused' | 'idle' | 'measuring' = 'asleep';
  #cleaningSeconds = 604_800;
  #measuredAtMs = 0;
  #status = 0;
  #answer: readonly number[] | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get answer(): readonly number[] {
    if (!this.#answer) throw refused();
    return this.#answer;
  }

  hear(bytes: Uint8Array): void {
    const [high = 0, low = 0] = bytes;
    const command = (high << 8) | low;
    this.#answer = undefined;
    if (this.#world.fault?.() === 'a SEN55 instead') {
      if (command !== 0xd014) throw refused();
      this.#answer = textWords('SEN55', 16);
    } else if (this.#mode === 'asleep') {
      this.#mode = 'roused';
      throw refused();
    } else if (this.#mode === 'roused') {
      if (command !== 0x1103) throw refused();
      this.#mode = 'idle';
    } else {
      this.#obey(command, checkedWords(bytes.subarray(2)));
    }
  }

  #obey(command: number, words: readonly number[]): void {
    const [high, low] = words;
    this.#answer = this.#told(command, high === undefined);
    if (this.#answer) return;
    if (command === 0x0010 && high === 0x0300 && this.#mode === 'idle') this.#mode = 'measuring';
    else if (command === 0x0104 && this.#mode === 'measuring') this.#mode = 'idle';
    else if (command === 0x8004 && high !== undefined) this.#cleaningSeconds = high * 0x10000 + (low ?? 0);
    else if (command === 0xd210) this.#status = 0;
    else throw refused();
    if (command === 0x0010) this.#measuredAtMs = this.#world.uptimeMs();
  }

  #told(command: number, isQuestion: boolean): readonly number[] | undefined {
    const fault = this.#world.fault?.();
    if (fault === 'fan stands still') this.#status |= 1 << 4;
    if (fault === 'laser out of range') this.#status |= 1 << 5;
    const status = this.#status | (fault === 'fan too slow' ? 1 << 21 : 0);
    switch (isQuestion ? command : undefined) {
      case 0xd002:
        return textWords(fault === 'another product' ? '00080001' : '00080000', 4);
      case 0xd033:
        return SERIAL_NUMBER;
      case 0xd100:
        return [FIRMWARE];
      case 0x8004:
        return [this.#cleaningSeconds >>> 16, this.#cleaningSeconds & 0xffff];
      case 0xd206:
        return [status >>> 16, status & 0xffff];
      case 0x0202:
        return [this.#isReady() ? 1 : 0];
      case 0x0300:
        return this.#values();
      default:
        return undefined;
    }
  }

  #isReady(): boolean {
    const fault = this.#world.fault?.();
    if (fault === 'idle after a loss of power' || fault === 'cleans its fan') return false;
    return this.#mode === 'measuring' && this.#world.uptimeMs() - this.#measuredAtMs >= 1000;
  }

  #values(): readonly number[] {
    if (this.#isReady()) this.#measuredAtMs = this.#world.uptimeMs();
    const isBlank = this.#world.fault?.() === 'tells zeros';
    return [...MASS, ...NUMBERS, 'particle_size' as const].flatMap((quantity) =>
      float32Words(isBlank ? 0 : this.#world.truth(quantity)),
    );
  }
}
