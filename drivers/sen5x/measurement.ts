/**
 * What a SEN5x's words mean: values, what stands for none, and the status that makes them meaningless. Headings in quotes
 * are those of the SEN5x datasheet.
 */
import { faulty, type Quantity, type Reading, type Sample } from '../../src/driver-kit.ts';

/** "Device Status": the fan is being cleaned. */
export const CLEANING = 1 << 19;
const FAN_SPEED = 1 << 21;
const GAS_SENSOR = 1 << 7;
const RHT = 1 << 6;
const LASER = 1 << 5;
const FAN = 1 << 4;

interface Form {
  readonly quantity: Quantity;
  readonly isSigned: boolean;
  readonly perUnit: number;
  /** The status bits that take the value away, the gravest first. */
  readonly troubles: readonly (readonly [flag: number, why: string])[];
  readonly warmUpMs?: number;
}

const PM_TROUBLES = [
  [FAN, 'fan'],
  [LASER, 'laser'],
  [CLEANING, 'cleaning'],
  [FAN_SPEED, 'fan-speed'],
] as const;
const pm = { isSigned: false, perUnit: 10, troubles: PM_TROUBLES };
const gas = { isSigned: true, perUnit: 10, troubles: [[GAS_SENSOR, 'gas-sensor']] } as const;

// "Read Measured Values", in its order. "Gas Specifications": events are told from noise after 60 s (VOC), 300 s (NOx).
const FORMS: readonly Form[] = [
  { quantity: 'pm1', ...pm },
  { quantity: 'pm25', ...pm },
  { quantity: 'pm4', ...pm },
  { quantity: 'pm10', ...pm },
  { quantity: 'relative_humidity', isSigned: true, perUnit: 100, troubles: [[RHT, 'rht']] },
  { quantity: 'air_temperature', isSigned: true, perUnit: 200, troubles: [[RHT, 'rht']] },
  { quantity: 'voc_index', ...gas, warmUpMs: 60_000 },
  { quantity: 'nox_index', ...gas, warmUpMs: 300_000 },
];

/** Under what circumstances the words were read. */
export interface Circumstances {
  readonly status: number;
  /** For how long the part had been measuring. */
  readonly forMs: number;
}

/** "Read Measured Values": eight words. The upper limit of a word's type stands for no value. */
export function decode(words: readonly number[], streams: readonly Quantity[], now: Circumstances): Sample {
  const given = FORMS.filter(({ quantity }) => streams.includes(quantity));
  return Object.fromEntries(given.map((form) => [form.quantity, valueIn(words[FORMS.indexOf(form)] ?? 0, form, now)]));
}

/** A sample while nothing new has been measured. */
export function withoutValues(streams: readonly Quantity[], status: number): Sample {
  const given = FORMS.filter(({ quantity }) => streams.includes(quantity));
  return Object.fromEntries(given.map((form) => [form.quantity, faulty(troubleIn(status, form) ?? 'not-ready')]));
}

function valueIn(word: number, form: Form, { status, forMs }: Circumstances): number | Reading {
  const { isSigned, perUnit, warmUpMs = 0 } = form;
  const trouble = troubleIn(status, form);
  if (trouble) return faulty(trouble);
  if (word === (isSigned ? 0x7fff : 0xffff)) return faulty('not-ready');
  const value = (isSigned && word > 0x7fff ? word - 0x10000 : word) / perUnit;
  // The indices begin at 1; 0 is what the algorithm tells before it tells anything.
  if (form.troubles === gas.troubles && value < 1) return faulty('not-ready');
  return forMs < warmUpMs ? { value, quality: 'warming_up' } : value;
}

function troubleIn(status: number, { troubles }: Form): string | undefined {
  return troubles.find(([flag]) => (status & flag) !== 0)?.[1];
}
