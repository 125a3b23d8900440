import {
  type Instant,
  type Observation,
  presentable,
  type Reading,
  reading,
  type Sample,
} from '../model/observation.ts';
import { type Quantity, quantities, quantityNames } from '../model/quantity.ts';
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

  const judged = (quantity: Quantity, given: number | Reading, taken: Taken): Reading => {
    const rule = rules[quantity] ?? quantities[quantity];
    const calibrated = calibrate(reading(given), rule);
    const { uptimeMs } = taken.instant;
    const result = judge(calibrated, rule, histories.get(quantity), { uptimeMs, isWarmingUp: taken.isWarmingUp });
    if (result.history) histories.set(quantity, result.history);
    return believableTime(result.reading, taken.instant);
  };

  /** A value with its own time is news only when that time is new: a gas meter repeats itself every second. */
  const isNews = (quantity: Quantity, { measuredAt }: Reading): boolean => {
    if (measuredAt === undefined) return true;
    if (ownTimes.get(quantity) === measuredAt) return false;
    ownTimes.set(quantity, measuredAt);
    return true;
  };

  return (taken) => {
    const byTime = new Map<number | undefined, [Quantity, Reading][]>();
    for (const quantity of quantityNames) {
      const given = taken.sample[quantity];
      if (given === undefined) continue;
      const result = judged(quantity, given, taken);
      if (!isNews(quantity, result)) continue;
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

/** A reading whose own time lies in the future is told with our time, and as an estimate. */
function believableTime(given: Reading, instant: Instant): Reading {
  const { measuredAt, ...rest } = given;
  if (measuredAt === undefined || instant.clock === 'unsynced' || measuredAt <= instant.at + CLOCK_AHEAD_MS)
    return given;
  return rest.value === null ? rest : { ...rest, quality: 'estimated', why: 'meter-clock' };
}
