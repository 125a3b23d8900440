/** What a technician writes of a meter: its registers, as its document lists them. */
import {
  choice,
  duration,
  list,
  type Misfit,
  meterOptions,
  number,
  options,
  type Parsed,
  quantityName,
  type Register,
  registerOrders,
  registerTypes,
  wordsIn,
} from '../../src/driver-kit.ts';

const WORD_BITS = 16;
const ADDRESSES = 0x1_0000;

const register = options({
  quantity: quantityName({ help: 'what it tells: a name of the table in src/model/quantity.ts; scale gives its unit' }),
  function: number({ help: '3: holding registers, 4: input registers', min: 3, max: 4, whole: true }),
  address: number({
    help: 'as on the line, from 0; 40001 or 30001 of a document is 0',
    min: 0,
    max: ADDRESSES - 1,
    whole: true,
  }),
  type: choice(registerTypes, { help: 'how the value stands in its registers' }),
  order: choice(registerOrders, {
    help: 'order of the bytes, A the highest: CDAB has the low word first, BADC the low byte of each word',
    default: 'ABCD',
  }),
  firstBit: number({ help: 'of a uint16: the lowest bit of the value', min: 0, max: 15, whole: true, default: 0 }),
  bits: number({ help: 'of a uint16: how many bits the value has', min: 1, max: 16, whole: true, default: WORD_BITS }),
  scale: number({ help: 'factor to the unit of the quantity', min: -1e9, max: 1e9, default: 1 }),
  offset: number({ help: 'added last, in the unit of the quantity', min: -1e9, max: 1e9, default: 0 }),
  invalid: list(number({ help: 'such as 0xFFFF', min: 0, max: 2 ** 64 }), {
    help: 'raw values, read as unsigned, by which the meter says that it has none',
    default: [],
  }),
});

const identity = options({
  function: register.entries.function,
  address: register.entries.address,
  words: list(number({ help: 'one register', min: 0, max: 0xffff, whole: true }), {
    help: 'what the registers from there on read in this product, such as [341]',
    least: 1,
  }),
});

/** One register as it is written. */
export type WrittenRegister = Parsed<typeof register>;

export const fields = meterOptions(
  {
    identity: list(identity, { help: 'registers by which the product is known: read at each start', default: [] }),
    registers: list(register, { help: 'what stands where in this meter', least: 1, misfits }),
    mostRegisters: number({
      help: 'what the meter gives in one answer; the specification allows 125',
      min: 4,
      max: 125,
      whole: true,
      default: 50,
    }),
    gap: number({
      help: 'so many registers between two values are read along, though nothing is known to stand there',
      min: 0,
      max: 121,
      whole: true,
      default: 0,
    }),
    silence: duration({ help: 'the meter needs so much silence before a request', default: '0ms', max: '1s' }),
    timeout: duration({ help: 'the meter begins to answer within', default: '500ms', min: '50ms', max: '5s' }),
  },
  ({ registers }) => registers.map(({ quantity }) => quantity),
);

/** The options of the driver. */
export type ModbusOptions = Parsed<typeof fields>;

function misfits(registers: readonly WrittenRegister[]): Misfit[] {
  return registers.flatMap(({ quantity, type, address, firstBit, bits }, at): Misfit[] => {
    const isSecond = registers.findIndex((other) => other.quantity === quantity) < at;
    const isPart = firstBit > 0 || bits < WORD_BITS;
    return [
      ...(isSecond ? [{ at, key: 'quantity', wanted: 'a quantity that no other register tells' }] : []),
      ...(isPart && type !== 'uint16' ? [{ at, key: 'type', wanted: 'uint16, of which it takes some bits' }] : []),
      ...(isPart && firstBit + bits > WORD_BITS && bits < WORD_BITS
        ? [{ at, key: 'firstBit', wanted: `${WORD_BITS - bits} or lower, for ${bits} bits` }]
        : []),
      ...(address + wordsIn(type) > ADDRESSES
        ? [{ at, key: 'address', wanted: `${ADDRESSES - wordsIn(type)} or lower, for ${wordsIn(type)} registers` }]
        : []),
    ];
  });
}

/** The register as the protocol's reader takes it. From `firstBit` on where only that is written. */
export function readable(written: WrittenRegister): Register {
  const { quantity, address, type, order, scale, offset, invalid } = written;
  const bits = { first: written.firstBit, count: Math.min(written.bits, WORD_BITS - written.firstBit) };
  const isAbsent = (raw: number) => invalid.includes(raw);
  return { quantity, address, type, order, scale, offset, isAbsent, ...(bits.count < WORD_BITS && { bits }) };
}
