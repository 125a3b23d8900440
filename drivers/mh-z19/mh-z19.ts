/**
 * Winsen MH-Z19, MH-Z19B, MH-Z19C: carbon dioxide by infrared absorption.
 *
 * Headings in quotes are those of Winsen's manuals; commands that only owners have found are marked. `frames.ts` has the
 * bytes.
 */
import {
  askFrame,
  choice,
  faulty,
  flag,
  options,
  type Parsed,
  type Reading,
  SensorError,
  type SerialDevice,
  type SerialDriver,
} from '../../src/driver-kit.ts';
import { decode, FRAME_BYTES, frameAt, isAnswerTo, question } from './frames.ts';

// "Commands"
const READ_CO2 = 0x86;
const SET_SELF_CALIBRATION = 0x79;
const SET_RANGE = 0x99;
// Found by owners.
const GET_SELF_CALIBRATION = 0x7d;
const GET_RANGE = 0x9b;
const GET_FIRMWARE = 0xa0;

const ON = 0xa0;
const OFF = 0x00;

// The parts answer within some tens of milliseconds; others wait 500 ms, which also covers a busy adapter.
const ANSWER_MS = 500;
// The part writes a setting down before it listens again; that it takes no longer is observed by others.
const SETTLE_MS = 100;

// "Preheat time": 3 min. Meanwhile many parts tell one of these numbers, whatever the air.
const PREHEAT_MS = 180_000;
const PREHEATING: readonly number[] = [400, 410, 500];
// 400 is also what fresh air reads, and the least that the part tells.
const LEAST_PPM = 400;

const fields = options({
  range: choice(['2000', '5000', '10000'], {
    help: 'the most that the part tells, in ppm; 10000 on some MH-Z19C only',
    default: '5000',
  }),
  selfCalibration: flag({
    help: 'every day the part takes the lowest CO2 for fresh air; false where the room is not aired every day',
    default: true,
  }),
});

/** The options in YAML. */
export type MhZ19Options = Parsed<typeof fields>;

/** MH-Z19: sets range and self-calibration where they differ, then asks at each poll. It is never told to calibrate. */
export const driver: SerialDriver<MhZ19Options> = {
  part: 'mh-z19',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: ['co2'],
  options: fields,
  period: { default: '60s', least: '5s', why: 'it measures every 5 s' },
  warmUpSeconds: PREHEAT_MS / 1000,

  search: {
    async ask(device) {
      await ask(device, READ_CO2);
      const firmware = await firmwareOf(device);
      return { identity: firmware ? { firmware } : {} };
    },
  },

  create(device, { range, selfCalibration }) {
    const rangePpm = Number(range);
    let preheat = new Preheat(0);
    return {
      async start() {
        await ask(device, READ_CO2); // proves that one is there
        const firmware = await firmwareOf(device);
        await setRange(device, rangePpm);
        await setSelfCalibration(device, selfCalibration);
        preheat = new Preheat(device.uptimeMs());
        return firmware ? { firmware } : {};
      },
      async poll() {
        const ppm = decode(await ask(device, READ_CO2));
        return { co2: preheat.trouble(ppm, device.uptimeMs()) ?? inRange(ppm, rangePpm) };
      },
    };
  },
};

/** The part stops counting at the end of its range. */
function inRange(ppm: number, rangePpm: number): Reading | number {
  return ppm < rangePpm ? ppm : { value: ppm, quality: 'out_of_range', why: `end of range ${rangePpm}` };
}

/**
 * Tells measurements from what a part says that does not measure yet. Only other numbers than those prove that it does;
 * a part that was not started anew with the gateway tells them at once.
 */
class Preheat {
  readonly #untilMs: number;
  #hasMeasured = false;

  constructor(startedMs: number) {
    this.#untilMs = startedMs + PREHEAT_MS;
  }

  /** Why `ppm` is no measurement; undefined if it is one. */
  trouble(ppm: number, uptimeMs: number): Reading | undefined {
    if (ppm === 0) return faulty('no-reading');
    if (!PREHEATING.includes(ppm)) this.#hasMeasured = true;
    if (this.#hasMeasured) return undefined;
    if (uptimeMs < this.#untilMs) return faulty('preheating');
    return ppm === LEAST_PPM ? undefined : faulty('never-preheated');
  }
}

async function setRange(device: SerialDevice, rangePpm: number): Promise<void> {
  const told = async () => {
    const answer = await unlessSilent(ask(device, GET_RANGE));
    return answer ? ((answer[4] ?? 0) << 8) | (answer[5] ?? 0) : undefined;
  };
  // "Detection range setting": the bytes are the sixth and seventh, as in the Chinese manual.
  const set = question(SET_RANGE, 0, 0, 0, rangePpm >> 8, rangePpm & 0xff);
  await change(device, { what: 'a range of', set, wanted: rangePpm, told });
}

async function setSelfCalibration(device: SerialDevice, isOn: boolean): Promise<void> {
  const told = async () => (await unlessSilent(ask(device, GET_SELF_CALIBRATION)))?.[7];
  const set = question(SET_SELF_CALIBRATION, isOn ? ON : OFF);
  await change(device, { what: 'self-calibration', set, wanted: isOn ? 1 : 0, told });
}

/** Writes a setting where it differs, and proves it. A part that cannot be asked for it is told it at each start. */
async function change(
  device: SerialDevice,
  setting: {
    readonly what: string;
    readonly set: Uint8Array;
    readonly wanted: number;
    readonly told: () => Promise<number | undefined>;
  },
): Promise<void> {
  const { what, set, wanted, told } = setting;
  const before = await told();
  if (before === wanted) return;
  await device.write(set);
  await device.sleep(SETTLE_MS);
  if (before === undefined) return;
  const after = await told();
  if (after !== wanted) throw new SensorError('refused', `the part does not take ${what} ${wanted}: it says ${after}`);
}

/** Four digits, as `0512` for 5.12. */
async function firmwareOf(device: SerialDevice): Promise<string | undefined> {
  const told = await unlessSilent(ask(device, GET_FIRMWARE));
  const text = told && String.fromCharCode(...told.subarray(2, 6));
  return text && /^\d{4}$/.test(text) ? `${Number(text.slice(0, 2))}.${text.slice(2)}` : undefined;
}

function ask(device: SerialDevice, command: number): Promise<Uint8Array> {
  const isWanted = isAnswerTo(command);
  const listening = { frameAt, isWanted, patienceMs: ANSWER_MS, shortestBytes: FRAME_BYTES };
  return askFrame(device, question(command), listening);
}

/** Not every firmware knows what owners have found. */
async function unlessSilent(attempt: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await attempt;
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return undefined;
    throw cause;
  }
}
