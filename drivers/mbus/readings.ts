/** From telegrams to a sample: which record is the value of now, and what the meter says against it. */
import { faulty, type Quantity, quantities, type Reading, type Sample } from '../../src/driver-kit.ts';
import type { Moment } from './data-types.ts';
import type { Status, Telegram } from './header.ts';
import { factorOf, type Kind, quantityOf } from './meanings.ts';
import type { DataRecord } from './records.ts';

/** How a meter's clock is set. */
export type MeterClock = 'cet' | 'utc';

interface Facts {
  readonly kind: Kind;
  readonly clock: MeterClock;
}

/** Two records of one quantity that differ by more than this are not the same value in two units. */
const SAME_WITHIN = 0.01;

/** Every quantity that the telegrams hold; of two telegrams that hold one, the first that has a value counts. */
export function sampleOf(telegrams: readonly Telegram[], facts: Facts): { readonly [Q in Quantity]?: Reading } {
  const manufacturer = telegrams[0]?.header?.manufacturer;
  const sample: { [Q in Quantity]?: Reading } = {};
  for (const { records, status } of telegrams) {
    for (const [quantity, found] of byQuantity(records, facts.kind, manufacturer)) {
      const told = readingOf(quantity, found, { records, clock: facts.clock });
      if (!told) continue;
      if (sample[quantity] === undefined || sample[quantity].value === null) sample[quantity] = judged(told, status);
    }
  }
  return sample;
}

/** The sample, with a bare number for a value that nothing is said against. */
export function plain(sample: { readonly [Q in Quantity]?: Reading }): Sample {
  const told = Object.entries(sample).map(([quantity, reading]) => {
    const { value, quality, why, measuredAt } = reading;
    return [quantity, value !== null && quality === 'ok' && !why && measuredAt === undefined ? value : reading];
  });
  return Object.fromEntries(told);
}

function byQuantity(
  records: readonly DataRecord[],
  kind: Kind,
  manufacturer: string | undefined,
): ReadonlyMap<Quantity, readonly DataRecord[]> {
  const found = new Map<Quantity, DataRecord[]>();
  for (const record of records) {
    const quantity = quantityOf(record, kind, manufacturer);
    if (quantity) found.set(quantity, [...(found.get(quantity) ?? []), record]);
  }
  return found;
}

interface Surroundings {
  readonly records: readonly DataRecord[];
  readonly clock: MeterClock;
}

/** The value of now: storage 0, instantaneous. Else, for meters that tell none, the last stored one that has its time. */
function readingOf(quantity: Quantity, all: readonly DataRecord[], { records, clock }: Surroundings) {
  const current = all.filter(({ storage, function: how }) => storage === 0 && how === 'instantaneous');
  if (current.length > 0) return oneOf(quantity, mostTelling(current));
  if (all.some(({ storage, function: how }) => storage === 0 && how === 'error')) return faulty('error-state');
  const stored = all
    .filter(({ storage, function: how }) => storage > 0 && how === 'instantaneous')
    .toSorted((a, b) => a.storage - b.storage);
  for (const record of stored) {
    const time = records.find((other) => other.name === 'date-time' && isBeside(other, record));
    if (time) return stamped(quantity, record, { time, clock });
  }
  return undefined;
}

/**
 * A gas volume at base conditions is the one that is billed; the uncorrected one stands in where there is no other. A
 * record that says its direction comes before one that may be the balance of both.
 */
function mostTelling(records: readonly DataRecord[]): readonly DataRecord[] {
  const billed = records.filter(({ qualifiers }) => !qualifiers.includes('uncorrected'));
  const left = billed.length > 0 ? billed : records;
  const directed = left.filter(({ qualifiers }) => qualifiers.some((q) => q === 'forward' || q === 'backward'));
  return directed.length > 0 ? directed : left;
}

const isBeside = (time: DataRecord, record: DataRecord) =>
  time.storage === record.storage && time.function === 'instantaneous' && time.qualifiers.length === 0;

/** Meters tell one value in two units, or finer and coarser; but some tell three phases and do not say which is which. */
function oneOf(quantity: Quantity, records: readonly DataRecord[]): Reading {
  const readings = records.map((record) => converted(quantity, record));
  const [first = faulty('no-data')] = readings.filter(({ value }) => value !== null);
  if (first.value === null) return readings[0] ?? first;
  const limit = Math.abs(first.value) * SAME_WITHIN;
  const isOne = readings.every(({ value }) => value === null || Math.abs(value - Number(first.value)) <= limit);
  return isOne ? first : faulty('ambiguous');
}

function stamped(
  quantity: Quantity,
  record: DataRecord,
  { time, clock }: { readonly time: DataRecord; readonly clock: MeterClock },
): Reading {
  if (time.value.type !== 'moment') return faulty('not-ready');
  const told = converted(quantity, record);
  if (told.value === null) return told;
  const measuredAt = momentAt(time.value.moment, clock);
  // A clock that was never set starts in 1970 or 2000: the value is one of some time before now.
  if (measuredAt < FIRST_METER_AT) return { ...told, quality: 'estimated', why: 'meter-clock' };
  return { ...told, measuredAt };
}

const FIRST_METER_AT = Date.UTC(2004, 0, 1);

const HOUR_MS = 3_600_000;

/** UTC milliseconds. Central European time, unless the meter is set to UTC; its summer-time bit says which of the two. */
function momentAt({ year, month, day, time, isSummerTime }: Moment, clock: MeterClock): number {
  const local = Date.UTC(year, month - 1, day, time?.hour ?? 0, time?.minute ?? 0, time?.second ?? 0);
  if (clock === 'utc') return local;
  return local - (isSummerTime ? 2 : 1) * HOUR_MS;
}

function converted(quantity: Quantity, { value, unit, error }: DataRecord): Reading {
  if (error) return faulty(error);
  if (value.type === 'invalid') return faulty(value.why);
  if (value.type !== 'number') return faulty('no-data');
  const factor = factorOf(unit, quantities[quantity].unit);
  if (factor === undefined) return faulty('unit');
  return { value: value.value * factor, quality: 'ok' };
}

/**
 * "Status field". A permanent error is fatal by the standard's words: the value is not told. A temporary one is "slight":
 * the value is told as estimated. A low battery says nothing of the value; the word goes along.
 */
function judged(told: Reading, { hasPermanentError, hasTemporaryError, isPowerLow }: Status): Reading {
  if (told.value === null) return told;
  if (hasPermanentError) return faulty('permanent-error');
  if (hasTemporaryError) return { ...told, quality: 'estimated', why: 'temporary-error' };
  return isPowerLow ? { ...told, why: 'power-low' } : told;
}
