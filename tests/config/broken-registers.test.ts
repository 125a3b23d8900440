import { describe, expect, it } from 'vitest';
import { BUSES, complaints, parsed } from './told.ts';

const meter = (...registers: string[]) => `${BUSES}
devices:
  meter:
    driver: modbus
    bus: rs485
    options:
      registers:
${registers.map((register) => `        - { ${register} }`).join('\n')}`;

const GOOD = 'quantity: voltage, function: 4, address: 0, type: float32';

/** Each row: what is wrong, the registers from line 12 on, and all that must be told. */
const table: readonly (readonly [string, readonly string[], ...string[]])[] = [
  [
    'a quantity that does not exist',
    ['quantity: active_pwer, function: 4, address: 0, type: float32'],
    '12:23 devices.meter.options.registers.0.quantity | should be a quantity, not "active_pwer" | did you mean active_power?',
  ],
  [
    'a type that does not exist, in the second register',
    [GOOD, 'quantity: current, function: 4, address: 2, type: float'],
    '13:63 devices.meter.options.registers.1.type | should be one of int16, uint16, int32, uint32, int64, uint64, float32, float64, not "float" | did you mean float32?',
  ],
  [
    'a function that does not read registers',
    ['quantity: current, function: 6, address: 2, type: uint16'],
    '12:42 devices.meter.options.registers.0.function | should be a whole number between 3 and 4, not 6 | 3: holding registers, 4: input registers',
  ],
  [
    'a register without an address',
    ['quantity: current, function: 4, type: uint16'],
    '12:11 devices.meter.options.registers.0 | "address" is missing | address: as on the line, from 0; 40001 or 30001 of a document is 0',
  ],
  [
    'an unknown key',
    [`${GOOD}, factor: 10`],
    '12:72 devices.meter.options.registers.0.factor | "factor" is not a key here | known here: quantity, function, address, type, order, firstBit, bits, scale, offset, invalid',
  ],
  [
    'a quantity twice',
    [GOOD, 'quantity: current, function: 4, address: 2, type: float32', GOOD],
    '14:23 devices.meter.options.registers.2.quantity | should be a quantity that no other register tells, not "voltage" | what it tells: a name of the table in src/model/quantity.ts; scale gives its unit',
  ],
  [
    'bits of a float',
    [`${GOOD}, bits: 3`],
    '12:63 devices.meter.options.registers.0.type | should be uint16, of which it takes some bits, not "float32" | how the value stands in its registers',
  ],
  [
    'bits beyond the register',
    ['quantity: tariff, function: 3, address: 5, type: uint16, firstBit: 14, bits: 3'],
    '12:80 devices.meter.options.registers.0.firstBit | should be 13 or lower, for 3 bits, not 14 | of a uint16: the lowest bit of the value',
  ],
  [
    'a value that ends beyond the last register',
    ['quantity: voltage, function: 3, address: 0xFFFF, type: float32'],
    '12:54 devices.meter.options.registers.0.address | should be 65534 or lower, for 2 registers, not 65535 | as on the line, from 0; 40001 or 30001 of a document is 0',
  ],
  [
    'an invalid value that is not a number',
    [`${GOOD}, invalid: [none]`],
    '12:82 devices.meter.options.registers.0.invalid.0 | should be a number between 0 and 18446744073709552000, not "none" | such as 0xFFFF',
  ],
];

describe('the registers of a meter', () => {
  it.each(table)('are refused with %s', (_, registers, ...told) => {
    expect(complaints(() => parsed(meter(...registers)))).toEqual(told);
  });

  it('are refused where there are none', () => {
    expect(complaints(() => parsed(meter().replace(/registers:\n$/, 'registers: []')))).toEqual([
      '11:18 devices.meter.options.registers | should be a list of at least 1, not a list of 0 | what stands where in this meter',
    ]);
  });

  it('are taken with everything else left out', () => {
    const [device] = parsed(meter(GOOD)).devices;
    expect(device?.options).toMatchObject({ registers: [{ order: 'ABCD', scale: 1, invalid: [] }], mostRegisters: 50 });
  });
});
