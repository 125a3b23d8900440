import { SensorError, type SerialDevice, type SerialSimulation, type World } from '../../src/driver-kit.ts';

const ID = [0xa1, 0x60] as const;
const FIRMWARE_DATE = [18, 11, 16] as const;
const WORK_MS = 30_000;

type Data = readonly [number, number, number, number];

/**
 * An SDS011 that its last owner left asleep. Asleep, also between two working periods, it hears nothing but the command
 * that wakes it, and does not answer that: the worst that others have seen. It talks when due, and answers at once.
 */
export const simulation: SerialSimulation = {
  bus: 'serial',
  spans: {
    pm25: { min: 0, max: 999.9, resolution: 0.1 },
    pm10: { min: 0, max: 999.9, resolution: 0.1 },
  },
  variants: [{ dutyCycle: 5 }, { dutyCycle: 0 }],
  run: async (far, world, _options, signal) => {
    const part = new Part(world);
    for (;;) {
      for (const data of part.hear(await heard(far, part.quietMs(), signal))) await far.write(frame(0xc5, data));
      const report = part.report();
      if (report) await far.write(frame(0xc0, report));
    }
  },
};

class Part {
  readonly #world: World;
  #isAsleep = true;
  #isActive = true;
  #periodMinutes = 0;
  #reportAtMs = Number.POSITIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks up from time to time even if nothing is due. */
  quietMs(): number {
    return Math.min(60_000, Math.max(0, this.#reportAtMs - this.#world.uptimeMs()));
  }

  /** What it says unasked when a measurement is due; it sleeps until the next one if it has a working period. */
  report(): Data | undefined {
    if (this.#world.uptimeMs() < this.#reportAtMs) return undefined;
    this.#reportAtMs += this.#periodMinutes === 0 ? 1000 : this.#periodMinutes * 60_000;
    const [pm25, pm10] = [tenths(this.#world.truth('pm25')), tenths(this.#world.truth('pm10'))];
    return this.#isActive ? [pm25 & 0xff, pm25 >> 8, pm10 & 0xff, pm10 >> 8] : undefined;
  }

  /** The replies to the commands in `bytes`. */
  hear(bytes: Uint8Array): Data[] {
    const replies: Data[] = [];
    for (let at = 0; at + 19 <= bytes.length; at += 19) {
      const command = bytes.subarray(at, at + 19);
      if (command[17] !== sum(command.subarray(2, 17))) continue;
      const reply = this.#isResting() ? this.#rouse(command) : this.#obey(command);
      if (reply) replies.push(reply);
    }
    return replies;
  }

  #isResting(): boolean {
    return this.#isAsleep || this.#reportAtMs - this.#world.uptimeMs() > WORK_MS;
  }

  #rouse([, , command, set, value]: Uint8Array): undefined {
    if (command === 6 && set === 1 && value === 1) this.#work();
  }

  #obey([, , command, set = 0, value = 0]: Uint8Array): Data | undefined {
    const isSet = set === 1;
    switch (command) {
      case 2:
        if (isSet) this.#isActive = value === 0;
        return [2, set, this.#isActive ? 0 : 1, 0];
      case 6:
        if (isSet && value === 0) this.#isAsleep = true;
        if (this.#isAsleep) this.#reportAtMs = Number.POSITIVE_INFINITY;
        return [6, set, this.#isAsleep ? 0 : 1, 0];
      case 7:
        return [7, ...FIRMWARE_DATE];
      case 8:
        if (isSet) {
          this.#periodMinutes = value;
          this.#work();
        }
        return [8, set, this.#periodMinutes, 0];
      default:
        return undefined;
    }
  }

  #work(): void {
    this.#isAsleep = false;
    this.#reportAtMs = this.#world.uptimeMs() + (this.#periodMinutes === 0 ? 1000 : WORK_MS);
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

function frame(kind: number, data: Data): Uint8Array {
  const body = Uint8Array.of(...data, ...ID);
  return Uint8Array.of(0xaa, kind, ...body, sum(body), 0xab);
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

function tenths(concentration: number): number {
  return Math.round(Math.min(999.9, Math.max(0, concentration)) * 10);
}
