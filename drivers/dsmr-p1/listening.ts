/** Listening to the line: every good telegram, and an error once there are too few of them. */
import { SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { looksSealed } from './sealed.ts';
import type { Damage, Heard, Telegram } from './telegram.ts';

/** Bytes in, telegrams out. */
export interface Reader {
  feed(chunk: Uint8Array): Heard[];
}

// Between two telegrams lie ten seconds at most. After thirty without a good one something is wrong.
const PATIENCE_MS = 30_000;

// Most of so many are damaged: the line is bad, though a value comes over now and then.
const LOOKED_BACK = 30;

const SILENT_HINT = 'is the plug in, and is Data Request (pin 2) driven with 5 V?';
const GARBLED_HINT =
  'is the line 115200 8N1 (DSMR 4 and 5) or 9600 7E1 (DSMR 2 and 3), does the cable invert the signal, is it short?';
/** What to do about a meter that encrypts. */
export const SEALED_HINT = 'its telegrams are encrypted: ask the grid operator for the key, and write keyFile';

/** Every good telegram; throws once there was none for too long, or most were damaged. */
export async function* telegrams(
  device: SerialDevice,
  reader: Reader,
  signal?: AbortSignal,
): AsyncGenerator<Telegram, never> {
  const line = new LineWatch(device.uptimeMs());
  for (;;) {
    const chunk = await listen(device, line.untilMs - device.uptimeMs(), signal);
    line.heard(chunk, device.uptimeMs());
    for (const ended of reader.feed(chunk)) {
      if ('telegram' in ended) {
        yield ended.telegram;
        line.good(device.uptimeMs());
      } else line.damaged(ended.damage);
    }
    line.judge(device.uptimeMs());
  }
}

/** What came over the line lately. */
class LineWatch {
  /** Until then a good telegram must come. */
  untilMs: number;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #looksSealed = false;
  /** Damage since the last good telegram. */
  #damages: Damage[] = [];
  /** The last telegrams; undefined for a good one. */
  readonly #last: (Damage | undefined)[] = [];

  constructor(nowMs: number) {
    this.untilMs = nowMs + PATIENCE_MS;
  }

  heard(chunk: Uint8Array, nowMs: number): void {
    if (chunk.length > 0) this.#heardAtMs = nowMs;
    this.#looksSealed ||= looksSealed(chunk);
  }

  good(nowMs: number): void {
    this.untilMs = nowMs + PATIENCE_MS;
    this.#looksSealed = false;
    this.#damages = [];
    this.#count(undefined);
  }

  damaged(damage: Damage): void {
    this.#damages.push(damage);
    this.#count(damage);
  }

  /** Throws where the line can no longer be trusted. */
  judge(nowMs: number): void {
    const damaged = this.#last.filter((damage) => damage !== undefined);
    if (this.#last.length === LOOKED_BACK && damaged.length * 2 > LOOKED_BACK) throw garble(damaged, GARBLED_HINT);
    if (nowMs < this.untilMs) return;
    // A cable that is pulled leaves half a telegram; what counts is that nothing came after it.
    if (nowMs - this.#heardAtMs > PATIENCE_MS / 2)
      throw new SensorError('timeout', `the meter is silent: ${SILENT_HINT}`);
    throw garble(this.#damages, this.#looksSealed ? SEALED_HINT : GARBLED_HINT);
  }

  #count(damage: Damage | undefined): void {
    this.#last.push(damage);
    if (this.#last.length > LOOKED_BACK) this.#last.shift();
  }
}

/** The bytes that came; none if it stayed silent. */
async function listen(device: SerialDevice, withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await device.read(Math.max(0, withinMs), signal);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return new Uint8Array();
    throw cause;
  }
}

/** Damage is told here once, with its count: telling it each second has filled other people's logs. */
function garble(damages: readonly Damage[], hint: string): SensorError {
  const last = damages.findLast(({ fault }) => fault === 'checksum') ?? damages.at(-1);
  const seen = last ? `damaged ${damages.length} times, last: ${last.why}` : 'bytes, but no telegram';
  return new SensorError(last?.fault ?? 'implausible', `${seen}: ${hint}`);
}
