import {
  faulty,
  type Instant,
  type Observation,
  presentable,
  type Reading,
  reading,
  type Sample,
} from '../model/observation.ts';
import { type Quantity, quantities, quantityNames, rounded } from '../model/quantity.ts';
import { aggregate } from './aggregate.ts';
import { calibrate } from './calibrate.ts';
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

/** The pipe that one device's samples go through: calibrate → judge → derive → aggregate → protect. */
export function pipelineFor(device: string, rules: Rules): (taken: Taken) => Observation[] {
  const histories = new Map<Quantity, History>();
  const ownTimes = new Map<Quantity, number>();

  /** A value with its own time is news only when that time is new: a gas meter repeats itself every second. */
  const isNews = (quantity: Quantity, { measuredAt }: Reading): boolean => {
    if (measuredAt === undefined) return true;
    if (ownTimes.get(quantity) === measuredAt) return false;
    ownTimes.set(quantity, measuredAt);
    return true;
  };

  /** What is told of a value; undefined if it was told before. */
  const told = (quantity: Quantity, given: number | Reading, taken: Taken): Reading | undefined => {
    const rule = rules[quantity] ?? quantities[quantity];
    const calibrated = sound(quantity, calibrate(reading(given), rule));
    const timed = believableTime(calibrated, taken.instant);
    if (!isNews(quantity, timed)) return undefined;
    const { uptimeMs } = taken.instant;
    const judged = judge(timed, rule, histories.get(quantity), { uptimeMs, isWarmingUp: taken.isWarmingUp });
    if (judged.history) histories.set(quantity, judged.history);
    const lostItsTime = timed !== calibrated && judged.reading.quality === 'ok';
    return lostItsTime ? { ...judged.reading, quality: 'estimated', why: 'meter-clock' } : judged.reading;
  };

  return (taken) => {
    const byTime = new Map<number | undefined, [Quantity, Reading][]>();
    for (const quantity of quantityNames) {
      const given = taken.sample[quantity];
      if (given === undefined) continue;
      const result = told(quantity, given, taken);
      if (!result) continue;
      const group = byTime.get(result.measuredAt) ?? [];
      group.push([quantity, result]);
      byTime.set(result.measuredAt, group);
    }
    return Array.from(byTime, ([measuredAt, group]): Observation => {
      // The part's own clock is a clock like any other that nobody synchronises: rtc.
      const instant: Instant =
        measuredAt === undefined ? taken.instant : { ...taken.instant, at: measuredAt, clock: 'rtc' };
      return { device, instant, readings: group.map(([quantity, result]) => presentable(quantity, result)) };
    })
      .map(derive)
      .flatMap(aggregate)
      .map(protect);
  };
}

/** What no driver should give, told as a fault and kept out of the histories: no number, or none without saying why. */
function sound(quantity: Quantity, given: Reading): Reading {
  if (given.value === null) return given.quality === 'ok' ? faulty('no-value') : given;
  return Number.isFinite(rounded(quantity, given.value)) ? given : faulty('not-a-number');
}

/** A reading whose own time lies in the future, or is none, goes without it. */
function believableTime(given: Reading, { at, clock }: Instant): Reading {
  const { measuredAt, ...rest } = given;
  if (measuredAt === undefined) return given;
  const isFuture = clock !== 'unsynced' && measuredAt > at + CLOCK_AHEAD_MS;
  return isFuture || !Number.isSafeInteger(measuredAt) ? rest : given;
}
