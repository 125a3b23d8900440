/**
 * Two light barriers across a way: who comes in, who goes out, and how many are in.
 *
 * `passages.ts` makes passages of what the beams do.
 */
import {
  duration,
  type Edge,
  faulty,
  type GpioDevice,
  type GpioDriver,
  type Held,
  HeldState,
  KeptCounts,
  number,
  OCCUPANCY,
  occupancyOf,
  options,
  type Parsed,
  type Reading,
  type Sample,
} from '../../src/driver-kit.ts';
import { Headcount } from './headcount.ts';
import { INNER, OUTER, type Passage, Passages } from './passages.ts';

const fields = options({
  innerLine: number({
    help: "the inner beam's line on the same chip; the device's own line is the outer beam's",
    min: 0,
    max: 1000,
    whole: true,
  }),
  gap: duration({
    help: 'a passage is over when both beams have been whole for so long',
    default: '300ms',
    min: '10ms',
    max: '10s',
  }),
  blocked: duration({
    help: 'a beam broken for so long is blocked or out of line: no number is told until it is whole again',
    default: '30s',
    min: '1s',
    max: '1h',
  }),
  emptyAfter: duration({
    help: 'nobody is in if nobody has passed for so long, whatever was counted; 0s: never',
    default: '12h',
    max: '30d',
  }),
  repeat: duration({ help: 'the numbers are told again at least so often', default: '60s', min: '1s', max: '1h' }),
});

/** The options in YAML. */
export type BeamCounterOptions = Parsed<typeof fields>;

const MEASURES = [...OCCUPANCY, 'people_count', 'people_in', 'people_out', 'passages_unclear'] as const;

/** Two beams on two GPIO lines, high while broken: tells each passage when it is over, and the numbers every `repeat`. */
export const driver: GpioDriver<BeamCounterOptions> = {
  part: 'beam-counter',
  bus: 'gpio',
  measures: MEASURES,
  options: fields,
  furtherLines: ({ innerLine }) => [innerLine],
  // A passage is told when it is over; `repeat` bounds the rest.
  period: { default: '0s', least: '0s' },

  create: (device, { gap, blocked, emptyAfter, repeat }, memory) => {
    const kept = new KeptCounts(memory, 5);
    const people = new Headcount(emptyAfter || Number.POSITIVE_INFINITY);
    const place = new HeldState({ holdMs: 0, repeatMs: repeat });
    const passages = new Passages({ gapMs: gap, blockedMs: blocked });
    return {
      async start() {
        await kept.load();
        // Lines cannot say what hangs on them; that they can be read is all there is to prove.
        await device.level();
        await device.level(1);
        return {};
      },
      samples: (signal) => counted(device, { kept, people, place, passages }, signal),
    };
  },
};

interface Counting {
  readonly kept: KeptCounts;
  readonly people: Headcount;
  readonly place: HeldState;
  readonly passages: Passages;
}

async function* counted(device: GpioDevice, counting: Counting, signal: AbortSignal): AsyncGenerator<Sample> {
  const { kept, people, place, passages } = counting;
  const [count = 0, ...numbers] = await kept.load();
  people.begin(numbers, device.uptimeMs());
  place.begin(people.inside > 0, { uptimeMs: device.uptimeMs(), count });
  passages.begin([(await device.level()) === 1, (await device.level(1)) === 1], device.uptimeMs());
  const note = (passage: Passage | undefined, uptimeMs: number) => {
    if (passage) people.passed(passage, uptimeMs);
    place.saw(people.inside > 0, uptimeMs);
  };
  let told = '';
  for (;;) {
    const nowMs = device.uptimeMs();
    note(passages.over(nowMs), nowMs);
    if (people.emptied(nowMs)) place.saw(false, nowMs);
    const blocked = passages.blocked(nowMs);
    const state = [place.count, ...people.numbers];
    const held = place.due(nowMs, `${state} ${blocked}` !== told);
    if (held) {
      told = `${state} ${blocked}`;
      await kept.save(state); // before anybody is told
      yield sampleOf(held, people, blocked);
    }
    const quietMs = Math.min(...[place, passages, people].map((one) => one.quietMs(device.uptimeMs())));
    for (let edge = await device.edge(quietMs, signal); edge; edge = await device.edge(0)) {
      note(passages.saw(beamEdge(edge)), edge.uptimeMs);
    }
  }
}

function beamEdge({ level, uptimeMs, line = 0 }: Edge) {
  return { beam: line === 0 ? OUTER : INNER, isBroken: level === 1, uptimeMs } as const;
}

function sampleOf(held: Held, people: Headcount, blocked: string | undefined): Sample {
  if (blocked) return Object.fromEntries(MEASURES.map((quantity) => [quantity, faulty(`${blocked}-blocked`)]));
  const [entered = 0, left = 0, , unclear = 0] = people.numbers;
  const occupied = occupancyOf(held);
  return {
    ...occupied,
    occupancy: doubted(held.isOn ? 1 : 0, people.doubt),
    people_count: doubted(people.inside, people.doubt),
    people_in: entered,
    people_out: left,
    passages_unclear: unclear,
  };
}

function doubted(value: number, doubt: string | undefined): Reading | number {
  return doubt ? { value, quality: 'estimated', why: doubt } : value;
}
