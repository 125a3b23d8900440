/** The checksum of the 1-Wire bus (Maxim application note 27): CRC-8, least significant bit first, polynomial 0x8C. */
export function crc8OneWire(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x8c : crc >>> 1;
  }
  return crc;
}
