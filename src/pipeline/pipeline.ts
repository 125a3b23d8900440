import {
  faulty,
  type Instant,
  type Observation,
  PRIORITIES,
  type Priority,
  presentable,
  quantitiesIn,
  type Reading,
  reading,
  type Sample,
  type StreamReading,
} from '../model/observation.ts';
import { type Quantity, quantities, rounded } from '../model/quantity.ts';
import { aggregate } from './aggregate.ts';
import { type Side, sideAfter } from './alert.ts';
import { calibrate } from './calibrate.ts';
import { Counters } from './counters.ts';
import { derive } from './derive.ts';
import { type History, judge } from './judge.ts';
import { protect } from './protect.ts';
import type { StreamRules } from './rules.ts';

/** A sample with the circumstances in which it was taken. */
export interface Taken {
  readonly sample: Sample;
  readonly instant: Instant;
  readonly isWarmingUp: boolean;
}

/** Rules per stream, where they differ from the quantity's own plausible range. */
export type Rules = { readonly [Q in Quantity]?: StreamRules };

/** A part's clock that is ahead of ours by more than this is wrong: the feed allows no later time. */
const CLOCK_AHEAD_MS = 5 * 60_000;

/** What a pipe needs beyond its rules. */
export interface PipeOptions {
  /** Of streams that have none of their own. */
  readonly priority?: Priority;
  /** What is known of the device's counters. */
  readonly counters?: Counters;
}

/** The pipe that one device's samples go through: calibrate → follow counters → judge → derive → aggregate → protect. */
export function pipelineFor(device: string, rules: Rules, options: PipeOptions = {}): (taken: Taken) => Observation[] {
  const pipe = new Pipe(device, rules, options);
  return (taken) => pipe.observationsOf(taken).map(derive).flatMap(aggregate).map(protect);
}

/** One device's streams, with what is remembered of each from one sample to the next. */
class Pipe {
  readonly #device: string;
  readonly #rules: Rules;
  readonly #priority: Priority;
  readonly #counters: Counters;
  readonly #histories = new Map<Quantity, History>();
  readonly #ownTimes = new Map<Quantity, number>();
  readonly #sides = new Map<Quantity, Side>();

  constructor(device: string, rules: Rules, { priority = 'normal', counters = new Counters() }: PipeOptions) {
    this.#device = device;
    this.#rules = rules;
    this.#priority = priority;
    this.#counters = counters;
  }

  /** Values of one time are one observation. */
  observationsOf(taken: Taken): Observation[] {
    const byTime = new Map<number | undefined, StreamReading[]>();
    for (const quantity of quantitiesIn(taken.sample)) {
      const given = taken.sample[quantity];
      const told = given === undefined ? undefined : this.#told(quantity, reading(given), taken);
      if (!told) continue;
      const group = byTime.get(told.measuredAt) ?? [];
      group.push(presentable(quantity, told));
      byTime.set(told.measuredAt, group);
    }
    return Array.from(byTime, ([measuredAt, readings]): Observation => {
      const priority = this.#priorityOf(readings);
      return {
        device: this.#device,
        ...timing(taken.instant, measuredAt),
        readings,
        ...(priority === 'normal' ? {} : { priority }),
      };
    });
  }

  /** What is told of a value; undefined if it was told before. */
  #told(quantity: Quantity, given: Reading, { instant, isWarmingUp }: Taken): Reading | undefined {
    const rules = this.#rulesOf(quantity);
    const calibrated = sound(quantity, calibrate(given, rules));
    const timed = believableTime(calibrated, instant);
    if (!this.#isNews(quantity, timed)) return undefined;
    const { uptimeMs } = instant;
    const followed = isWithin(rules, timed) ? this.#counters.followed(quantity, timed, uptimeMs) : timed;
    // A counter that goes on from elsewhere: what it read before says nothing of how fast it changes.
    if (followed !== timed && followed.value !== null) this.#histories.delete(quantity);
    const judged = judge(followed, rules, this.#histories.get(quantity), { uptimeMs, isWarmingUp });
    if (judged.history) this.#histories.set(quantity, judged.history);
    const lostItsTime = timed !== calibrated && judged.reading.quality === 'ok';
    return lostItsTime ? { ...judged.reading, quality: 'estimated', why: 'meter-clock' } : judged.reading;
  }

  /** A value with its own time is news only when that time is new: a gas meter repeats itself every second. */
  #isNews(quantity: Quantity, { measuredAt }: Reading): boolean {
    if (measuredAt === undefined) return true;
    if (this.#ownTimes.get(quantity) === measuredAt) return false;
    this.#ownTimes.set(quantity, measuredAt);
    return true;
  }

  /** The highest of its streams'; an alert where one of them has just gone beyond its limits, or come back. */
  #priorityOf(readings: readonly StreamReading[]): Priority {
    const crossings = readings.filter((one) => this.#crosses(one));
    if (crossings.length > 0) return 'alert';
    return highest(readings.map(({ quantity }) => this.#rulesOf(quantity).priority ?? this.#priority));
  }

  #crosses(one: StreamReading): boolean {
    const before = this.#sides.get(one.quantity) ?? 'within';
    const after = sideAfter(one, this.#rulesOf(one.quantity), before);
    this.#sides.set(one.quantity, after);
    return after !== before;
  }

  #rulesOf(quantity: Quantity): StreamRules {
    return this.#rules[quantity] ?? quantities[quantity];
  }
}

function highest(priorities: readonly Priority[]): Priority {
  return PRIORITIES.findLast((priority) => priorities.includes(priority)) ?? 'normal';
}

/** The part's own clock is a clock like any other that nobody synchronises: rtc. */
function timing(instant: Instant, measuredAt: number | undefined): Pick<Observation, 'instant' | 'isTimedByPart'> {
  if (measuredAt === undefined) return { instant };
  return { instant: { ...instant, at: measuredAt, clock: 'rtc' }, isTimedByPart: true };
}

/** True unless the value will be doubted: what no counter can read says nothing of where it stands. */
function isWithin({ min, max }: StreamRules, { value }: Reading): boolean {
  return value === null || (value >= min && value <= max);
}

/** What no driver should give, told as a fault and kept out of the histories: no number, or none without saying why. */
function sound(quantity: Quantity, given: Reading): Reading {
  if (given.value === null) return given.quality === 'ok' ? faulty('no-value') : given;
  return Number.isFinite(rounded(quantity, given.value)) ? given : faulty('not-a-number');
}

/** A reading whose own time lies in the future, or is none, goes without it. */
function believableTime(given: Reading, { at, clock }: Instant): Reading {
  if (given.measuredAt === undefined) return given;
  const { measuredAt, ...rest } = given;
  const isFuture = clock !== 'unsynced' && measuredAt > at + CLOCK_AHEAD_MS;
  return isFuture || !Number.isSafeInteger(measuredAt) ? rest : given;
}
