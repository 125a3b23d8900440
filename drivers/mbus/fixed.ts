/** The fixed data structure of EN 13757-3 (CI `73`), which only old meters send: two counters with a unit each. */
import { bcd, type DataValue, unsigned } from './data-types.ts';
import { digitsOf, statusOf, type Telegram } from './header.ts';
import { type DataRecord, MalformedTelegram } from './records.ts';

const BYTES = 16;

/** "Physical units": name, unit, and how many codes count up from which power of ten. */
const UNITS: readonly (readonly [first: number, count: number, name: string, unit: string, exponent: number])[] = [
  [0x02, 9, 'energy', 'Wh', 0],
  [0x0b, 9, 'energy', 'J', 3],
  [0x14, 9, 'power', 'W', 0],
  [0x1d, 9, 'power', 'J/h', 3],
  [0x26, 9, 'volume', 'm3', -6],
  [0x2f, 9, 'volume-flow', 'm3/h', -6],
  [0x38, 1, 'temperature', 'Cel', -3],
  [0x39, 1, 'heat-cost-units', '', 0],
];
const SAME_BUT_HISTORIC = 0x3e;

/** "Medium" has four bits here; those that differ from the device types of the variable structure. */
const MEDIA: Readonly<Record<number, number>> = { 9: 0x0f, 10: 3, 11: 4, 12: 6, 13: 7, 14: 8, 15: 0x0f };

/** The telegram as the variable structure would tell it. */
export function fixedTelegram(data: Uint8Array, isHighFirst: boolean): Telegram {
  if (data.length !== BYTES) throw new MalformedTelegram(`a fixed structure of ${data.length} bytes`);
  const field = (at: number) => {
    const bytes = data.slice(at, at + 4);
    return isHighFirst ? bytes.reverse() : bytes;
  };
  const [state = 0, first = 0, second = 0] = data.subarray(5, 8);
  const id = field(0);
  const medium = (first >> 6) | ((second >> 6) << 2);
  const counters: Counters = { isBinary: (state & 0x01) !== 0, isStored: (state & 0x02) !== 0 };
  const units = [first & 0x3f, second & 0x3f] as const;
  const isHistoric = units[1] === SAME_BUT_HISTORIC;
  const records = [
    counterRecord(field(8), units[0], counters),
    counterRecord(field(12), isHistoric ? units[0] : units[1], isHistoric ? { ...counters, isStored: true } : counters),
  ];
  return {
    header: { id: digitsOf(id), medium: MEDIA[medium] ?? medium, secondary: id },
    // Bits 0 and 1 are the counters' coding here, and not the application's state.
    status: statusOf(state & 0xfc),
    records: records.flatMap((record) => record ?? []),
    hasMore: false,
    manufacturerData: new Uint8Array(),
  };
}

interface Counters {
  readonly isBinary: boolean;
  readonly isStored: boolean;
}

function counterRecord(bytes: Uint8Array, code: number, { isBinary, isStored }: Counters): DataRecord | undefined {
  const row = UNITS.find(([first, count]) => code >= first && code < first + count);
  if (!row) return undefined;
  const [first, , name, unit, least] = row;
  const raw: DataValue = isBinary ? { type: 'number', value: unsigned(bytes) } : bcd(bytes);
  const exponent = least + code - first;
  const scaled = (value: number) => (exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent);
  return {
    function: 'instantaneous',
    storage: isStored ? 1 : 0,
    tariff: 0,
    subunit: 0,
    name,
    unit,
    value: raw.type === 'number' ? { type: 'number', value: scaled(raw.value) } : raw,
    qualifiers: [],
    manufacturerCodes: [],
  };
}
