/**
 * Nova Fitness SDS011, SDS018, SDS021: particulate matter by laser scattering.
 *
 * It reports unasked, and goes on doing so while it is asked. `frames.ts` has its bytes.
 */
import {
  framesIn,
  hex,
  listenFor,
  number,
  options,
  type Parsed,
  SensorError,
  type SerialDevice,
  type SerialDriver,
} from '../../src/driver-kit.ts';
import { commandFrame, decode, FRAME_BYTES, frameAt, REPLY, REPORT } from './frames.ts';

// "Command": what data byte 1 may be, and data bytes 2 and 3 of the commands that set something.
const DATA_REPORTING_MODE = 0x02;
const SLEEP_AND_WORK = 0x06;
const FIRMWARE_VERSION = 0x07;
const WORKING_PERIOD = 0x08;
const SET = 1;
const ACTIVE = 0;
const SLEEP = 0;
const WORK = 1;

// Replies come within about a second (observed by others; the protocol gives no limit).
const REPLY_MS = 2000;
// "Set sleep and work" says that any command wakes the part, but not that it also answers the one that woke it.
const WAKE_ATTEMPTS = 3;

// In continuous mode a report comes each second; ten of them missed, or damaged, is a fault.
const CONTINUOUS_SILENCE_MS = 10_000;
// In duty-cycle mode the part keeps its own time; others saw it come 20 s late.
const PERIOD_MARGIN_MS = 60_000;

const FRAMES = { frameAt, shortestBytes: FRAME_BYTES } as const;

const fields = options({
  dutyCycle: number({
    help: 'one measurement every so many minutes, the laser off in between; 0: each second, laser always on',
    default: 5,
    min: 0,
    max: 30,
    unit: 'min',
    whole: true,
  }),
});

/** SDS011 family: sets the part to report by itself, then listens. The laser rests between two measurements. */
export const driver: SerialDriver<Parsed<typeof fields>> = {
  part: 'sds011',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: ['pm25', 'pm10'],
  options: fields,
  // Thins out continuous mode, yet is so far below the shortest duty cycle (1 min) that each of its reports is kept.
  period: { default: '30s', least: '1s' },
  // Each of the start's answers may take 2 s.
  deadline: '30s',
  // "Set sleep and work": the data is stable after 30 s of work.
  warmUpSeconds: 30,

  search: {
    hear: {
      withinMs: 3000,
      in: (bytes) => {
        const report = framesIn(bytes, frameAt).found.find(([, kind]) => kind === REPORT);
        return report && { identity: { serialNumber: serialNumberOf(report.subarray(6, 8)) } };
      },
    },
    // What was silent was asleep: it sleeps again, though one with a working period of its own then begins that anew.
    async ask(device) {
      device.discard();
      await wake(device);
      const identity = identityOf(await ask(device, [FIRMWARE_VERSION]));
      await device.write(commandFrame([SLEEP_AND_WORK, SET, SLEEP]));
      return { identity };
    },
  },

  create: (device, { dutyCycle }) => ({
    async start() {
      device.discard();
      await wake(device);
      await set(device, DATA_REPORTING_MODE, ACTIVE);
      const reply = await ask(device, [FIRMWARE_VERSION]);
      await set(device, WORKING_PERIOD, dutyCycle);
      return identityOf(reply);
    },

    async *samples(signal) {
      const isWanted = ([, kind]: Uint8Array) => kind === REPORT;
      const patienceMs = dutyCycle === 0 ? CONTINUOUS_SILENCE_MS : dutyCycle * 60_000 + PERIOD_MARGIN_MS;
      for await (const report of listenFor(device, { ...FRAMES, isWanted, patienceMs }, signal)) yield decode(report);
    },

    // Unheard, it would go on wearing out its laser. Nobody waits for the reply any more.
    stop: () => device.write(commandFrame([SLEEP_AND_WORK, SET, SLEEP])),
  }),
};

/** The reply to the question for the firmware: its date, then the part's number. */
function identityOf(reply: Uint8Array) {
  const date = Array.from(reply.subarray(1, 4), (number) => String(number).padStart(2, '0'));
  return { serialNumber: serialNumberOf(reply.subarray(4)), firmware: `20${date.join('-')}` };
}

const serialNumberOf = (bytes: Uint8Array) => hex(bytes).replace(' ', '');

async function wake(device: SerialDevice): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await set(device, SLEEP_AND_WORK, WORK);
    } catch (cause) {
      if (!isTimeout(cause) || attempt === WAKE_ATTEMPTS) throw cause;
    }
  }
}

/** The reply to a setting repeats it. */
async function set(device: SerialDevice, command: number, value: number): Promise<void> {
  const reply = await ask(device, [command, SET, value]);
  if (reply[1] !== SET || reply[2] !== value) {
    throw new SensorError('refused', `command ${command} set to ${value} was answered with ${hex(reply)}`);
  }
}

/** The six data bytes of the reply to `command`, picked out from the reports that go on meanwhile. */
async function ask(device: SerialDevice, command: readonly number[]): Promise<Uint8Array> {
  await device.write(commandFrame(command));
  const isWanted = ([, kind, answers]: Uint8Array) => kind === REPLY && answers === command[0];
  const { value } = await listenFor(device, { ...FRAMES, isWanted, patienceMs: REPLY_MS }).next();
  return value.subarray(2, 8);
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof SensorError && cause.kind === 'timeout';
}
