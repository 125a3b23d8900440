/**
 * Plantower PMS5003, PMS7003, PMSA003: particulate matter by laser scattering.
 *
 * It reports unasked (active), or when asked (passive). `frames.ts` has its bytes.
 */
import {
  askFrame,
  choice,
  framesIn,
  listenFor,
  number,
  options,
  type Parsed,
  SensorError,
  type SerialDevice,
  type SerialDriver,
} from '../../src/driver-kit.ts';
import {
  ALL,
  commandFrame,
  DATA_LENGTH,
  decode,
  frameAt,
  lengthOf,
  MASS,
  SHORTEST_BYTES,
  SIBLINGS,
  versionOf,
} from './frames.ts';

// "Appendix II"
const WAKE_UP = commandFrame(0xe4, 1);
const SLEEP = commandFrame(0xe4, 0);
const ACTIVE = commandFrame(0xe1, 1);
const PASSIVE = commandFrame(0xe1, 0);
const READ = commandFrame(0xe2, 0);

// In active mode a report comes at least every 2.3 s ("stable mode").
const SILENCE_MS = 10_000;
// A part that was asleep may miss what is said to it while it wakes.
const WAKE_ATTEMPTS = 3;
const WAKE_MS = 5000;
const ANSWER_MS = 3000;
// "Circuit Attentions": stable data needs 30 s after waking up.
const WORK_MS = 30_000;

const fields = options({
  dutyCycle: number({
    help: 'one measurement every so many minutes, fan and laser off in between; 0: all the time',
    default: 5,
    min: 0,
    max: 30,
    unit: 'min',
    whole: true,
  }),
  report: choice(['mass', 'all'], {
    default: 'mass',
    help: 'mass concentrations alone, or also the numbers of particles',
  }),
});

/** The options in YAML. */
export type Pms5003Options = Parsed<typeof fields>;

/** PMS5003 family: wakes it for each measurement and lets it sleep in between, or listens all the time. */
export const driver: SerialDriver<Pms5003Options> = {
  part: 'pms5003',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: ALL,
  streams: ({ report }) => (report === 'all' ? ALL : MASS),
  options: fields,
  // Thins out active mode, yet is so far below the shortest duty cycle (1 min) that each measurement is kept.
  period: { default: '30s', least: '1s' },
  // Waking takes 5 s, each answer up to 3 s.
  deadline: '30s',
  warmUpSeconds: WORK_MS / 1000,

  search: {
    hear: {
      // "Stable mode": a report comes at least every 2.3 s.
      withinMs: 3000,
      in: (bytes) => {
        const report = framesIn(bytes, frameAt).found.find((frame) => lengthOf(frame) === DATA_LENGTH);
        return report && { identity: { firmware: versionOf(report) } };
      },
    },
    // What was silent was asleep, or waited to be asked: it sleeps again.
    async ask(device) {
      const firmware = versionOf(await firstReport(device));
      await device.write(SLEEP);
      return { identity: { firmware } };
    },
  },

  create: (device, { dutyCycle, report }) => {
    const streams = report === 'all' ? ALL : MASS;
    return {
      async start() {
        const frame = await firstReport(device);
        return { firmware: versionOf(frame) };
      },
      async *samples(signal) {
        const reports = dutyCycle === 0 ? unasked(device, signal) : inTurn(device, dutyCycle * 60_000, signal);
        for await (const frame of reports) yield decode(frame, streams);
      },
      // Unheard, it would go on wearing out its laser and its fan. Nobody waits for the reply any more.
      stop: () => device.write(SLEEP),
    };
  },
};

/** Wakes it and lets it report; the report proves what it is. Its replies prove nothing: all of its make have them. */
async function firstReport(device: SerialDevice): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    device.discard();
    await device.write(WAKE_UP);
    await device.write(ACTIVE);
    try {
      return checked((await reports(device, WAKE_MS).next()).value);
    } catch (cause) {
      const isSilent = cause instanceof SensorError && cause.kind === 'timeout';
      if (!isSilent || attempt === WAKE_ATTEMPTS) throw cause;
    }
  }
}

function unasked(device: SerialDevice, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  return reports(device, SILENCE_MS, signal);
}

/** One report per turn. The part is told to be passive after it woke: not every one remembers that it was. */
async function* inTurn(device: SerialDevice, turnMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (;;) {
    const nextAtMs = device.uptimeMs() + turnMs;
    await device.write(WAKE_UP);
    await device.sleep(WORK_MS, signal);
    await device.write(PASSIVE);
    const listening = { frameAt, isWanted: isReport, patienceMs: ANSWER_MS, shortestBytes: SHORTEST_BYTES };
    const report = await askFrame(device, READ, listening);
    await device.write(SLEEP);
    yield checked(report);
    await device.sleep(Math.max(0, nextAtMs - device.uptimeMs()), signal);
  }
}

function reports(device: SerialDevice, patienceMs: number, signal?: AbortSignal) {
  return listenFor(device, { frameAt, isWanted: isReport, patienceMs, shortestBytes: SHORTEST_BYTES }, signal);
}

function isReport(frame: Uint8Array): boolean {
  return lengthOf(frame) === DATA_LENGTH || SIBLINGS[lengthOf(frame)] !== undefined;
}

/** A sibling's report has other words in other places: none of its values may be told. */
function checked(frame: Uint8Array): Uint8Array {
  const sibling = SIBLINGS[lengthOf(frame)];
  if (sibling) throw new SensorError('wrong-device', `a report of ${frame.length} bytes is a ${sibling}'s`);
  return frame;
}
