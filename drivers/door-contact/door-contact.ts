/**
 * Reed contacts and microswitches on doors, windows and hatches: open or shut, and how often it was opened.
 *
 * A contact bounces, and a door in the wind rattles: what it says counts once it has said so for a while.
 */
import {
  duration,
  type Edge,
  type GpioDevice,
  type GpioDriver,
  type Held,
  HeldState,
  KeptCounts,
  type Level,
  options,
  type Parsed,
  type Sample,
  SensorError,
} from '../../src/driver-kit.ts';

// A contact that bounces for longer than this many times the debounce is none.
const RESTLESS_TIMES = 20;

const fields = options({
  debounce: duration({
    help: 'the contact must say the same for so long before it is believed',
    default: '50ms',
    min: '1ms',
    max: '10s',
  }),
  repeat: duration({
    help: 'the state is told again at least so often, so that "shut" differs from "no data"',
    default: '60s',
    min: '1s',
    max: '1h',
  }),
});

/** A contact on a GPIO line, high while the door is open: tells each change at once, and the state every `repeat`. */
export const driver: GpioDriver<Parsed<typeof fields>> = {
  part: 'door-contact',
  bus: 'gpio',
  measures: ['door_open', 'door_duration', 'door_openings'],
  options: fields,
  // A change is told when it happens; `repeat` bounds the rest.
  period: { default: '0s', least: '0s' },

  create: (device, { debounce, repeat }, memory) => {
    const door = new HeldState({ holdMs: 0, repeatMs: repeat });
    const kept = new KeptCounts(memory, 1);
    return {
      async start() {
        await kept.load();
        // A line cannot say what hangs on it; that it can be read is all there is to prove.
        await device.level();
        return {};
      },
      samples: (signal) => states(device, { door, kept, debounceMs: debounce }, signal),
    };
  },
};

async function* states(
  device: GpioDevice,
  { door, kept, debounceMs }: { readonly door: HeldState; readonly kept: KeptCounts; readonly debounceMs: number },
  signal: AbortSignal,
): AsyncGenerator<Sample> {
  const [count = 0] = await kept.load();
  const first = await atRest(device, debounceMs, signal);
  const contact = new Contact(first, debounceMs);
  door.begin(first === 1, { uptimeMs: device.uptimeMs(), count });
  for (;;) {
    const nowMs = device.uptimeMs();
    const changed = contact.settled(nowMs);
    if (changed) door.saw(changed.level === 1, changed.uptimeMs);
    const held = door.due(nowMs);
    // Remembered before anybody is told.
    if (held) await kept.save([held.count]);
    if (held) yield sampleOf(held);
    const quietMs = Math.min(door.quietMs(device.uptimeMs()), contact.quietMs(device.uptimeMs()));
    // All that waits is read first: a bounce that is read late is no less one.
    for (let edge = await device.edge(quietMs, signal); edge; edge = await device.edge(0)) {
      const before = contact.settled(edge.uptimeMs);
      if (before) door.saw(before.level === 1, before.uptimeMs);
      contact.saw(edge);
    }
  }
}

/** The level at the start, once the contact has said the same for a while. */
async function atRest(device: GpioDevice, debounceMs: number, signal: AbortSignal): Promise<Level> {
  let level = await device.level();
  const untilMs = device.uptimeMs() + RESTLESS_TIMES * debounceMs;
  for (;;) {
    const edge = await device.edge(debounceMs, signal);
    if (!edge) return level;
    level = edge.level;
    if (device.uptimeMs() >= untilMs) {
      throw new SensorError('implausible', 'the contact does not come to rest: is the input floating?');
    }
  }
}

function sampleOf({ isOn, seconds, count }: Held): Sample {
  return { door_open: isOn ? 1 : 0, door_duration: seconds, door_openings: count };
}

/** What a bouncing contact says once it has come to rest. */
class Contact {
  readonly #debounceMs: number;
  #believed: Level;
  #level: Level;
  #restlessSinceMs: number | undefined;
  #latestMs = 0;

  constructor(level: Level, debounceMs: number) {
    this.#believed = level;
    this.#level = level;
    this.#debounceMs = debounceMs;
  }

  saw({ level, uptimeMs }: Edge): void {
    this.#restlessSinceMs ??= uptimeMs;
    this.#level = level;
    this.#latestMs = uptimeMs;
  }

  /** The change that had come to rest by `uptimeMs`, with the moment at which it began. */
  settled(uptimeMs: number): Edge | undefined {
    const beganMs = this.#restlessSinceMs;
    if (beganMs === undefined || uptimeMs - this.#latestMs < this.#debounceMs) return undefined;
    this.#restlessSinceMs = undefined;
    if (this.#level === this.#believed) return undefined;
    this.#believed = this.#level;
    return { level: this.#level, uptimeMs: beganMs };
  }

  /** For how long nothing settles if nothing is seen. */
  quietMs(uptimeMs: number): number {
    if (this.#restlessSinceMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#latestMs + this.#debounceMs - uptimeMs);
  }
}
