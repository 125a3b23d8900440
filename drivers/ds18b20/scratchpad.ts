/** The nine bytes of a part's memory, "DS18B20 Memory Map". */

/** The parts by family code, the first two digits of a part's number. */
export const parts: Readonly<Record<string, string>> = {
  '10': 'DS18S20',
  '22': 'DS1822',
  '28': 'DS18B20',
  '3b': 'DS1825',
  '42': 'DS28EA00',
};

/** "The power-on reset value of the temperature register is +85 °C." */
export const POWER_ON_CELSIUS = 85;

/** "Temperature/Data Relationship": sixteenths of a degree; the DS18S20 counts halves, and refines them. */
export function celsiusOf(id: string, scratchpad: Uint8Array): number {
  const raw = rawOf(scratchpad);
  if (id.startsWith('10')) return halves(raw, scratchpad);
  // "Configuration Register": of 9 to 11 bits, the last ones are undefined.
  const unused = 3 - (((scratchpad[4] ?? 0) >> 5) & 3);
  return ((raw >> unused) << unused) / 16;
}

/** DS18S20, "High-resolution temperature": what is left of the count after the last whole degree refines the half. */
function halves(raw: number, scratchpad: Uint8Array): number {
  const [countRemain = 0, countPerDegree = 0] = scratchpad.subarray(6, 8);
  // A clone of it that keeps no count tells halves.
  if (countPerDegree === 0 || raw === POWER_ON_CELSIUS * 2) return raw / 2;
  return (raw >> 1) - 0.25 + (countPerDegree - countRemain) / countPerDegree;
}

/**
 * False for a number that a part also tells where it has not measured, unless the part itself says otherwise: 85 °C, and
 * all ones, as a line reads that nobody drives. After a measurement the reserved byte 6 of a DS18B20 is 16 less the
 * sixteenths; after power-on it is 12. Clones do not keep to it, and the DS18S20 counts there.
 */
export function isVouchedFor(id: string, scratchpad: Uint8Array): boolean {
  const raw = rawOf(scratchpad);
  if (id.startsWith('10')) return raw !== POWER_ON_CELSIUS * 2;
  return (raw !== POWER_ON_CELSIUS * 16 && raw !== -1) || scratchpad[6] === 16 - (raw & 15);
}

function rawOf(scratchpad: Uint8Array): number {
  return Buffer.from(scratchpad).readInt16LE(0);
}
