/** Data records of EN 13757-3, "Variable data blocks": DIF, DIFEs, VIF, VIFEs, data. */
import { bcd, type DataValue, moment, real, signed, textOf, variable, variableLength } from './data-types.ts';
import { qualified, tellsDate } from './qualifiers.ts';
import { type Extension, type Meaning, meaningOf, scaled } from './units.ts';

/** "Function field" of the DIF. */
export type ValueFunction = 'instantaneous' | 'maximum' | 'minimum' | 'error';

/** One record, in base units: Wh, J, m3, W, m3/h, Cel, V, A, s … */
export interface DataRecord {
  readonly function: ValueFunction;
  /** 0 is now; others are what was stored, for instance at the end of the year. */
  readonly storage: number;
  readonly tariff: number;
  readonly subunit: number;
  readonly name: string;
  readonly unit: string;
  readonly value: DataValue;
  /** Why the record holds no value, by its own word. */
  readonly error?: string;
  readonly qualifiers: readonly string[];
  readonly manufacturerCodes: readonly number[];
}

/** What stands behind a telegram's header. */
export interface Records {
  readonly records: readonly DataRecord[];
  /** The meter has another telegram ready: DIF `1f`. */
  readonly hasMore: boolean;
  readonly manufacturerData: Uint8Array;
}

/** The telegram's checksum is right, but its records are not those of the standard. */
export class MalformedTelegram extends Error {}

const FUNCTIONS = ['instantaneous', 'maximum', 'minimum', 'error'] as const;
const MOST_EXTENSIONS = 10;
const EXTENDED = 0x80;

const FILLER = 0x2f;
const MANUFACTURER_DATA = 0x0f;
const MORE_FOLLOWS = 0x1f;

/** Walks through the bytes; running past the end is a MalformedTelegram. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  bytes(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length) throw new MalformedTelegram(`it ends within a record, after ${this.at}`);
    this.at += count;
    return this.#bytes.slice(this.at - count, this.at);
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.at);
  }

  /** The bytes that follow one whose bit 7 announces them, without that bit of their own. */
  extensions(first: number): number[] {
    const found: number[] = [];
    for (let last = first; last & EXTENDED; found.push(last & 0x7f)) {
      if (found.length >= MOST_EXTENSIONS) throw new MalformedTelegram(`more than ${MOST_EXTENSIONS} extensions`);
      last = this.byte();
    }
    return found;
  }
}

/** Every record; `isHighFirst` is mode 2 of the CI. Throws a MalformedTelegram. */
export function recordsIn(bytes: Uint8Array, isHighFirst = false): Records {
  const reader = new Reader(bytes);
  const records: DataRecord[] = [];
  while (!reader.isOver) {
    const dif = reader.byte();
    if (dif === FILLER) continue;
    if (dif === MANUFACTURER_DATA || dif === MORE_FOLLOWS) {
      return { records, hasMore: dif === MORE_FOLLOWS, manufacturerData: reader.rest() };
    }
    if ((dif & 0x0f) === 0x0f) throw new MalformedTelegram(`DIF ${dif.toString(16)} is reserved`);
    records.push(recordAt(reader, dif, isHighFirst));
  }
  return { records, hasMore: false, manufacturerData: new Uint8Array() };
}

function recordAt(reader: Reader, dif: number, isHighFirst: boolean): DataRecord {
  const place = placeOf(dif, reader.extensions(dif));
  const { plain, codes } = valueInformation(reader, isHighFirst);
  const { meaning, offset, error, qualifiers, manufacturerCodes } = qualified(plain, codes);
  const isDate = DATES.has(plain.name) || tellsDate(codes);
  const raw = dataOf(reader, dif & 0x0f, { isDate, isHighFirst });
  const value: DataValue = raw.type === 'number' ? { type: 'number', value: scaled(raw.value, meaning) + offset } : raw;
  const { name, unit } = meaning;
  return { ...place, name, unit, value, ...(error && { error }), qualifiers, manufacturerCodes };
}

const DATES: ReadonlySet<string> = new Set(['date', 'date-time', 'tariff-start', 'battery-change']);

/** "Storage number", "Tariff", "Subunit": the lowest bits are in the DIF and the first DIFE. */
function placeOf(dif: number, extensions: readonly number[]) {
  let storage = (dif >> 6) & 1;
  let tariff = 0;
  let subunit = 0;
  for (const [index, extension] of extensions.entries()) {
    storage += (extension & 0x0f) * 2 ** (1 + 4 * index);
    tariff += ((extension >> 4) & 0x03) * 2 ** (2 * index);
    subunit += ((extension >> 6) & 0x01) * 2 ** index;
  }
  return { function: FUNCTIONS[(dif >> 4) & 0x03] ?? 'error', storage, tariff, subunit };
}

const UNKNOWN: Meaning = { name: 'reserved', unit: '', exponent: 0 };
const EXTENSIONS: Readonly<Record<number, Extension>> = { 123: 'alternate', 125: 'main' };
const PLAIN_TEXT = 0x7c;
const MANUFACTURER = 0x7f;

/** The VIF's meaning and the codes that follow it. */
function valueInformation(reader: Reader, isHighFirst: boolean): { plain: Meaning; codes: readonly number[] } {
  const vif = reader.byte();
  const code = vif & 0x7f;
  if (code === PLAIN_TEXT) {
    // The unit's name stands between the VIF and its extensions, with its length before it.
    const name = inOrder(reader.bytes(textLength(reader.byte())), isHighFirst);
    return { plain: { name: 'text', unit: textOf(name), exponent: 0 }, codes: reader.extensions(vif) };
  }
  const codes = reader.extensions(vif);
  const extension = EXTENSIONS[code];
  if (extension && vif & EXTENDED) {
    const [real = 0, ...rest] = codes;
    return { plain: meaningOf(extension, real) ?? UNKNOWN, codes: rest };
  }
  const plain = meaningOf('primary', code) ?? UNKNOWN;
  return { plain, codes: code === MANUFACTURER && codes.length > 0 ? [MANUFACTURER, ...codes] : codes };
}

function textLength(length: number): number {
  if (length > 0xbf) throw new MalformedTelegram(`a plain-text unit of ${length} characters`);
  return length;
}

const INTEGER_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 6: 6, 7: 8 };
const BCD_BYTES: Readonly<Record<number, number>> = { 9: 1, 10: 2, 11: 3, 12: 4, 14: 6 };
const REAL = 5;
const VARIABLE = 13;

/** "Data field" of the DIF. */
function dataOf(
  reader: Reader,
  field: number,
  { isDate, isHighFirst }: { readonly isDate: boolean; readonly isHighFirst: boolean },
): DataValue {
  const take = (count: number) => inOrder(reader.bytes(count), isHighFirst);
  const integerBytes = INTEGER_BYTES[field];
  if (integerBytes !== undefined) {
    const data = take(integerBytes);
    return isDate && field !== 1 ? moment(data) : signed(data);
  }
  const bcdBytes = BCD_BYTES[field];
  if (bcdBytes !== undefined) return bcd(take(bcdBytes));
  if (field === REAL) return real(take(4));
  if (field !== VARIABLE) return { type: 'none' }; // 0: no data; 8: a choice for the next readout
  const lvar = reader.byte();
  const length = variableLength(lvar);
  if (length === undefined) throw new MalformedTelegram(`LVAR ${lvar.toString(16)} is reserved`);
  return variable(lvar, take(length));
}

const inOrder = (bytes: Uint8Array, isHighFirst: boolean) => (isHighFirst ? bytes.reverse() : bytes);
