/**
 * Nova Fitness SDS011, SDS018, SDS021: particulate matter by laser scattering.
 *
 * It reports unasked, and goes on doing so while it is asked. `frames.ts` has its bytes.
 */
import {
  hex,
  number,
  options,
  type Parsed,
  SensorError,
  type SerialDevice,
  type SerialDriver,
} from '../../src/driver-kit.ts';
import { commandFrame, decode, FRAME_BYTES, frames, REPLY, REPORT } from './frames.ts';

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
export const sds011: SerialDriver<Parsed<typeof fields>> = {
  part: 'sds011',
  bus: 'serial',
  line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: ['pm25', 'pm10'],
  options: fields,
  // Thins out continuous mode, yet is so far below the shortest duty cycle (1 min) that each of its reports is kept.
  period: { default: '30s', least: '1s' },
  // "Set sleep and work": the data is stable after 30 s of work.
  warmUpSeconds: 30,

  create: (device, { dutyCycle }) => ({
    async start() {
      device.discard();
      await wake(device);
      await set(device, DATA_REPORTING_MODE, ACTIVE);
      const reply = await ask(device, [FIRMWARE_VERSION]);
      await set(device, WORKING_PERIOD, dutyCycle);
      const date = Array.from(reply.subarray(1, 4), (number) => String(number).padStart(2, '0'));
      return { serialNumber: hex(reply.subarray(4)).replace(' ', ''), firmware: `20${date.join('-')}` };
    },

    async *samples(signal) {
      const isWanted = ([, kind]: Uint8Array) => kind === REPORT;
      const patienceMs = dutyCycle === 0 ? CONTINUOUS_SILENCE_MS : dutyCycle * 60_000 + PERIOD_MARGIN_MS;
      for await (const report of listen(device, { isWanted, patienceMs }, signal)) yield decode(report);
    },

    // Unheard, it would go on wearing out its laser. Nobody waits for the reply any more.
    stop: () => device.write(commandFrame([SLEEP_AND_WORK, SET, SLEEP])),
  }),
};

/** The frames that are `wanted`, as they come; a SensorError once none came for `patienceMs`, whatever else did. */
async function* listen(
  device: SerialDevice,
  { isWanted, patienceMs }: { readonly isWanted: (frame: Uint8Array) => boolean; readonly patienceMs: number },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, never> {
  let rest: Uint8Array = new Uint8Array();
  let instead = { frames: 0, bytes: 0 };
  let untilMs = device.uptimeMs() + patienceMs;
  for (;;) {
    const chunk = await hear(device, untilMs - device.uptimeMs(), signal);
    const parsed = frames(Buffer.concat([rest, chunk]));
    rest = parsed.rest;
    const wanted = parsed.found.filter(isWanted);
    instead = {
      frames: instead.frames + parsed.found.length - wanted.length,
      bytes: instead.bytes + parsed.skippedBytes,
    };
    yield* wanted;
    if (wanted.length > 0) {
      instead = { frames: 0, bytes: 0 };
      untilMs = device.uptimeMs() + patienceMs;
    } else if (device.uptimeMs() >= untilMs) throw missing(patienceMs, instead);
  }
}

/** What came; nothing if it stayed silent. */
async function hear(device: SerialDevice, withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await device.read(Math.max(0, withinMs), signal);
  } catch (cause) {
    if (isTimeout(cause)) return new Uint8Array();
    throw cause;
  }
}

/** Other good frames prove that the line is sound: what is missing was then not sent. */
function missing(
  patienceMs: number,
  { frames, bytes }: { readonly frames: number; readonly bytes: number },
): SensorError {
  const isDamaged = frames === 0 && bytes >= FRAME_BYTES;
  const instead = frames + bytes > 0 ? `${frames} other frames and ${bytes} bytes that are none` : 'silence';
  return new SensorError(isDamaged ? 'checksum' : 'timeout', `for ${patienceMs} ms only ${instead}`);
}

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
  const { value } = await listen(device, { isWanted, patienceMs: REPLY_MS }).next();
  return value.subarray(2, 8);
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof SensorError && cause.kind === 'timeout';
}
