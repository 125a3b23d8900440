/**
 * The data types of EN 13757-3, annex A: A (BCD), B (signed), C (unsigned), D (bits), F, G, I and J (dates and times), H
 * (IEEE 754), and the variable length that DIF `0d` announces. Bytes come in mode 1 (low byte first) unless the CI said
 * mode 2; the caller turns those around.
 */

/** What a record's data say; `invalid` says why they say nothing. */
export type DataValue =
  | { readonly type: 'none' }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'moment'; readonly moment: Moment }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'invalid'; readonly why: string };

/** A date, or a date with a time, as the meter's clock shows it. */
export interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Absent for a date (type G). */
  readonly time?: { readonly hour: number; readonly minute: number; readonly second: number };
  readonly isSummerTime: boolean;
}

const NO_DATE: DataValue = { type: 'invalid', why: 'no-date' };

/** Type A: digits, low byte first. A high digit of F is a minus sign; any other digit above 9 is an error display. */
export function bcd(data: Uint8Array): DataValue {
  const digits = Array.from(data)
    .toReversed()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const isNegative = digits.startsWith('f');
  const plain = isNegative ? digits.slice(1) : digits;
  if (!/^\d+$/.test(plain)) return { type: 'invalid', why: 'error-digits' };
  return { type: 'number', value: (isNegative ? -Number(plain) : Number(plain)) + 0 };
}

/** Type B: two's complement; the least of all values is the sign for "none". */
export function signed(data: Uint8Array): DataValue {
  const bits = data.length * 8;
  const value = BigInt.asIntN(bits, unsignedBig(data));
  if (bits > 8 && value === -(1n << BigInt(bits - 1))) return { type: 'invalid', why: 'no-data' };
  return { type: 'number', value: Number(value) };
}

/** Type C: unsigned. */
export function unsigned(data: Uint8Array): number {
  return Number(unsignedBig(data));
}

/** Type H: 32-bit real, low byte first. */
export function real(data: Uint8Array): DataValue {
  const value = new DataView(data.buffer, data.byteOffset, 4).getFloat32(0, true);
  return Number.isFinite(value) ? { type: 'number', value } : { type: 'invalid', why: 'not-a-number' };
}

/** Type F (4 bytes), G (2), I (6): a moment by the meter's clock. Others are invalid. */
export function moment(data: Uint8Array): DataValue {
  switch (data.length) {
    case 2:
      return dateTime(dateIn(data), undefined);
    case 4:
      return typeF(data);
    case 6:
      return typeI(data);
    default:
      return NO_DATE;
  }
}

/** "Type F: compound CP32", date and time to the minute. */
function typeF(data: Uint8Array): DataValue {
  const [minute = 0, hour = 0, low = 0, high = 0] = data;
  if (minute & 0x80) return NO_DATE;
  const date = dateIn(Uint8Array.of(low, high), (hour >> 5) & 0x03);
  const time = { hour: hour & 0x1f, minute: minute & 0x3f, second: 0 };
  return dateTime({ ...date, isSummerTime: (hour & 0x80) !== 0 }, time);
}

/** "Type I: compound CP48", date and time to the second, with week and weekday, which are not needed. */
function typeI(data: Uint8Array): DataValue {
  const [second = 0, minute = 0, hour = 0, low = 0, high = 0] = data;
  if (minute & 0x80) return NO_DATE;
  const time = { hour: hour & 0x1f, minute: minute & 0x3f, second: second & 0x3f };
  // Bit 6 of the first byte says leap year, bit 7 summer time.
  return dateTime({ ...dateIn(Uint8Array.of(low, high)), isSummerTime: (second & 0x80) !== 0 }, time);
}

/** "Type G: compound CP16"; type F has the hundreds of the year besides: 19, 20, 21 or 22. */
function dateIn(data: Uint8Array, century = 0): Omit<Moment, 'time'> {
  const [low = 0, high = 0] = data;
  const short = (low >> 5) | ((high >> 4) << 3);
  // "For compatibility with old meters with a circular two digit date": 00 to 80 without a century are 2000 to 2080.
  const year = century === 0 && short <= 80 ? 2000 + short : 1900 + 100 * century + short;
  const isYear = short <= 99;
  return { year: isYear ? year : Number.NaN, month: high & 0x0f, day: low & 0x1f, isSummerTime: false };
}

function dateTime(date: Omit<Moment, 'time'>, time: Moment['time']): DataValue {
  // A month or day of 0 or 15 means "every": a rule, not a date.
  const check = new Date(Date.UTC(date.year, date.month - 1, date.day));
  if (check.getUTCMonth() !== date.month - 1 || check.getUTCDate() !== date.day) return NO_DATE;
  if (!time) return { type: 'moment', moment: date };
  if (time.hour > 23 || time.minute > 59 || time.second > 59) return NO_DATE;
  return { type: 'moment', moment: { ...date, time } };
}

/** How many bytes follow an LVAR; undefined where the standard reserves it. */
export function variableLength(lvar: number): number | undefined {
  if (lvar <= 0xbf) return lvar;
  if (lvar <= 0xc9) return lvar - 0xc0;
  if (lvar >= 0xd0 && lvar <= 0xd9) return lvar - 0xd0;
  if (lvar >= 0xe0 && lvar <= 0xef) return lvar - 0xe0;
  if (lvar >= 0xf0 && lvar <= 0xf4) return 4 * (lvar - 0xec);
  if (lvar === 0xf5) return 48;
  return lvar === 0xf6 ? 64 : undefined;
}

/** The value behind an LVAR: text, BCD of either sign, or a number of so many bytes. */
export function variable(lvar: number, data: Uint8Array): DataValue {
  if (lvar <= 0xbf) return { type: 'text', text: textOf(data) };
  if (data.length === 0) return { type: 'none' };
  const isBcd = lvar <= 0xc9 || (lvar >= 0xd0 && lvar <= 0xd9);
  if (!isBcd) return { type: 'bytes', bytes: data };
  const digits = bcd(data);
  // Here the LVAR is the sign; a digit F is none.
  if (digits.type !== 'number' || digits.value < 0) return { type: 'invalid', why: 'error-digits' };
  return lvar >= 0xd0 ? { type: 'number', value: -digits.value + 0 } : digits;
}

/** ISO 8859-1, last character first. What cannot be printed is left out: it would travel into logs. */
export function textOf(data: Uint8Array): string {
  return Buffer.from(data)
    .reverse()
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '');
}

function unsignedBig(data: Uint8Array): bigint {
  return data.reduceRight((total, byte) => (total << 8n) | BigInt(byte), 0n);
}
