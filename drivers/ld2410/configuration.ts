/** What an LD2410 is told at the start: asked for first, written only where it differs, and read back. */
import { askFrame, type Identity, SensorError, type SerialDevice } from '../../src/driver-kit.ts';
import { commandFrame, dataOf, frameAt, isAnswerTo, parameter, SHORTEST_BYTES, word } from './frames.ts';

// "Configuration and control commands"
const ENABLE_CONFIGURATION = 0xff;
const END_CONFIGURATION = 0xfe;
const SET_GATES_AND_DURATION = 0x60;
const READ_PARAMETERS = 0x61;
const ENGINEERING_ON = 0x62;
const ENGINEERING_OFF = 0x63;
const READ_FIRMWARE = 0xa0;
const GET_MAC = 0xa5;
const GET_RESOLUTION = 0xab;

const ANSWER_MS = 1000;
// Reports go on until the first command is taken in; others saw it missed now and then.
const ENABLE_ATTEMPTS = 3;
const FARTHEST_GATE = 8;
// A factory's part holds "somebody" for 5 s; what is held longer is held by the driver.
const NOBODY_AFTER_SECONDS = 5;
const DONE = 0;

/** How the part is to be set up. */
export interface Wanted {
  readonly rangeM: number;
  readonly isEngineering: boolean;
}

interface Parameters {
  readonly farthest: number;
  readonly farthestMoving: number;
  readonly farthestStill: number;
  readonly nobodyAfterSeconds: number;
}

/** Proves what it is and sets it up. It reports nothing meanwhile, so configuration is ended whatever happens. */
export async function configure(device: SerialDevice, wanted: Wanted): Promise<Identity> {
  await enable(device);
  try {
    const firmware = firmwareIn(await ask(device, READ_FIRMWARE));
    await setRange(device, wanted.rangeM);
    await ask(device, wanted.isEngineering ? ENGINEERING_ON : ENGINEERING_OFF);
    const mac = await unlessUnknown(ask(device, GET_MAC, 1, 0));
    const serialNumber = mac && Buffer.from(mac.subarray(0, 6)).toString('hex');
    return { firmware, ...(serialNumber ? { serialNumber } : {}) };
  } finally {
    // The first failure is the one to tell.
    await ask(device, END_CONFIGURATION).catch(() => undefined);
  }
}

async function enable(device: SerialDevice): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask(device, ENABLE_CONFIGURATION, 1, 0);
      return;
    } catch (cause) {
      if (!isOf(cause, ['timeout', 'checksum']) || attempt === ENABLE_ATTEMPTS) throw cause;
    }
  }
}

/** "Maximum distance gate and unmanned duration": kept by the part when it loses power, so written only if they differ. */
async function setRange(device: SerialDevice, rangeM: number): Promise<void> {
  const before = parametersIn(await ask(device, READ_PARAMETERS));
  const gateM = await gateLength(device);
  const gate = Math.min(before.farthest, Math.max(1, Math.ceil(rangeM / gateM)));
  if (isAsWanted(before, gate)) return;
  const values = [parameter(0, gate), parameter(1, gate), parameter(2, NOBODY_AFTER_SECONDS)];
  await ask(device, SET_GATES_AND_DURATION, ...values.flat());
  const after = parametersIn(await ask(device, READ_PARAMETERS));
  if (isAsWanted(after, gate)) return;
  throw new SensorError('refused', `the part does not take gate ${gate}: it says ${JSON.stringify(after)}`);
}

function isAsWanted({ farthestMoving, farthestStill, nobodyAfterSeconds }: Parameters, gate: number): boolean {
  return farthestMoving === gate && farthestStill === gate && nobodyAfterSeconds === NOBODY_AFTER_SECONDS;
}

/** "Distance resolution": 0.75 m, or 0.2 m on firmware that knows it. */
async function gateLength(device: SerialDevice): Promise<number> {
  const told = await unlessUnknown(ask(device, GET_RESOLUTION));
  return told?.[0] === 1 ? 0.2 : 0.75;
}

/** "Read parameters": `aa`, three gates, each gate's sensitivity to motion and to stillness, the duration. */
function parametersIn(told: Uint8Array): Parameters {
  const [head, farthest = 0, farthestMoving = 0, farthestStill = 0] = told;
  const isOne = head === 0xaa && farthest > 0 && farthest <= FARTHEST_GATE && told.length === 2 * farthest + 8;
  if (!isOne)
    throw new SensorError('wrong-device', `parameters that no LD2410 has: ${Buffer.from(told).toString('hex')}`);
  return { farthest, farthestMoving, farthestStill, nobodyAfterSeconds: word(told, told.length - 2) };
}

/** "Read firmware version": a kind, then 1.02.22062416 with all its bytes from right to left. */
function firmwareIn(told: Uint8Array): string {
  if (told.length !== 8) throw new SensorError('wrong-device', `a firmware of ${told.length} bytes is no LD2410's`);
  const [, , minor = 0, major = 0, ...build] = told;
  const two = (byte: number) => byte.toString(16).padStart(2, '0');
  return `${major.toString(16)}.${two(minor)}.${build.toReversed().map(two).join('')}`;
}

/** What the part answers after its status; a SensorError `refused` if the status is not 0. */
async function ask(device: SerialDevice, command: number, ...value: readonly number[]): Promise<Uint8Array> {
  const isWanted = isAnswerTo(command);
  const listening = { frameAt, isWanted, patienceMs: ANSWER_MS, shortestBytes: SHORTEST_BYTES };
  const data = dataOf(await askFrame(device, commandFrame(command, ...value), listening));
  const status = word(data, 2);
  if (status === DONE) return data.subarray(4);
  throw new SensorError('refused', `command 0x${command.toString(16)} is answered with status ${status}`);
}

/** Older firmware refuses what it does not know, or keeps silent. */
async function unlessUnknown(attempt: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await attempt;
  } catch (cause) {
    if (isOf(cause, ['refused', 'timeout'])) return undefined;
    throw cause;
  }
}

function isOf(cause: unknown, kinds: readonly SensorError['kind'][]): boolean {
  return cause instanceof SensorError && kinds.includes(cause.kind);
}
