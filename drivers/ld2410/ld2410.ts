/**
 * Hi-Link LD2410, LD2410B, LD2410C: presence by radar, also of people who sit still.
 *
 * It reports unasked, ten times a second. `frames.ts` has its bytes, `configuration.ts` what it is told at the start.
 */
import {
  choice,
  duration,
  framesIn,
  HeldState,
  KeptCounts,
  listenFor,
  number,
  OCCUPANCY,
  occupancyOf,
  options,
  type Parsed,
  type Quantity,
  type Sample,
  type SerialDevice,
  type SerialDriver,
  withoutValues,
} from '../../src/driver-kit.ts';
import { configure } from './configuration.ts';
import { dataOf, frameAt, isReport, type Report, report, SHORTEST_BYTES } from './frames.ts';

const SILENCE_MS = 5000;

// "Target status"
const MOVING = 1;
const STILL = 2;
const HIGHEST_STATE = 3;

const TARGETS = ['motion_distance', 'motion_energy', 'still_distance', 'still_energy'] as const;
const STREAMS = {
  occupancy: OCCUPANCY,
  targets: [...OCCUPANCY, ...TARGETS],
  engineering: [...OCCUPANCY, ...TARGETS, 'light_level'],
} as const satisfies Record<string, readonly Quantity[]>;

const fields = options({
  hold: duration({ help: 'still occupied for so long after the last presence', default: '30s', max: '1h' }),
  repeat: duration({
    help: 'the state is told again at least so often, so that "nobody was there" differs from "no data"',
    default: '60s',
    min: '1s',
    max: '1h',
  }),
  range: number({ help: 'people farther away are not seen', default: 6, min: 0.2, max: 6, unit: 'm' }),
  report: choice(['occupancy', 'targets', 'engineering'], {
    default: 'occupancy',
    help: 'occupancy alone; targets: also how far and how strong, to find its place; engineering: also the light',
  }),
});

/** The options in YAML. */
export type Ld2410Options = Parsed<typeof fields>;

/** LD2410: proves its firmware and its configuration, then tells each change at once, and the state every `repeat`. */
export const driver: SerialDriver<Ld2410Options> = {
  part: 'ld2410',
  bus: 'serial',
  line: { baudRate: 256_000, dataBits: 8, parity: 'none', stopBits: 1 },
  measures: STREAMS.engineering,
  streams: ({ report }) => STREAMS[report],
  options: fields,
  // A change is told when it happens; `repeat` bounds the rest.
  period: { default: '0s', least: '0s' },
  // Each of the start's answers may take a second, and some are asked for again.
  deadline: '30s',

  search: {
    hear: {
      withinMs: 1000,
      // Its frames have no checksum: two of them are no accident.
      in: (bytes) => (framesIn(bytes, frameAt).found.filter(isReport).length > 1 ? { identity: {} } : undefined),
    },
  },

  create: (device, { hold, repeat, range, report }, memory) => {
    const place = new HeldState({ holdMs: hold, repeatMs: repeat });
    const kept = new KeptCounts(memory, 1);
    return {
      async start() {
        await kept.load();
        return configure(device, { rangeM: range, isEngineering: report === 'engineering' });
      },
      samples: (signal) => states(device, { place, kept, streams: STREAMS[report] }, signal),
    };
  },
};

async function* states(
  device: SerialDevice,
  {
    place,
    kept,
    streams,
  }: { readonly place: HeldState; readonly kept: KeptCounts; readonly streams: readonly Quantity[] },
  signal: AbortSignal,
): AsyncGenerator<Sample> {
  const [count = 0] = await kept.load();
  let isBegun = false;
  for await (const told of reports(device, signal)) {
    const nowMs = device.uptimeMs();
    if (told.state > HIGHEST_STATE) {
      isBegun = false; // what happens meanwhile, nobody sees
      yield withoutValues(streams, `state-${told.state}`);
      continue;
    }
    const isThere = told.state !== 0;
    if (isBegun) place.saw(isThere, nowMs);
    else place.begin(isThere, { uptimeMs: nowMs, count: Math.max(count, place.count) });
    isBegun = true;
    const held = place.due(nowMs);
    if (!held) continue;
    await kept.save([held.count]); // before anybody is told
    yield { ...occupancyOf(held), ...only(streams, targetsOf(told)) };
  }
}

async function* reports(device: SerialDevice, signal: AbortSignal): AsyncGenerator<Report> {
  const listening = { frameAt, isWanted: isReport, patienceMs: SILENCE_MS, shortestBytes: SHORTEST_BYTES };
  for await (const frame of listenFor(device, listening, signal)) {
    const told = report(dataOf(frame));
    if (told) yield told;
  }
}

/** Distances of targets that are there. An absent target has no distance; its energy is 0. */
export function targetsOf({ state, moving, still, engineering }: Report): Sample {
  return {
    motion_energy: state & MOVING ? moving.energy : 0,
    ...(state & MOVING ? { motion_distance: moving.distanceCm / 100 } : {}),
    still_energy: state & STILL ? still.energy : 0,
    ...(state & STILL ? { still_distance: still.distanceCm / 100 } : {}),
    ...(engineering?.light === undefined ? {} : { light_level: engineering.light }),
  };
}

function only(streams: readonly Quantity[], sample: Sample): Sample {
  return Object.fromEntries(Object.entries(sample).filter(([name]) => streams.some((stream) => stream === name)));
}
