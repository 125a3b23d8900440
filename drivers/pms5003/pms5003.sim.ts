import { SensorError, type SerialDevice, type SerialSimulation, type World } from '../../src/driver-kit.ts';
import type { Pms5003Options } from './pms5003.ts';

const MASS = ['pm1', 'pm25', 'pm10'] as const;
const NUMBERS = [
  'particles_over_03',
  'particles_over_05',
  'particles_over_1',
  'particles_over_25',
  'particles_over_5',
  'particles_over_10',
] as const;
const REPORT_MS = 1000;
const mass = { min: 1, max: 1000, resolution: 0.5 };
const particles = { min: 0, max: 655, resolution: 0.005 };

/**
 * A PMS5003 that its last owner left asleep. Asleep it hears nothing but the command that wakes it; awake it reports
 * unasked again, though it was told not to; its first report after waking is all zeros.
 */
export const simulation: SerialSimulation<Pms5003Options> = {
  bus: 'serial',
  spans: {
    pm1: mass,
    pm25: mass,
    pm10: mass,
    particles_over_03: particles,
    particles_over_05: particles,
    particles_over_1: particles,
    particles_over_25: particles,
    particles_over_5: particles,
    particles_over_10: particles,
  },
  variants: [{}, { dutyCycle: 0, report: 'all' }],
  faults: {
    'fan does not start': { why: 'not-ready', streams: MASS },
    'an error code': { why: 'error-code-2', streams: MASS },
    'a PMS3003': { error: 'wrong-device', at: 'start' },
  },
  run: async (far, world, _options, signal) => {
    const part = new Part(world);
    for (;;) {
      const answers = part.hear(await heard(far, part.quietMs(), signal));
      for (const bytes of [...answers, ...part.unasked()]) await far.write(bytes);
    }
  },
};

class Part {
  readonly #world: World;
  #isAwake = false;
  #isActive = true;
  #isFirst = true;
  #reportAtMs = Number.POSITIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  quietMs(): number {
    return Math.min(3_600_000, Math.max(0, this.#reportAtMs - this.#world.uptimeMs()));
  }

  unasked(): Uint8Array[] {
    if (!this.#isAwake || !this.#isActive || this.#world.uptimeMs() < this.#reportAtMs) return [];
    this.#reportAtMs = this.#world.uptimeMs() + REPORT_MS;
    return [this.#report()];
  }

  hear(bytes: Uint8Array): Uint8Array[] {
    const answers: Uint8Array[] = [];
    for (let at = 0; at + 7 <= bytes.length; at += 7) {
      const command = bytes.subarray(at, at + 7);
      const sum = command.subarray(0, 5).reduce((total, byte) => total + byte, 0);
      if (command[0] !== 0x42 || command[1] !== 0x4d || sum !== ((command[5] ?? 0) << 8) + (command[6] ?? 0)) continue;
      const answer = this.#obey(command[2] ?? 0, command[4] ?? 0);
      if (answer) answers.push(answer);
    }
    return answers;
  }

  #obey(command: number, data: number): Uint8Array | undefined {
    if (!this.#isAwake && !(command === 0xe4 && data === 1)) return undefined;
    switch (command) {
      case 0xe1:
        this.#isActive = data === 1;
        this.#reportAtMs = this.#isActive ? this.#world.uptimeMs() + REPORT_MS : Number.POSITIVE_INFINITY;
        return frame([0xe1, data]);
      case 0xe2:
        return this.#report();
      case 0xe4:
        this.#isAwake = data === 1;
        this.#isActive = true;
        this.#isFirst = true;
        this.#reportAtMs = this.#isAwake ? this.#world.uptimeMs() + REPORT_MS : Number.POSITIVE_INFINITY;
        return this.#isAwake ? undefined : frame([0xe4, data]);
      default:
        return undefined;
    }
  }

  #report(): Uint8Array {
    const fault = this.#world.fault?.();
    const isEmpty = this.#isFirst || fault === 'fan does not start';
    this.#isFirst = false;
    const inAir = MASS.map((quantity) => Math.round(this.#world.truth(quantity)));
    const numbers = NUMBERS.map((quantity) => Math.round(100 * this.#world.truth(quantity)));
    // As in the factory: a little more in thick air; nobody should read these.
    const inFactory = inAir.map((value) => Math.round(value * 1.3));
    const words = [...inFactory, ...inAir, ...numbers].map((value) => (isEmpty ? 0 : Math.min(0xffff, value)));
    const last = [0x97, fault === 'an error code' ? 2 : 0];
    const bytes = words.flatMap((word) => [word >> 8, word & 0xff]);
    return frame(fault === 'a PMS3003' ? bytes.slice(0, 18) : [...bytes, ...last]);
  }
}

async function heard(far: SerialDevice, withinMs: number, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await far.read(withinMs, signal);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return new Uint8Array();
    throw cause;
  }
}

function frame(data: readonly number[]): Uint8Array {
  const body = [0x42, 0x4d, 0, data.length + 2, ...data];
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(...body, sum >> 8, sum & 0xff);
}
