import { SensorError, type SerialDevice, type SerialSimulation, type World } from '../../src/driver-kit.ts';

const ANSWER_MS = 20;
const LISTEN_MS = 3_600_000;

/** An MH-Z19C that its last owner set to 2000 ppm without self-calibration. It has preheated. */
export const simulation: SerialSimulation = {
  bus: 'serial',
  spans: { co2: { min: 400, max: 4999, resolution: 0.5 } },
  variants: [{}, { range: '10000', selfCalibration: false }],
  settleMs: 181_000,
  faults: {
    'preheats for ever': { why: 'never-preheated', streams: ['co2'] },
    'tells nothing': { why: 'no-reading', streams: ['co2'] },
    'keeps its settings': { error: 'refused', at: 'start' },
  },
  run: async (far, world, _options, signal) => {
    const part = new Part(world);
    for (;;) {
      for (const answer of part.hear(await heard(far, signal))) {
        await far.sleep(ANSWER_MS, signal);
        await far.write(answer);
      }
    }
  },
};

class Part {
  readonly #world: World;
  #isSelfCalibrating = false;
  #rangePpm = 2000;

  constructor(world: World) {
    this.#world = world;
  }

  hear(bytes: Uint8Array): Uint8Array[] {
    const answers: Uint8Array[] = [];
    for (let at = 0; at + 9 <= bytes.length; at += 9) {
      const [head, number, command = 0, ...data] = bytes.subarray(at, at + 8);
      if (head !== 0xff || number !== 1 || bytes[at + 8] !== check([number, command, ...data])) continue;
      const answer = this.#obey(command, data);
      if (answer) answers.push(frame([command, ...answer]));
    }
    return answers;
  }

  #obey(command: number, data: readonly number[]): readonly number[] | undefined {
    const isStubborn = this.#world.fault?.() === 'keeps its settings';
    switch (command) {
      case 0x79:
        if (!isStubborn) this.#isSelfCalibrating = data[0] === 0xa0;
        return [1];
      case 0x7d:
        return [0, 0, 0, 0, 0, this.#isSelfCalibrating ? 1 : 0];
      case 0x86:
        return [this.#ppm() >> 8, this.#ppm() & 0xff, 62];
      case 0x99:
        if (!isStubborn) this.#rangePpm = ((data[3] ?? 0) << 8) | (data[4] ?? 0);
        return [1];
      case 0x9b:
        return [0, 0, this.#rangePpm >> 8, this.#rangePpm & 0xff];
      case 0xa0:
        return [0x30, 0x35, 0x31, 0x32];
      default:
        return undefined;
    }
  }

  #ppm(): number {
    if (this.#world.fault?.() === 'preheats for ever') return 410;
    if (this.#world.fault?.() === 'tells nothing') return 0;
    return Math.round(Math.min(this.#rangePpm, Math.max(400, this.#world.truth('co2'))));
  }
}

async function heard(far: SerialDevice, signal: AbortSignal): Promise<Uint8Array> {
  for (;;) {
    try {
      return await far.read(LISTEN_MS, signal);
    } catch (cause) {
      if (!(cause instanceof SensorError && cause.kind === 'timeout')) throw cause;
    }
  }
}

function frame(body: readonly number[]): Uint8Array {
  const padded = Array.from({ length: 7 }, (_, index) => body[index] ?? 0);
  return Uint8Array.of(0xff, ...padded, check(padded));
}

function check(body: readonly number[]): number {
  return (256 - (body.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
}
