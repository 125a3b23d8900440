import { SensorError, type SerialDevice, type SerialSimulation, type World } from '../../src/driver-kit.ts';
import type { Ld2410Options } from './ld2410.ts';

const REPORT_MS = 100;
const OCCUPANCY = ['occupancy', 'occupancy_duration', 'occupancy_count'] as const;

/** An LD2410C that its last owner set to a short range and a long delay, and left in engineering mode. */
export const simulation: SerialSimulation<Ld2410Options> = {
  bus: 'serial',
  isUnchecked: true,
  spans: {
    // It tells somebody from nobody, nothing in between.
    occupancy: { min: 0, max: 1, resolution: 0.5 },
    motion_energy: { min: 0, max: 0, resolution: 0 },
    light_level: { min: 0, max: 255, resolution: 0.5 },
  },
  variants: [{}, { report: 'engineering', range: 3 }],
  faults: {
    'measures its noise': { why: 'state-4', streams: OCCUPANCY },
    'keeps its range': { error: 'refused', at: 'start' },
    'an LD2412': { error: 'wrong-device', at: 'start' },
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
  #isConfigured = false;
  #isEngineering = true;
  #gates: readonly [number, number] = [3, 3];
  #nobodyAfterSeconds = 120;
  #reportAtMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  quietMs(): number {
    if (this.#isConfigured) return 60_000;
    return Math.max(0, this.#reportAtMs - this.#world.uptimeMs());
  }

  unasked(): Uint8Array[] {
    if (this.#isConfigured || this.#world.uptimeMs() < this.#reportAtMs) return [];
    this.#reportAtMs = this.#world.uptimeMs() + REPORT_MS;
    return [this.#report()];
  }

  hear(bytes: Uint8Array): Uint8Array[] {
    const answers: Uint8Array[] = [];
    for (let at = 0; at + 12 <= bytes.length; ) {
      const length = (bytes[at + 4] ?? 0) | ((bytes[at + 5] ?? 0) << 8);
      const [command = 0, , ...value] = bytes.subarray(at + 6, at + 6 + length);
      at += 10 + length;
      const answer = this.#isConfigured || command === 0xff ? this.#obey(command, value) : undefined;
      if (answer) answers.push(framed('command', [command, 1, ...answer]));
    }
    return answers;
  }

  #obey(command: number, value: readonly number[]): readonly number[] {
    const isOther = this.#world.fault?.() === 'an LD2412';
    switch (command) {
      case 0xff:
        this.#isConfigured = true;
        return [0, 0, 1, 0, 0x40, 0];
      case 0xfe:
        this.#isConfigured = false;
        this.#reportAtMs = this.#world.uptimeMs() + REPORT_MS;
        return [0, 0];
      case 0x60:
        if (this.#world.fault?.() !== 'keeps its range') {
          this.#gates = [value[2] ?? 0, value[8] ?? 0];
          this.#nobodyAfterSeconds = (value[14] ?? 0) | ((value[15] ?? 0) << 8);
        }
        return [0, 0];
      case 0x61: {
        const sensitivities = [50, 50, 40, 30, 20, 15, 15, 15, 15, 0, 0, 40, 40, 30, 30, 20, 20, 20];
        const duration = [this.#nobodyAfterSeconds & 0xff, this.#nobodyAfterSeconds >> 8];
        return [0, 0, 0xaa, isOther ? 14 : 8, ...this.#gates, ...sensitivities, ...duration];
      }
      case 0x62:
      case 0x63:
        this.#isEngineering = command === 0x62;
        return [0, 0];
      case 0xa0:
        return [0, 0, 0, 1, 0x04, 0x02, 0x11, 0x25, 0x02, 0x23];
      case 0xa5:
        return [0, 0, 0x8f, 0x27, 0x2e, 0xb8, 0x0f, 0x65];
      default:
        return [1, 0];
    }
  }

  /** Somebody who sits still at 1.4 m; what it last saw moving stays in its report. */
  #report(): Uint8Array {
    const isThere = this.#world.truth('occupancy') >= 0.5;
    const state = this.#world.fault?.() === 'measures its noise' ? 4 : isThere ? 2 : 0;
    const target = [state, 81, 0, 44, 140, 0, isThere ? 59 : 0, 140, 0];
    if (!this.#isEngineering) return framed('report', [2, 0xaa, ...target, 0x55, 0]);
    const gates = [8, 8, ...Array<number>(9).fill(5), ...Array<number>(9).fill(isThere ? 40 : 3)];
    const light = Math.round(this.#world.truth('light_level'));
    return framed('report', [1, 0xaa, ...target, ...gates, light, isThere ? 1 : 0, 0x55, 0]);
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

function framed(kind: 'report' | 'command', data: readonly number[]): Uint8Array {
  const [head, tail] =
    kind === 'report'
      ? [
          [0xf4, 0xf3, 0xf2, 0xf1],
          [0xf8, 0xf7, 0xf6, 0xf5],
        ]
      : [
          [0xfd, 0xfc, 0xfb, 0xfa],
          [4, 3, 2, 1],
        ];
  return Uint8Array.of(...head, data.length & 0xff, data.length >> 8, ...data, ...tail);
}
