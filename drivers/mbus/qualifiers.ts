/** "Combinable (orthogonal) VIFE codes" of EN 13757-3: what a record says beside its unit. */
import type { Meaning } from './units.ts';

/** How the meaning of a value is narrowed, changed or denied by the codes that follow it. */
export interface Qualified {
  readonly meaning: Meaning;
  /** Added after scaling, in the unit. */
  readonly offset: number;
  /** Why there is no value: "record errors". */
  readonly error?: string;
  /** Phase, direction, conditions, limits …; a record with one that nobody asked for is not the plain value. */
  readonly qualifiers: readonly string[];
  /** What follows the code for "manufacturer specific". */
  readonly manufacturerCodes: readonly number[];
}

/** "VIFE codes for reports of record errors (meter to master)". */
const RECORD_ERRORS: Readonly<Record<number, string>> = {
  1: 'record-error', // too many DIFEs
  2: 'record-error', // storage number not implemented
  3: 'record-error', // unit number not implemented
  4: 'record-error', // tariff number not implemented
  5: 'record-error', // function not implemented
  6: 'record-error', // data class not implemented
  7: 'record-error', // data size not implemented
  11: 'record-error', // too many VIFEs
  12: 'record-error', // illegal VIF group
  13: 'record-error', // illegal VIF exponent
  14: 'record-error', // VIF/DIF mismatch
  15: 'record-error', // unimplemented action
  21: 'no-data',
  22: 'overflow',
  23: 'underflow',
  24: 'data-error',
  28: 'record-error', // premature end of record
};

const QUALIFIERS: Readonly<Record<number, string>> = {
  18: 'average',
  58: 'uncorrected',
  59: 'forward',
  60: 'backward',
  62: 'base-conditions',
  126: 'future',
};

/** Behind `fc`, "Extension of combinable VIFE codes". */
const EXTENDED: Readonly<Record<number, string>> = {
  1: 'l1',
  2: 'l2',
  3: 'l3',
  4: 'n',
  5: 'l1-l2',
  6: 'l2-l3',
  7: 'l3-l1',
  16: 'absolute',
};

const EXTENDED_NEXT = 0x7c;
const MANUFACTURER = 0x7f;

/** The meaning with all the codes that follow it, each without its extension bit. */
export function qualified(plain: Meaning, codes: readonly number[]): Qualified {
  let { exponent } = plain;
  let offset = 0;
  let error: string | undefined;
  const qualifiers: string[] = [];
  const end = codes.indexOf(MANUFACTURER);
  const standard = end === -1 ? codes : codes.slice(0, end);
  for (let at = 0; at < standard.length; at += 1) {
    const code = standard[at] ?? 0;
    if (code === EXTENDED_NEXT) {
      at += 1;
      qualifiers.push(EXTENDED[standard[at] ?? 0] ?? named('fc', standard[at] ?? 0));
    } else if (RECORD_ERRORS[code]) error ??= RECORD_ERRORS[code];
    else if (code >= 0x70 && code <= 0x77) exponent += code - 0x76;
    else if (code >= 0x78 && code <= 0x7b) offset += 10 ** (code - 0x7b);
    else if (code === 0x7d) exponent += 3;
    else if (code !== 0) qualifiers.push(QUALIFIERS[code] ?? named('', code));
  }
  const manufacturerCodes = end === -1 ? [] : codes.slice(end + 1);
  if (end !== -1) qualifiers.push('manufacturer');
  return { meaning: { ...plain, exponent }, offset, ...(error && { error }), qualifiers, manufacturerCodes };
}

/** True where the codes make a date of what would be a number: "date of begin or end of …". */
export function tellsDate(codes: readonly number[]): boolean {
  return codes.some((code) => code === 0x39 || isLimitDate(code));
}

// "E100 uf1b" and "E110 1f1b".
function isLimitDate(code: number): boolean {
  return (code & 0x72) === 0x42 || (code & 0x7a) === 0x6a;
}

const named = (prefix: string, code: number) => `${prefix}${code.toString(16).padStart(2, '0')}`;
