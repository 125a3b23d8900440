import type { LineSettings, SerialDevice, SerialLine } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { hex } from '../protocol/hex.ts';
import { asked, heeding } from './asking.ts';
import { found, type ScanEvent, type Scanning } from './scan.ts';
import { metersOn } from './serial-meters.ts';
import {
  atSettings,
  isSame,
  LONE_SECONDS,
  lineSeconds,
  listenedMs,
  meterLines,
  type Sought,
  shownLine,
  unitLines,
  withSearch,
} from './serial-plan.ts';
import { unitsOn } from './serial-units.ts';

interface Line {
  readonly name: string;
  openAs(settings: LineSettings): SerialLine;
}

/** Fewer bytes than these are what an idle line picks up, or what opening it stirs. */
const NOISE_BYTES = 8;
const SHOWN_BYTES = 24;

/** Listens first: a part that talks is never talked to. Then asks for the only part on the line, for units, for meters. */
export async function* scanSerial(line: Line, scanning: Scanning): AsyncGenerator<ScanEvent> {
  const atMostSeconds = lineSeconds(scanning.drivers, scanning.isThorough);
  yield { event: 'step', bus: line.name, what: 'every usual setting of the line', atMostSeconds };
  const garbled: ScanEvent[] = [];
  for (const way of [listened, lone, units, meters]) {
    let isThere = false;
    for await (const event of way(line, scanning)) {
      isThere ||= isPart(event);
      if (isGarbled(event)) garbled.push(event);
      else yield event;
    }
    if (isThere || scanning.signal.aborted) return;
  }
  yield* garbled;
}

const isGarbled = (event: ScanEvent) => event.event === 'unknown' && event.isGarbled === true;

/** True where somebody is there who was understood. */
const isPart = (event: ScanEvent) => event.event !== 'step' && !isGarbled(event);

/**
 * A line that others use is scanned as it stands, one conversation at a time: as their parts do, so those that are looked
 * for may speak Modbus or M-Bus.
 */
export async function* scanOpenLine(
  { name, open, settings }: { readonly name: string; readonly open: SerialLine; readonly settings: LineSettings },
  scanning: Scanning,
): AsyncGenerator<ScanEvent> {
  // The first place of each: further ones are other words for the same device.
  const places = new Map([...scanning.known].toReversed().map(([place, device]) => [device, String(place)]));
  for (const [device, place] of places) yield { event: 'known', bus: name, place, device };
  yield* unitsOn({ name, open, settings }, scanning);
  yield* metersOn({ name, open, settings }, scanning);
}

/** Settings at which parts talk, the slowest talker first: where it hears nothing at all, nobody talks. */
async function* listened(line: Line, { drivers, signal }: Scanning): AsyncGenerator<ScanEvent> {
  const talkers = withSearch(drivers, 'hear');
  let unknown: ScanEvent | undefined;
  for (const settings of atSettings(talkers).toSorted((a, b) => listenedMs(talkers, b) - listenedMs(talkers, a))) {
    const [what, atMostSeconds] = [`listening at ${shownLine(settings)}`, listenedMs(talkers, settings) / 1000];
    yield { event: 'step', bus: line.name, what, atMostSeconds };
    const heard = await heardAt({ line, settings, signal }, talkers);
    if (!(heard instanceof Uint8Array)) return yield heard;
    if (heard.length < NOISE_BYTES) break;
    const shown = hex(heard.subarray(0, SHOWN_BYTES));
    unknown ??= { event: 'unknown', bus: line.name, place: shownLine(settings), said: `it talks unasked: ${shown} …` };
  }
  if (unknown) yield unknown;
}

/** Who talks at these settings; the bytes where it is nobody who is known. */
function heardAt(opening: Opening, talkers: readonly Sought<'hear'>[]): Promise<ScanEvent | Uint8Array> {
  const { line, settings } = opening;
  const fitting = talkers.filter(({ lines }) => lines.some((one) => isSame(one, settings)));
  const whoSaid = (bytes: Uint8Array) => {
    for (const { driver, search, told } of fitting) {
      const sighting = search.hear.in(bytes);
      if (sighting) return found({ bus: line.name, ...told(settings) }, driver, sighting);
    }
    return undefined;
  };
  return opened(opening, (device) => whoTalks(device, listenedMs(talkers, settings), whoSaid));
}

/** What `judge` makes of the bytes so far, or all of them. */
async function whoTalks<T>(
  device: SerialDevice,
  withinMs: number,
  judge: (heard: Uint8Array) => T | undefined,
): Promise<T | Uint8Array> {
  const untilMs = device.uptimeMs() + withinMs;
  let heard: Uint8Array = new Uint8Array();
  for (let leftMs = withinMs; leftMs > 0; leftMs = untilMs - device.uptimeMs()) {
    try {
      heard = Buffer.concat([heard, await device.read(leftMs)]);
    } catch (cause) {
      if (cause instanceof SensorError && cause.kind === 'timeout') break;
      throw cause;
    }
    const known = judge(heard);
    if (known) return known;
  }
  return heard;
}

/** Parts that have a line for themselves, and answer. */
async function* lone(line: Line, { drivers, clock, signal }: Scanning): AsyncGenerator<ScanEvent> {
  for (const one of withSearch(drivers, 'ask')) {
    for (const settings of one.lines) {
      if (signal.aborted) return;
      const what = `asking for ${one.driver.part} at ${shownLine(settings)}`;
      yield { event: 'step', bus: line.name, what, atMostSeconds: LONE_SECONDS };
      const sighting = await opened({ line, settings, signal }, (device) => asked(clock, () => one.search.ask(device)));
      if (sighting instanceof SensorError) continue;
      return yield found({ bus: line.name, ...one.told(settings) }, one.driver, sighting);
    }
  }
}

async function* units(line: Line, scanning: Scanning): AsyncGenerator<ScanEvent> {
  yield* atTheFirst(line, unitLines(scanning.drivers), (open) => unitsOn(open, scanning));
}

async function* meters(line: Line, scanning: Scanning): AsyncGenerator<ScanEvent> {
  yield* atTheFirst(line, meterLines(scanning.drivers), (open) => metersOn(open, scanning));
}

/** Those on one line have one setting: where somebody has answered, the others are not tried. */
async function* atTheFirst(
  line: Line,
  lines: readonly LineSettings[],
  search: (open: { name: string; open: SerialLine; settings: LineSettings }) => AsyncGenerator<ScanEvent>,
): AsyncGenerator<ScanEvent> {
  for (const settings of lines) {
    const open = line.openAs(settings);
    let isThere = false;
    try {
      for await (const event of search({ name: line.name, open, settings })) {
        isThere ||= isPart(event);
        yield event;
      }
    } finally {
      await open.close();
    }
    if (isThere) return;
  }
}

interface Opening {
  readonly line: Line;
  readonly settings: LineSettings;
  readonly signal: AbortSignal;
}

async function opened<T>({ line, settings, signal }: Opening, act: (device: SerialDevice) => Promise<T>): Promise<T> {
  const open = line.openAs(settings);
  try {
    return await act(heeding(open.device(0), signal));
  } finally {
    await open.close();
  }
}
